/** Bodies as handlers read them: text, bytes and JSON, with its rules (Q4, Q5). */
import test from 'ava';
import { z } from 'zod';

import type { Covet } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const JSON_TYPE = 'Content-Type: application/json\r\n';

const register = (app: Covet): void => {
  app.post('/json', async ({ req }) => ({ value: await req.json(), again: await req.json() }));
  app.post('/text', async ({ req }) => ({ value: await req.text(), again: await req.text() }));
  app.post('/bytes', async ({ req }) => [...(await req.bytes())]);
  app.post('/both', async ({ req }) => [await req.json(), await req.text(), (await req.bytes()).byteLength]);
  app.post('/schema', { body: z.looseObject({ name: z.string() }) }, ({ body }) => ({
    body,
    inherited: (body as Record<string, unknown>)['evil'] ?? null,
  }));
  app.post('/unread', () => 'unread');
  app.get('/json', async ({ req }) => ({ value: (await req.json()) ?? 'none', text: await req.text() }));
};

const post = (port: number, path: string, body: string | Uint8Array, headers = JSON_TYPE) => {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.byteLength}\r\n${headers}\r\n`;
  return exchange(port, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
};

test('JSON comes as it is, text and bytes too, as often as asked', async (t) => {
  const { port } = await serve(t, register);
  for (const value of [null, true, 0, -1.5e300, '', 'é😀\u0000', [], {}, { a: [1, { b: null }] }]) {
    const response = await post(port, '/json', JSON.stringify(value));
    t.deepEqual(response.json(), { value, again: value });
  }
  t.deepEqual((await post(port, '/text', 'é😀')).json(), { value: 'é😀', again: 'é😀' });
  t.deepEqual((await post(port, '/text', '\uFEFFbom')).json().value, '\uFEFFbom');
  t.deepEqual((await post(port, '/bytes', Uint8Array.of(0, 255, 128))).json(), [0, 255, 128]);
  t.deepEqual((await post(port, '/both', '{"a":"é"}')).json(), [{ a: 'é' }, '{"a":"é"}', 10]);
});

test('no body is undefined as JSON and empty as text', async (t) => {
  const { port } = await serve(t, register);
  t.deepEqual((await exchange(port, 'GET /json HTTP/1.1\r\nHost: a\r\n\r\n')).json(), { value: 'none', text: '' });
  t.deepEqual((await post(port, '/json', '', '')).json(), {});
  t.is((await post(port, '/schema', '')).status, 422, 'where a body is required its absence is a validation error');
});

test('what is no JSON is 400', async (t) => {
  const { port } = await serve(t, register);
  const bad = [
    '{',
    '{"a":}',
    "{'a':1}",
    '{"a":1}}',
    'undefined',
    '[1,]',
    '\u0000',
    ' ',
    'NaN',
    '{"a":1}\u0000',
    '"\u0001"',
  ];
  for (const path of ['/json', '/schema']) {
    for (const body of bad) {
      const response = await post(port, path, body);
      t.is(response.status, 400, `${path} ${JSON.stringify(body)}`);
      t.is(response.json().error.code, 'INVALID_JSON', body);
    }
  }
});

test('what is no UTF-8 is 400', async (t) => {
  const { port } = await serve(t, register);
  const bad = [Uint8Array.of(0x22, 0xff, 0x22), Uint8Array.of(0x22, 0xc3, 0x22), Uint8Array.of(0xed, 0xa0, 0x80)];
  for (const path of ['/json', '/text', '/schema']) {
    for (const body of bad) t.is((await post(port, path, body)).status, 400, `${path} ${body.join(' ')}`);
  }
});

test('a JSON body says that it is one, and in what way it may', async (t) => {
  const { port } = await serve(t, register);
  const good = [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/vnd.api+json',
    'application/merge-patch+json',
  ];
  const bad = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json-ish',
    'application/jsonp',
    'application/json, text/plain',
    'application/json text/plain',
    'application/json; charset=utf-16',
    'json',
    '*/*',
  ];
  for (const path of ['/json', '/schema']) {
    for (const type of good) {
      t.is((await post(port, path, '{"name":"a"}', `Content-Type: ${type}\r\n`)).status, 200, `${path} ${type}`);
    }
    for (const type of bad) {
      const response = await post(port, path, '{"name":"a"}', `Content-Type: ${type}\r\n`);
      t.is(response.status, 415, `${path} ${type}`);
      t.is(response.json().error.code, 'UNSUPPORTED_MEDIA_TYPE');
    }
    t.is((await post(port, path, '{"name":"a"}', '')).status, 415, `${path} without a type`);
  }
});

test('__proto__ and constructor.prototype are dropped, in whatever way they are written', async (t) => {
  const { port } = await serve(t, register);
  const bodies = [
    '{"name":"a","__proto__":{"evil":1}}',
    '{"name":"a","\\u005f_proto__":{"evil":1}}',
    '{"name":"a","deep":{"__proto__":{"evil":1},"ok":1}}',
    '{"name":"a","list":[{"__proto__":{"evil":1}}]}',
    '{"name":"a","constructor":{"prototype":{"evil":1}}}',
  ];
  for (const body of bodies) {
    for (const path of ['/json', '/schema']) {
      const response = await post(port, path, body);
      t.is(response.status, 200, body);
      t.false(response.text().includes('evil":1'), `${path}: ${response.text()}`);
    }
  }
  t.is(({} as Record<string, unknown>)['evil'], undefined);
});

test('JSON nested beyond measure is refused and not a crash', async (t) => {
  const { port } = await serve(t, register);
  const depth = 400_000;
  const response = await post(port, '/json', '['.repeat(depth) + ']'.repeat(depth));
  t.is(response.status, 400, response.text().slice(0, 200));
  t.is((await post(port, '/json', '1')).json().value, 1, 'the next request is served');
});

test('a body that nobody reads does no harm', async (t) => {
  const { port } = await serve(t, register);
  t.is((await post(port, '/unread', 'x'.repeat(500_000))).text(), 'unread');
});
