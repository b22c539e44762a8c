/** Request bodies in the formats of an application's serialisers, checked by the route's schema like JSON (S3). */
import { encode } from '@msgpack/msgpack';
import test from 'ava';
import { z } from 'zod';

import { Body, Covet, Depends, HttpError, msgpackSerializer, textSerializer } from '../../src/index.ts';
import type { Serializer } from '../../src/index.ts';
import { findMsgpackFault } from '../../src/negotiation/check-msgpack.ts';

const csv: Serializer = {
  type: 'text/csv; charset=utf-8',
  serialize: String,
  async parse(bytes) {
    const text = new TextDecoder().decode(bytes);
    if (text === 'teapot') throw new HttpError(418);
    if (text === 'broken') throw new SyntaxError('the text of the client');
    return { name: text.split(',')[0], tags: text.split(',').slice(1) };
  },
};

const Item = z.object({ name: z.string(), tags: z.array(z.string()).default([]) });

function makeApp(t: { teardown(fn: () => unknown): void }): Covet {
  const app = new Covet({ logger: false, serializers: [csv, msgpackSerializer(), textSerializer()] });
  app.post('/items', { body: Item }, (ctx) => ctx.body);
  app.post('/any', { body: z.any() }, (ctx) => [show(ctx.body)]);
  app.post('/big', { body: z.any(), bodyLimit: 1024 ** 2 }, (ctx) => ctx.body.length);
  app.post('/raw', async ({ req }) => req.json());
  t.teardown(() => app.close(0));
  return app;
}

/** Values that JSON has not, as text. */
function show(value: unknown): unknown {
  if (typeof value === 'bigint') return `bigint ${value}`;
  if (value instanceof Uint8Array) return `bytes ${[...value].join(' ')}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(show);
  if (typeof value !== 'object' || value === null) return value ?? 'nothing';
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, show(member)]));
}

const send = (app: Covet, url: string, sent: Uint8Array | string, type = 'application/msgpack') =>
  app.inject({ method: 'POST', url, body: sent, headers: { 'content-type': type } });

test('a body is what its type says, and is checked by the one schema', async (t) => {
  const app = makeApp(t);
  const item = { name: 'a', tags: ['b'] };
  for (const [sent, type] of [
    [encode(item), 'application/msgpack'],
    [encode(item), 'Application/MsgPack; v=1'],
    [JSON.stringify(item), 'application/json'],
    [JSON.stringify(item), 'application/merge-patch+json'],
    ['a,b', 'text/csv'],
  ] as const) {
    const answer = await send(app, '/items', sent, type);
    t.deepEqual([answer.status, await answer.json()], [200, item], type);
  }
  const wrong = await send(app, '/items', encode({ name: 1 }));
  const { error } = await wrong.json();
  t.deepEqual([wrong.status, error.details.field_errors[0].field], [422, 'name']);
  const big = await send(app, '/big', encode('x'.repeat(500_000)));
  t.is(await big.text(), '500000', 'also where it comes in pieces');
  t.is((await send(app, '/big', encode('x'.repeat(1024 ** 2)))).status, 413);
});

test('values come as MessagePack has them, numbers as JSON would', async (t) => {
  const app = makeApp(t);
  for (const [value, expected] of [
    [{ a: [1, -1, 1.5, true, null, 'é', {}] }, { a: [1, -1, 1.5, true, 'nothing', 'é', {}] }],
    [
      [2 ** 40, -(2 ** 40)],
      [2 ** 40, -(2 ** 40)],
    ],
    [
      [2n ** 60n, -5n],
      [`bigint ${2n ** 60n}`, -5],
    ],
    [new Uint8Array([1, 255]), 'bytes 1 255'],
    [new Date(0), 'date 1970-01-01T00:00:00.000Z'],
    [{ constructor: { prototype: 1 }, a: { constructor: 'kept' } }, { a: { constructor: 'kept' } }],
  ] as const) {
    const answer = await send(app, '/any', encode(value, { useBigInt64: true }));
    t.deepEqual(await answer.json(), [expected] as never);
  }
  const empty = await send(app, '/any', new Uint8Array(0));
  t.deepEqual(await empty.json(), ['nothing']);
});

test('what is no MessagePack is 400, and says nothing of itself', async (t) => {
  const app = makeApp(t);
  const deep = (levels: number): Uint8Array => Uint8Array.from([...new Array<number>(levels).fill(0x91), 0xc0]);
  t.is((await send(app, '/any', deep(64))).status, 200);
  for (const [sent, message] of [
    [deep(65), /deeper than 64 levels/],
    [deep(200_000), /deeper than 64 levels/],
    [Uint8Array.of(0xdd, 0x01, 0xff, 0xff, 0xff), /ends before/],
    [Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff, 1), /ends before/],
    [Uint8Array.of(0xdc, 0xff), /ends before/],
    [Uint8Array.of(0xa5, 0x61), /not valid application\/msgpack/],
    [Uint8Array.of(0xc1), /not valid/],
    [Uint8Array.of(0x01, 0x02), /not valid/],
    [Uint8Array.of(0xa1, 0xff, 0xc0), /not valid/],
    [Uint8Array.of(0x81, 0xa9, ...Buffer.from('__proto__'), 0x80), /not valid/],
    [Uint8Array.of(0x81, 0x90, 0xc0), /not valid/],
  ] as const) {
    const answer = await send(app, '/any', sent);
    const { error } = await answer.json();
    t.deepEqual([answer.status, error.code], [400, 'BAD_REQUEST'], String(message));
    t.regex(error.message, message);
  }
  t.is((await send(app, '/items', encode({ name: 'on' }))).status, 200);
});

test('a parser of yours may throw, and may say with which status', async (t) => {
  const app = makeApp(t);
  const broken = await send(app, '/items', 'broken', 'text/csv');
  t.deepEqual([broken.status, (await broken.json()).error.message], [400, 'The body is not valid text/csv']);
  t.is((await send(app, '/items', 'teapot', 'text/csv')).status, 418);
});

test('a type that nobody parses is 415 with those that are', async (t) => {
  const app = makeApp(t);
  for (const type of ['text/plain', 'application/xml', 'application/x-msgpack', 'nonsense']) {
    const answer = await send(app, '/items', 'x', type);
    t.is(answer.status, 415, type);
    t.is(answer.headers['accept'], 'application/json, text/csv, application/msgpack', type);
    t.regex((await answer.json()).error.message, /application\/json, text\/csv, application\/msgpack/);
  }
  t.is((await send(app, '/raw', encode({}))).status, 415, 'req.json() is of JSON alone');
  const plain = new Covet({ logger: false, serializers: [textSerializer()] });
  plain.post('/', { body: Item }, () => 'never');
  const refused = await send(plain, '/', encode({}));
  t.deepEqual([refused.status, refused.headers['accept']], [415, undefined]);
  await plain.close(0);
});

test('a body is parsed once, also where a dependency reads it', async (t) => {
  let parsed = 0;
  const app = new Covet({
    logger: false,
    serializers: [{ type: 'text/csv', serialize: String, parse: (bytes) => (parsed++, { size: bytes.length }) }],
  });
  t.teardown(() => app.close(0));
  const Size = z.object({ size: z.number() });
  const Sized = Depends({ given: Body(Size) }, ({ given }) => given.size);
  app.post('/', { body: Size, deps: { sized: Sized } }, (ctx) => [ctx.body.size, ctx.sized]);
  t.deepEqual(await (await send(app, '/', 'abc', 'text/csv')).json(), [3, 3]);
  t.is(parsed, 1);
});

test('a parse that is no function is told when the application is made', (t) => {
  t.throws(() => new Covet({ serializers: [{ type: 'text/csv', serialize: String, parse: 1 as never }] }), {
    message: /Parse of the serializer of text\/csv is a function/,
  });
});

test('what encodes well is walked over without a fault, and cut short with one', (t) => {
  const value = {
    all: [null, true, 1, 200, 70_000, 2 ** 40, -1, -200, -70_000, -(2 ** 40), 1.5, 'x'.repeat(40), 'x'.repeat(70_000)],
    bytes: [new Uint8Array(3), new Uint8Array(300), new Uint8Array(70_000), new Date(), new Date(2 ** 40)],
    long: [...new Array<number>(70_000).fill(7)],
    map: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key ${index}`, { index }])),
  };
  const bytes = encode(value);
  t.is(findMsgpackFault(bytes), undefined);
  for (let cut = 1; cut < bytes.length; cut += 997) {
    t.is(findMsgpackFault(bytes.subarray(0, cut)), 'short', `${cut}`);
  }
});
