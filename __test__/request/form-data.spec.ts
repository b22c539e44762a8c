/** The form as a standard FormData, in both encodings and within the limits (Q4). */
import test from 'ava';

import type { Covet, MultipartOptions } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { post } from '../upload/form-body.ts';

const register =
  (options?: MultipartOptions) =>
  (app: Covet): void => {
    app.post('/', { bodyLimit: 20 * 1024 ** 2 }, async ({ req }) => {
      const form = await req.formData(options);
      const entries: unknown[] = [];
      for (const [name, value] of form) {
        entries.push(
          typeof value === 'string' ? [name, value] : [name, value.name, value.type, value.size, await digest(value)],
        );
      }
      return { entries, isStandard: form instanceof FormData };
    });
    app.post('/twice', async ({ req }) => {
      const [first, second] = [await req.formData(), await req.formData()];
      first.append('more', '1');
      return [[...first.keys()], [...second.keys()], (await req.form())['a'], Object.keys(await req.files())];
    });
    app.post('/fields-first', async ({ req }) => {
      await req.form();
      return req.formData();
    });
    app.post('/text-first', async ({ req }) => [await req.text(), [...(await req.formData())]]);
  };

const digest = async (file: File): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
    .toString('hex')
    .slice(0, 8);

const urlencoded = (port: number, body: string, path = '/', type = 'application/x-www-form-urlencoded') =>
  exchange(
    port,
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );

const code = (answer: RawResponse): [number, string] => [answer.status, answer.json().error.code];

test('a urlencoded form', async (t) => {
  const { port } = await serve(t, register());
  const answer = await urlencoded(port, 'a=1&b=%C3%A9+x&a=2&=empty&__proto__=p');
  t.deepEqual(answer.json(), {
    entries: [
      ['a', '1'],
      ['a', '2'],
      ['b', 'é x'],
      ['', 'empty'],
      ['__proto__', 'p'],
    ],
    isStandard: true,
  });
  t.deepEqual((await urlencoded(port, '')).json(), { entries: [], isStandard: true });
  t.deepEqual((await urlencoded(port, 'a=1', '/text-first')).json(), ['a=1', [['a', '1']]]);
});

test('a multipart form: fields as text, files as File, in memory or from disk', async (t) => {
  const { port } = await serve(t, register());
  const large = Buffer.alloc(5 * 1024 ** 2, 'covet');
  const answer = await post(port, '/', [
    { name: 'title', data: 'é' },
    { name: 'file', data: '{"a":1}', filename: '../a.json', type: 'application/json' },
    { name: 'title', data: 'again' },
    { name: 'file', data: large, filename: 'large.bin', type: 'application/octet-stream' },
    { name: 'empty', data: '', filename: 'empty.txt', type: 'text/plain' },
    { name: 'none', data: '', filename: '' },
  ]);
  const sum = (bytes: Uint8Array | string): Promise<string> => digest(new File([bytes], ''));
  t.deepEqual(answer.json().entries, [
    ['title', 'é'],
    ['title', 'again'],
    ['file', 'a.json', 'application/json', 7, await sum('{"a":1}')],
    ['file', 'large.bin', 'application/octet-stream', large.length, await sum(large)],
    ['empty', 'empty.txt', 'text/plain', 0, await sum('')],
  ]);
});

test('it is read once, and each call gives a form of its own', async (t) => {
  const { port } = await serve(t, register());
  const parts = [
    { name: 'a', data: '1' },
    { name: 'f', data: 'x', filename: 'f.txt' },
  ];
  t.deepEqual((await post(port, '/twice', parts)).json(), [['a', 'f', 'more'], ['a', 'f'], '1', ['f']]);
  const late = await post(port, '/fields-first', parts);
  t.is(late.status, 500, 'the files have been passed over: the handler is to ask for them first');
});

test('limits and faults are those of the other readers', async (t) => {
  const { port } = await serve(t, register({ maxFields: 2, maxFiles: 1, maxFileSize: 10, maxNameSize: 5 }));
  const field = { name: 'a', data: '1' };
  const file = { name: 'f', data: 'x', filename: 'f.txt' };
  t.is((await post(port, '/', [field, field, file])).status, 200);
  for (const parts of [
    [field, field, field],
    [file, file],
    [{ ...file, data: 'x'.repeat(11) }],
    [{ ...field, name: 'longer' }],
  ]) {
    t.deepEqual(code(await post(port, '/', parts)), [413, 'PAYLOAD_TOO_LARGE']);
  }
  t.deepEqual(code(await urlencoded(port, 'a=1&a=2&a=3')), [413, 'PAYLOAD_TOO_LARGE']);
  t.deepEqual(code(await urlencoded(port, 'longer=1')), [413, 'PAYLOAD_TOO_LARGE']);
  t.deepEqual(code(await urlencoded(port, 'a=%zz')), [400, 'BAD_REQUEST']);
  t.deepEqual(code(await urlencoded(port, '{}', '/', 'application/json')), [415, 'UNSUPPORTED_MEDIA_TYPE']);
  t.deepEqual(code(await post(port, '/', Buffer.from('--broken'))), [400, 'BAD_REQUEST']);
  const { port: wrong } = await serve(t, register({ maxFilez: 1 } as object));
  for (const answer of [await urlencoded(wrong, 'a=1'), await post(wrong, '/', [field])]) t.is(answer.status, 500);
});
