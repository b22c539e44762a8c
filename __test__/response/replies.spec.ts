/** What a handler returns, and what the client gets: the table of src/response.ts, over the wire. */
import test from 'ava';
import { z } from 'zod';

import { Covet, reply } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const JSON_TYPE = 'application/json';
const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

/** Returned value, status, content type, body. */
const table: Record<string, readonly [() => unknown, number, string | undefined, string]> = {
  undefined: [() => undefined, 204, undefined, ''],
  null: [() => null, 200, JSON_TYPE, 'null'],
  true: [() => true, 200, JSON_TYPE, 'true'],
  number: [() => 1.5, 200, JSON_TYPE, '1.5'],
  notANumber: [() => Number.NaN, 200, JSON_TYPE, 'null'],
  object: [() => ({ a: 'é' }), 200, JSON_TYPE, '{"a":"é"}'],
  array: [() => [1, 'a'], 200, JSON_TYPE, '[1,"a"]'],
  date: [() => new Date(0), 200, JSON_TYPE, '"1970-01-01T00:00:00.000Z"'],
  toJson: [() => ({ toJSON: () => ({ x: 1 }) }), 200, JSON_TYPE, '{"x":1}'],
  loneSurrogate: [() => ({ a: '\ud800' }), 200, JSON_TYPE, '{"a":"\\ud800"}'],
  string: [() => 'text é', 200, TEXT, 'text é'],
  empty: [() => '', 200, TEXT, ''],
  bytes: [() => Uint8Array.of(104, 105), 200, BYTES, 'hi'],
  buffer: [() => Buffer.from('hi'), 200, BYTES, 'hi'],
  arrayBuffer: [() => Uint8Array.of(104, 105).buffer, 200, BYTES, 'hi'],
  view: [() => Uint8Array.of(1, 104, 105, 2).subarray(1, 3), 200, BYTES, 'hi'],
  reply: [() => reply(201, { id: 1 }), 201, JSON_TYPE, '{"id":1}'],
  replyText: [() => reply(418, 'tea'), 418, TEXT, 'tea'],
  replyEmpty: [() => reply(202), 202, undefined, ''],
  replyNull: [() => reply(200, null), 200, JSON_TYPE, 'null'],
  reply204: [() => reply(204, { dropped: true }), 204, undefined, ''],
  reply205: [() => reply(205, 'dropped'), 205, undefined, ''],
  reply304: [() => reply(304, 'dropped'), 304, undefined, ''],
  web: [() => new Response('web', { status: 203 }), 203, 'text/plain;charset=UTF-8', 'web'],
  webJson: [() => Response.json({ a: 1 }, { status: 400 }), 400, JSON_TYPE, '{"a":1}'],
  webEmpty: [() => new Response(null, { status: 204 }), 204, undefined, ''],
  webStream: [() => new Response(new Blob(['st', 'ream']).stream()), 200, undefined, 'stream'],
};

test('every kind of value has its status, type and body, now or later', async (t) => {
  const { port } = await serve(t, (app) => {
    for (const [name, [make]] of Object.entries(table)) {
      app.get(`/now/${name}`, () => make());
      app.get(`/later/${name}`, async () => {
        await sleep(0);
        return make();
      });
      app.get(`/thenable/${name}`, () => ({ then: (resolve: (value: unknown) => void) => resolve(make()) }));
    }
  });
  for (const [name, [, status, type, body]] of Object.entries(table)) {
    for (const way of ['now', 'later', 'thenable']) {
      const response = await exchange(port, `GET /${way}/${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const where = `${way}/${name}`;
      t.is(response.status, status, where);
      t.is(response.header('content-type'), type, where);
      t.is(response.text(), body, where);
      // What is not there at once is sent as it comes, and so without a length.
      const hasLength = status !== 204 && status !== 304 && name !== 'webStream';
      if (hasLength) t.is(response.header('content-length'), String(Buffer.byteLength(body)), where);
      else t.is(response.header('transfer-encoding'), name === 'webStream' ? 'chunked' : undefined, where);
    }
  }
});

test('a route’s own status is that of its plain answers', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/made', { status: 201 }, () => ({ made: true }));
    app.post('/mapped', { response: { 202: z.object({ ok: z.boolean() }) } }, () => ({ ok: true }));
    app.post('/nothing', { status: 202 }, () => undefined);
  });
  const status = async (path: string): Promise<number> =>
    (await exchange(port, `POST ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status;
  t.is(await status('/made'), 201);
  t.is(await status('/mapped'), 202);
  t.is(await status('/nothing'), 202);
});

test('fields that the schema has not never leave, in production as in development', async (t) => {
  const User = z.object({ name: z.string(), tags: z.array(z.object({ id: z.number() })) });
  const row = { name: 'ann', password_hash: 'secret', tags: [{ id: 1, secret: 'secret' }] };
  for (const mode of ['production', 'development'] as const) {
    const { port } = await serve(
      t,
      (app) => {
        app.get('/plain', { response: User }, () => row);
        app.get('/reply', { response: { 200: User } }, () => reply(200, row));
        app.get('/later', { response: User }, async () => row);
      },
      { mode },
    );
    for (const path of ['/plain', '/reply', '/later']) {
      const response = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.deepEqual(response.json(), { name: 'ann', tags: [{ id: 1 }] }, `${mode} ${path}`);
    }
  }
});

test('a status that no final answer has is refused', (t) => {
  for (const status of [100, 101, 199, 600, 0, -1, 200.5, Number.NaN, '200' as never]) {
    t.throws(() => reply(status), { instanceOf: RangeError }, String(status));
  }
});

test('a handler is asked for when a route is registered', (t) => {
  const app = new Covet({ logger: false });
  const get = app.get as unknown as (...given: unknown[]) => unknown;
  t.throws(() => get('/x'), { instanceOf: TypeError, message: /\/x needs a handler/ });
  t.throws(() => get('/x', {}, 'no function'), { instanceOf: TypeError });
  t.throws(() => get('x', () => 'x'), { instanceOf: TypeError, message: /starts with '\/'/ });
});
