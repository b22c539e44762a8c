import { decode } from '@msgpack/msgpack';
/** Answers in the format their clients ask for, over the wire (S3). */
import test from 'ava';
import { z } from 'zod';

import {
  Covet,
  HttpError,
  msgpackSerializer,
  redirect,
  reply,
  textSerializer,
  xmlSerializer,
} from '../../src/index.ts';
import type { Serializer } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';
import type { ServeOptions } from '../helpers/serve.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';

const csv: Serializer = {
  type: 'text/csv; header=present',
  serialize: async (value) => {
    await sleep(0);
    const rows = [value].flat() as object[];
    return [Object.keys(rows[0]!).join(','), ...rows.map((row) => Object.values(row).join(','))].join('\r\n');
  },
};
const faulty: Serializer = { type: 'text/x-fault', serialize: () => 5 as never };

const User = z.object({ id: z.int(), name: z.string(), roles: z.array(z.object({ name: z.string() })) });
const row = { id: 1, name: 'A & B', password_hash: 'secret', roles: [{ name: 'admin', secret: 'secret' }] };
const seen = { id: 1, name: 'A & B', roles: [{ name: 'admin' }] };

const register = (app: Covet, onCall: () => void = () => {}): void => {
  app.get('/user', { response: User }, () => {
    onCall();
    return row;
  });
  app.get('/map', { response: { 200: User, 404: z.object({ why: z.string() }) } }, ({ query }) =>
    query['miss'] === undefined ? reply(200, row) : reply(404, { why: 'gone', secret: 'secret' } as { why: string }),
  );
  app.get('/later', { response: User }, async () => row);
  app.get('/plain', () => ({ at: new Date(0), hidden: { toJSON: () => 'shown', secret: 'secret' }, no: undefined }));
  app.get('/text', () => 'as it is');
  app.get('/bytes', () => Uint8Array.of(1));
  app.get('/web', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }));
  app.get('/nothing', () => undefined);
  app.get('/redirect', () => redirect('/user'));
  app.get('/own', () => reply(200, { a: 1 }, { headers: { 'content-type': 'application/vnd.a+json' } }));
  app.get('/vary', () => reply(200, { a: 1 }, { headers: { vary: 'Origin, accept' } }));
  app.get('/error', () => {
    throw new HttpError(409, 'No');
  });
  app.get('/some', { produces: ['text/csv', 'application/json'] }, () => {
    onCall();
    return [{ a: 1, b: 2 }];
  });
  app.get('/json-only', { produces: ['Application/JSON'] }, () => ({ a: 1 }));
  app.get('/big', { response: z.object({ n: z.bigint() }) }, () => ({ n: 2n ** 63n + 1n }));
  app.get('/scalar', { response: z.int() }, () => 1);
};

const serializers = [xmlSerializer({ root: 'user' }), msgpackSerializer(), textSerializer(), csv, faulty];
const open = (t: Parameters<typeof serve>[0], options: ServeOptions = { serializers }) =>
  serve(t, (app) => register(app), options);

const get = (port: number, path: string, accept?: string, method = 'GET') =>
  exchange(port, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${accept === undefined ? '' : `Accept: ${accept}\r\n`}\r\n`);

test('JSON without a word, else what is asked for; each with Vary', async (t) => {
  const { port } = await open(t);
  for (const path of ['/user', '/map', '/later']) {
    for (const accept of [undefined, '*/*', 'application/json', 'text/html, */*;q=0.1', 'application/xml;q=0.9, */*']) {
      const answer = await get(port, path, accept);
      t.is(answer.header('content-type'), 'application/json', accept);
      t.deepEqual(answer.json(), seen);
      t.is(answer.header('vary'), 'Accept');
    }
    const asXml = await get(port, path, 'application/xml');
    t.is(asXml.header('content-type'), 'application/xml; charset=utf-8');
    t.is(asXml.header('vary'), 'Accept');
    t.is(
      asXml.text(),
      `${HEAD}<user><id>1</id><name>A &amp; B</name><roles><item><name>admin</name></item></roles></user>`,
    );
    const packed = await get(port, path, 'application/json;q=0.5, application/msgpack');
    t.is(packed.header('content-type'), 'application/msgpack');
    t.deepEqual(decode(packed.body), seen);
  }
  const table = await get(port, '/some', 'text/*');
  t.is(table.header('content-type'), 'text/csv; header=present');
  t.is(table.text(), 'a,b\r\n1,2');
});

test('a field that a schema or a toJSON holds back is in no format, in production as in development', async (t) => {
  for (const mode of ['production', 'development'] as const) {
    const { port } = await open(t, { serializers: serializers.slice(0, 4), mode });
    for (const accept of ['application/json', 'application/xml', 'application/msgpack', 'text/plain', 'text/csv']) {
      for (const path of ['/user', '/map', '/later', '/plain', '/map?miss=1']) {
        const { status, body } = await get(port, path, accept);
        t.is(status, path === '/map?miss=1' ? 404 : 200);
        t.false(body.includes('secret'), `${mode} ${accept} ${path}: ${body.toString()}`);
      }
    }
  }
});

test('without a schema the formats say what JSON says', async (t) => {
  const { port } = await open(t);
  const expected = { at: '1970-01-01T00:00:00.000Z', hidden: 'shown' };
  t.deepEqual((await get(port, '/plain')).json(), expected);
  t.deepEqual(decode((await get(port, '/plain', 'application/msgpack')).body), expected);
  t.is((await get(port, '/big', 'application/xml')).text(), `${HEAD}<user><n>${2n ** 63n + 1n}</n></user>`);
  const text = await get(port, '/scalar', 'text/plain');
  t.deepEqual([text.header('content-type'), text.text()], ['text/plain; charset=utf-8', '1']);
});

test('nothing that fits is 406 with what there is, before the handler where the route says what it gives', async (t) => {
  let calls = 0;
  const { port } = await serve(t, (app) => register(app, () => calls++), { serializers });
  const all = [
    'application/json',
    'application/xml; charset=utf-8',
    'application/msgpack',
    'text/plain; charset=utf-8',
    'text/csv; header=present',
    'text/x-fault',
  ];
  for (const [path, accept, available] of [
    ['/user', 'image/png', all],
    ['/plain', 'image/png', all],
    ['/user', '*/*;q=0', all],
    ['/some', 'application/xml', ['text/csv; header=present', 'application/json']],
    ['/json-only', 'application/xml', ['application/json']],
  ] as const) {
    calls = 0;
    const answer = await get(port, path, accept);
    t.is(answer.status, 406, path);
    t.is(answer.header('vary'), 'Accept');
    const { error } = answer.json();
    t.is(error.code, 'NOT_ACCEPTABLE');
    t.deepEqual(error.details, { available });
    t.is(calls, 0);
  }
  t.deepEqual((await get(port, '/map?miss=1', 'image/png')).status, 406);
  t.is(
    (await get(port, '/some')).header('content-type'),
    'text/csv; header=present',
    'the first of produces is the default',
  );
});

test('what is no data is sent as it is: text, bytes, web responses, redirects, a type of its own, errors', async (t) => {
  const { port } = await open(t);
  for (const [path, status, type, body] of [
    ['/text', 200, 'text/plain; charset=utf-8', 'as it is'],
    ['/bytes', 200, 'application/octet-stream', '\u0001'],
    ['/web', 200, 'text/html', '<p>'],
    ['/nothing', 204, undefined, ''],
    ['/redirect', 302, undefined, ''],
    ['/own', 200, 'application/vnd.a+json', '{"a":1}'],
  ] as const) {
    const answer = await get(port, path, 'application/xml');
    t.deepEqual([answer.status, answer.header('content-type'), answer.text()], [status, type, body], path);
    t.is(answer.header('vary'), undefined, path);
  }
  const error = await get(port, '/error', 'application/xml');
  t.is(error.status, 409);
  t.is(error.header('content-type'), 'application/json');
});

test('Vary is one list; HEAD has the head of GET', async (t) => {
  const { port } = await open(t);
  const { lines } = await get(port, '/vary', 'application/xml');
  t.deepEqual(
    lines.filter(([name]) => name === 'vary').map(([, value]) => value),
    ['Origin, accept'],
  );
  const answer = await get(port, '/user', 'application/xml');
  const connection = await exchange(port, 'HEAD /user HTTP/1.1\r\nHost: a\r\nAccept: application/xml\r\n\r\n', {
    head: true,
  });
  t.is(connection.header('content-type'), answer.header('content-type'));
  t.is(connection.header('content-length'), answer.header('content-length'));
});

test('without serializers Accept is not looked at', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', { response: User }, () => row));
  const answer = await get(port, '/', 'application/xml');
  t.is(answer.status, 200);
  t.is(answer.header('content-type'), 'application/json');
  t.is(answer.header('vary'), undefined);
});

test('a serializer that fails is a 500, logged', async (t) => {
  const { port, logs } = await open(t);
  const answer = await get(port, '/user', 'text/x-fault');
  t.is(answer.status, 500);
  const line = await logs.find(({ error_id: id }) => id === answer.header('x-error-id'));
  t.regex(String(line['msg']), /text\/x-fault gave neither text nor bytes for GET \/user/);
});

test('what is no serializer, and a type without one, is refused when it is given', async (t) => {
  const serialize = () => '';
  for (const [given, message] of [
    [{}, /Serializers is a list/],
    [[null], /A serializer is \{ type/],
    [[{ type: 'text/csv' }], /A serializer is \{ type/],
    [[{ type: 5, serialize }], /A serializer is \{ type/],
    [[{ type: 'csv', serialize }], /'csv' is no media type/],
    [[{ type: 'text/*', serialize }], /'text\/\*' is no media type/],
    [[{ type: 'text/csv\r\nx: y', serialize }], /is no media type/],
    [[{ type: 'application/json', serialize }], /JSON is there already/],
    [[csv, { ...csv, type: 'Text/CSV' }], /two serializers for text\/csv/],
  ] as const) {
    const error = t.throws(() => new Covet({ logger: false, serializers: given as never }), { message });
    t.is((error as { code?: string }).code, 'INVALID_OPTION');
  }
  for (const [produces, message] of [
    [[], /produces of GET \/x is a list/i],
    ['text/csv', /produces of GET \/x is a list/i],
    [[5], /produces of GET \/x is a list/i],
    [['text/csv'], /GET \/x produces 'text\/csv', for which there is no serializer/],
  ] as const) {
    const app = new Covet({ logger: false });
    app.get('/x', { produces: produces as never }, () => 1);
    await t.throwsAsync(app.ready(), { message });
    await app.close();
  }
});
