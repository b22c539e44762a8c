import test from 'ava';

import { ResponseReader } from '../../benchmark/http/load/response-reader.ts';

const answer = 'HTTP/1.1 201 Created\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';

for (const [name, text, status] of [
  ['by its length', answer, 201],
  ['by its last chunk', chunked, 200],
  ['without a body', 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n', 503],
  ['of no chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 200],
] as const) {
  test(`reads an answer that ends ${name}, cut anywhere, twice`, (t) => {
    for (let cut = 1; cut < text.length; cut += 1) {
      const reader = new ResponseReader();
      for (let turn = 0; turn < 2; turn += 1) {
        t.is(reader.push(Buffer.from(text.slice(0, cut))), undefined);
        t.is(reader.push(Buffer.from(text.slice(cut))), status);
      }
    }
  });
}

test('counts bytes, not characters', (t) => {
  const body = Buffer.from('é');
  const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
  t.is(new ResponseReader().push(Buffer.concat([head, body])), 200);
});

test('refuses what it cannot tell the end of', (t) => {
  const push = (text: string) => new ResponseReader().push(Buffer.from(text));
  t.throws(() => push('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello'), { message: /unknown length/ });
  t.throws(() => push(`${answer}x`), { message: /beyond the end/ });
  t.throws(() => push('SSH-2.0\r\ncontent-length: 0\r\n\r\n'), { message: /no answer: SSH/ });
});
