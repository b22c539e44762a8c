/** Fields behind a body (RFC 9110, 6.5): which there may be, and where there are none. */
import test from 'ava';

import { redirect, reply } from '../../src/index.ts';
import type { ReplyInit } from '../../src/index.ts';
import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n`;

test('fields that a recipient needs before the body, or trusts, are no trailers', (t) => {
  const names =
    'Date age expires vary retry-after proxy-authenticate max-forwards cache-control range if-match content-type ' +
    'content-range set-cookie host content-length trailer warning';
  for (const name of names.split(' ')) {
    t.throws(() => reply(200, 'a', { trailers: { [name]: 'a' } }), {
      message: /cannot be (?:a trailer|set by a reply)/,
    });
  }
  // Made while the body is sent (RFC 9110, 8.8.3).
  t.notThrows(() => reply(200, 'a', { trailers: { etag: '"a"', 'accept-ranges': 'bytes', 'server-timing': 'a' } }));
  for (const value of [undefined, null, {}, 'a\r\nb: c']) {
    t.throws(() => reply(200, 'a', { trailers: { 'x-a': value as string } }), { message: /'x-a'/ });
  }
});

test('without any, or without a body, there are none, and nothing is chunked for them', async (t) => {
  const trailers = { 'x-a': 'a' };
  const { port } = await serve(t, (app) => {
    app.get('/empty', () => reply(200, 'body', { trailers: {} }));
    for (const status of [204, 205, 304]) app.get(`/${status}`, () => reply(status, 'body', { trailers }));
    app.get('/302', () => reply(302, undefined, { headers: { location: '/' }, trailers }));
    app.get('/plain', () => redirect('/'));
  });
  for (const path of ['/empty', '/204', '/205', '/304', '/302', '/plain']) {
    const response = await exchange(port, get(path));
    t.is(response.header('trailer'), undefined, path);
    t.is(response.header('transfer-encoding'), undefined, path);
  }
  t.is((await exchange(port, get('/empty'))).header('content-length'), '4');
});

test('a function that gives no text breaks the answer off, and the log says why', async (t) => {
  const trailers = { 'x-sum': () => undefined } as unknown as ReplyInit['trailers'];
  const { port, logs } = await serve(t, (app) => app.get('/', () => reply(200, 'body', { trailers: trailers! })));
  const connection = await RawConnection.open(port);
  const raw = await connection.send(get('/')).rest();
  t.false(raw.includes('undefined'), raw);
  t.false(raw.endsWith('0\r\n\r\n'), raw);
  await logs.find((line) => JSON.stringify(line).includes("'x-sum' is text, not undefined"));
});
