/** What requests carry, and what is refused of it. */
import assert from 'node:assert/strict';

import { z } from 'zod';

import { HttpError, file } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import type { Behaviour, BehaviourGroup, MatrixBody, MatrixResponse, Send } from './behaviour.ts';

const LIMIT = 200_000;

const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => index % 251);

/** So many pieces of so many bytes, none before it is asked for. */
const pieces = (count: number, size: number) =>
  async function* (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < count; index++) yield bytes(size);
  };

const post = (
  send: Send,
  url: string,
  body?: MatrixBody,
  headers: Record<string, string> = {},
): Promise<MatrixResponse> => send({ url, method: 'POST', headers, ...(body === undefined ? {} : { body }) });

const json = { 'content-type': 'application/json' };

const sum = (data: Uint8Array): number => data.reduce((total, byte) => (total * 31 + byte) % 1_000_003, 0);

function register(app: Covet): void {
  app.post('/json', async ({ req }) => ({ value: (await req.json()) ?? null }));
  app.post('/text', async ({ req }) => ({ type: req.header('content-type') ?? null, text: await req.text() }));
  app.post('/bytes', async ({ req }) => {
    const data = await req.bytes();
    return { length: data.byteLength, sum: sum(data) };
  });
  app.post('/stream', async ({ req }) => {
    const all: Uint8Array[] = [];
    for await (const piece of req.stream) all.push(piece);
    const data = Buffer.concat(all);
    return { length: data.byteLength, sum: sum(data) };
  });
  app.post('/echo', ({ req }) => req.stream);
  app.post('/unread', () => 'not read');
  app.post(
    '/guarded',
    { body: z.object({}), middleware: [() => Promise.reject(new HttpError(401, 'No'))] },
    () => 'in',
  );
  app.post('/checked', { body: z.object({ name: z.string(), age: z.number().int() }) }, ({ body }) => body);
  app.post('/form', { form: z.object({ a: z.string(), n: z.array(z.int()) }) }, ({ form }) => form);
  app.post('/any-form', async ({ req }) => ({ ...(await req.form()) }));
  app.post(
    '/upload',
    { form: z.object({ title: z.string() }), files: { one: file({ maxSize: 100_000, types: ['text/plain'] }) } },
    async ({ form, files: { one } }) => ({
      title: form.title,
      name: one.filename,
      size: one.size,
      text: (await one.text()).slice(0, 5),
    }),
  );
  app.post('/parts', async ({ req }) => {
    const seen: unknown[] = [];
    for await (const part of req.parts()) {
      if (part.kind === 'field') seen.push([part.name, part.value]);
      else seen.push([part.name, part.filename, (await part.bytes()).byteLength]);
    }
    return seen;
  });
  app.get('/bodied', async ({ req }) => ({ text: await req.text() }));
  app.delete('/bodied', async ({ req }) => ({ text: await req.text() }));
}

function upload(title: string, contents: string | Uint8Array, type = 'text/plain'): FormData {
  const form = new FormData();
  form.set('title', title);
  form.set('one', new Blob([contents], { type }), 'né.txt');
  return form;
}

const accepted: Record<string, Behaviour> = {
  async 'JSON is parsed'(send) {
    assert.deepEqual((await post(send, '/json', '{"a":[1,null,"é"]}', json)).json, { value: { a: [1, null, 'é'] } });
    assert.deepEqual((await post(send, '/json')).json, { value: null });
    const checked = await post(send, '/checked', '{"name":"Ada","age":36}', json);
    assert.deepEqual(checked.json, { name: 'Ada', age: 36 });
  },
  async 'text and bytes come as they are'(send) {
    const text = await post(send, '/text', 'é\r\n', { 'content-type': 'text/plain' });
    assert.deepEqual(text.json, { type: 'text/plain', text: 'é\r\n' });
    const data = bytes(100_000);
    assert.deepEqual((await post(send, '/bytes', data)).json, { length: 100_000, sum: sum(data) });
    assert.deepEqual((await post(send, '/stream', data)).json, { length: 100_000, sum: sum(data) });
    assert.deepEqual((await post(send, '/bytes', new Uint8Array())).json, { length: 0, sum: 0 });
  },
  async 'a Blob has its own type, a buffer none'(send) {
    const blob = await post(send, '/text', new Blob(['é'], { type: 'text/x-own' }));
    assert.deepEqual(blob.json, { type: 'text/x-own', text: 'é' });
    for (const body of [bytes(1000).buffer, new DataView(bytes(1004).buffer, 0, 1000), new Blob([bytes(1000)])]) {
      assert.deepEqual((await post(send, '/bytes', body)).json, { length: 1000, sum: sum(bytes(1000)) });
    }
  },
  async 'a stream comes as it is made, whole'(send) {
    const data = Buffer.concat([bytes(20_000), bytes(20_000), bytes(20_000)]);
    for (const url of ['/bytes', '/stream']) {
      assert.deepEqual((await post(send, url, pieces(3, 20_000))).json, { length: 60_000, sum: sum(data) }, url);
      assert.deepEqual((await post(send, url, pieces(0, 0))).json, { length: 0, sum: 0 }, url);
    }
  },
  async 'a stream that is echoed comes back whole'(send) {
    const response = await post(send, '/echo', pieces(8, 20_000));
    assert.equal(response.body.byteLength, 160_000);
    assert.equal(sum(response.body), sum(Buffer.concat(Array.from({ length: 8 }, () => bytes(20_000)))));
  },
  async 'an urlencoded form has fields, with and without a schema'(send) {
    const fields = new URLSearchParams('a=x y&n=1&n=2');
    assert.deepEqual((await post(send, '/form', fields)).json, { a: 'x y', n: [1, 2] });
    assert.deepEqual((await post(send, '/any-form', fields)).json, { a: 'x y', n: ['1', '2'] });
  },
  async 'a multipart form has fields and files'(send) {
    const stored = await post(send, '/upload', upload('Títle', 'hello'));
    assert.deepEqual(stored.json, { title: 'Títle', name: 'né.txt', size: 5, text: 'hello' });
    const large = await post(send, '/upload', upload('t', 'x'.repeat(90_000)));
    assert.deepEqual(large.json, { title: 't', name: 'né.txt', size: 90_000, text: 'xxxxx' });
    const parts = await post(send, '/parts', upload('t', 'hello'));
    assert.deepEqual(parts.json, [
      ['title', 't'],
      ['one', 'né.txt', 5],
    ]);
  },
  async 'a body that nobody reads does no harm'(send) {
    for (const body of ['', 'x', bytes(150_000), pieces(3, 20_000)]) {
      assert.equal((await post(send, '/unread', body)).text, 'not read');
    }
  },
  async 'an expectation is met'(send) {
    const response = await post(send, '/text', 'late', { expect: '100-continue', 'content-type': 'text/plain' });
    assert.equal(response.json.text, 'late');
  },
  async 'DELETE may have a body'(send) {
    assert.deepEqual((await send({ url: '/bodied', method: 'DELETE', body: 'x' })).json, { text: 'x' });
  },
  async 'GET may have a body'(send) {
    assert.deepEqual((await send({ url: '/bodied', body: 'x' })).json, { text: 'x' });
  },
};

const refused: Record<string, Behaviour> = {
  async 'a body past the limit is 413 as soon as that is known'(send) {
    for (const body of [bytes(LIMIT + 1), pieces(21, 10_000)]) {
      for (const url of ['/bytes', '/stream']) {
        const response = await post(send, url, body);
        assert.equal(response.status, 413, url);
        assert.equal(response.json.error.code, 'PAYLOAD_TOO_LARGE');
      }
    }
    assert.equal((await post(send, '/bytes', bytes(LIMIT))).status, 200);
  },
  async 'a length past the limit is 413, also where nobody reads'(send) {
    assert.equal((await post(send, '/unread', bytes(LIMIT + 1))).status, 413);
  },
  async 'JSON that is none is 400, and where'(send) {
    for (const body of ['{"a":', '[1,]', 'nothing']) {
      const response = await post(send, '/json', body, json);
      assert.equal(response.status, 400, body);
      assert.equal(response.json.error.code, 'INVALID_JSON');
      assert.equal(typeof response.json.error.details.position, 'number');
    }
    assert.equal((await post(send, '/json', new Uint8Array([0x22, 0xff, 0x22]), json)).status, 400);
  },
  async 'another media type is 415'(send) {
    for (const [url, type] of [
      ['/checked', 'text/plain'],
      ['/checked', 'application/json; charset=latin1'],
      ['/form', 'application/json'],
      ['/upload', 'application/x-www-form-urlencoded'],
    ] as const) {
      const response = await post(send, url, 'a=1', { 'content-type': type });
      assert.deepEqual([response.status, response.json.error.code], [415, 'UNSUPPORTED_MEDIA_TYPE'], `${url} ${type}`);
    }
  },
  async 'what does not fit the schema is 422, with every field'(send) {
    const response = await post(send, '/checked', '{"age":1.5}', json);
    assert.equal(response.status, 422);
    const fields = response.json.error.details.field_errors.map((fault: { field: string; in: string }) => [
      fault.in,
      fault.field,
    ]);
    assert.deepEqual(fields, [
      ['body', 'name'],
      ['body', 'age'],
    ]);
    assert.equal((await post(send, '/form', new URLSearchParams('a=1&n=x'))).status, 422);
  },
  async 'files past their rules are 413 and 422'(send) {
    assert.equal((await post(send, '/upload', upload('t', 'x'.repeat(100_001)))).status, 413);
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.equal((await post(send, '/upload', upload('t', png))).status, 422);
    const none = new FormData();
    none.set('title', 't');
    const missing = await post(send, '/upload', none);
    assert.equal(missing.json.error.details.field_errors[0].in, 'file');
  },
  async 'a multipart form without a boundary is 400'(send) {
    assert.equal((await post(send, '/upload', 'x', { 'content-type': 'multipart/form-data' })).status, 400);
  },
  async 'a guard answers before the body is looked at'(send) {
    assert.equal((await post(send, '/guarded', 'no json', json)).status, 401);
    assert.equal((await post(send, '/guarded', pieces(2, 10_000), json)).status, 401);
  },
};

export const bodies: readonly BehaviourGroup[] = [
  { name: 'bodies', options: { limits: { bodyLimit: LIMIT } }, register, behaviours: accepted },
  { name: 'bad bodies', options: { limits: { bodyLimit: LIMIT } }, register, behaviours: refused },
];
