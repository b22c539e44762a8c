import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import { compileSerialiser } from '../../src/serialise.ts';
import type { Schema } from '../../src/types/schema.ts';

const leak = 'hunter2';

/** The same shape in each library; what they cannot say of themselves is served by their own validation. */
const users: Record<string, Schema> = {
  zod: z.object({
    id: z.int(),
    name: z.string(),
    address: z.object({ city: z.string() }),
    tags: z.array(z.object({ t: z.string() })),
  }),
  valibot: v.object({
    id: v.number(),
    name: v.string(),
    address: v.object({ city: v.string() }),
    tags: v.array(v.object({ t: v.string() })),
  }),
  arktype: type({
    id: 'number',
    name: 'string',
    address: { city: 'string' },
    tags: type({ t: 'string' }).array(),
  }) as Schema,
  'valibot without JSON Schema': v.object({
    id: v.number(),
    name: v.pipe(
      v.string(),
      v.transform((name) => name),
    ),
    address: v.object({ city: v.string() }),
    tags: v.array(v.object({ t: v.string() })),
  }),
  'arktype with a morph': type({
    id: 'number',
    name: type('string').pipe((name) => name),
    address: { city: 'string' },
    tags: type({ t: 'string' }).array(),
  }) as Schema,
  'zod with a transform': z.object({
    id: z.int(),
    name: z.string().transform((name) => name),
    address: z.object({ city: z.string() }),
    tags: z.array(z.object({ t: z.string() })),
  }),
};

for (const [vendor, schema] of Object.entries(users)) {
  test(`${vendor}: fields the schema does not name are left out at every level`, async (t) => {
    const row = {
      password_hash: leak,
      id: 1,
      name: 'Ada',
      address: { city: 'London', secret: leak },
      tags: [
        { t: 'a', secret: leak },
        { secret: leak, t: 'b' },
      ],
      nested: { deep: [leak] },
    };
    const json = await compileSerialiser(schema)(row);
    t.false(json.includes(leak));
    t.deepEqual(JSON.parse(json), { id: 1, name: 'Ada', address: { city: 'London' }, tags: [{ t: 'a' }, { t: 'b' }] });
  });
}

const text = (schema: Schema, value: unknown): unknown => compileSerialiser(schema)(value);

test('declared fields come in the order of the schema, whatever the object', (t) => {
  t.is(text(z.object({ b: z.int(), a: z.int() }), { a: 1, b: 2 }), '{"b":2,"a":1}');
});

const a = z.string();
const n = z.int().optional();
const shapes: [z.ZodType, unknown, string][] = [
  [z.object({}), { x: 1 }, '{}'],
  [z.object({ a }), { a: 'x' }, '{"a":"x"}'],
  [z.object({ n }), {}, '{}'],
  [z.object({ n }), { n: undefined }, '{}'],
  [z.object({ n }), { n: 1 }, '{"n":1}'],
  [z.object({ n, m: n }), { m: 2 }, '{"m":2}'],
  [z.object({ n, m: n }), { n: 1, m: 2 }, '{"n":1,"m":2}'],
  [z.object({ n, a }), { a: 'x' }, '{"a":"x"}'],
  [z.object({ n, m: n, a }), { a: 'x', n: 1, m: 2 }, '{"n":1,"m":2,"a":"x"}'],
  [z.object({ n, m: n, a }), { a: 'x', m: 2 }, '{"m":2,"a":"x"}'],
  [z.object({ a, n }), { a: 'x' }, '{"a":"x"}'],
  [
    z.object({ a, n, b: a, m: n, c: z.boolean() }),
    { a: 'x', b: 'y', m: 1, c: true },
    '{"a":"x","b":"y","m":1,"c":true}',
  ],
  [
    z.object({ a, b: a, c: a, d: a, e: a, f: a, g: a, h: a, i: z.int() }),
    { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6', g: '7', h: '8', i: 9 },
    '{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7","h":"8","i":9}',
  ],
  [z.object({ a, x: z.any(), b: a }), { a: '1', x: undefined, b: '2' }, '{"a":"1","b":"2"}'],
  [z.object({ a, x: z.any(), b: a }), { a: '1', x: [{ y: 1 }], b: '2' }, '{"a":"1","x":[{"y":1}],"b":"2"}'],
  [z.object({ a, d: z.int().default(7) }), { a: '1' }, '{"a":"1","d":7}'],
  [z.object({ d: z.int().default(7), a }), { a: '1' }, '{"d":7,"a":"1"}'],
  [z.object({ d: z.int().default(7) }), {}, '{"d":7}'],
  [z.object({ d: z.int().default(7) }), { d: 8 }, '{"d":8}'],
  [
    z.object({ 'a"b\\c\n': a, 'é😀': a }),
    { 'a"b\\c\n': 'x', 'é😀': 'y' },
    JSON.stringify({ 'a"b\\c\n': 'x', 'é😀': 'y' }),
  ],
];
for (const [index, [schema, value, json]] of shapes.entries()) {
  test(`object ${index}: ${json}`, (t) => {
    t.is(text(schema, value), json);
    t.is(JSON.stringify(schema.parse(value)), json, 'as the library would have it');
  });
}

test('records, open and closed objects', (t) => {
  t.is(text(z.record(z.string(), z.int()), { a: 1, b: 2, c: undefined }), '{"a":1,"b":2}');
  t.is(text(z.looseObject({ a }), { a: 'x', more: { y: 1 }, f: () => 1 }), '{"a":"x","more":{"y":1}}');
  t.is(text(z.object({ a }).catchall(z.int()), { a: 'x', more: 1 }), '{"a":"x","more":1}');
  t.is(text(z.record(z.string(), z.object({ a })), { k: { a: 'x', secret: leak } }), '{"k":{"a":"x"}}');
  t.is(
    text(z.record(z.string(), z.int()), JSON.parse('{"__proto__":1,"constructor":2}')),
    '{"__proto__":1,"constructor":2}',
  );
});

test('names every object inherits are written only where they are its own', (t) => {
  const schema = z.object({ a, constructor: z.string().optional(), toString: z.string().optional() });
  t.is(text(schema, { a: 'x' }), '{"a":"x"}');
  t.is(text(schema, { a: 'x', constructor: 'c', toString: 's' }), '{"a":"x","constructor":"c","toString":"s"}');
});

test('class instances and their getters, and objects without prototype', (t) => {
  class Row {
    readonly id = 1;
    readonly password_hash = leak;
    get name(): string {
      return 'Ada';
    }
  }
  const schema = z.object({ id: z.int(), name: z.string() });
  t.is(text(schema, new Row()), '{"id":1,"name":"Ada"}');
  t.is(text(schema, Object.assign(Object.create(null), { id: 1, name: 'x' })), '{"id":1,"name":"x"}');
});

test('the serialiser leaves its argument alone', (t) => {
  const value = Object.freeze({ id: 1, tags: Object.freeze(['a']), extra: 1 });
  t.is(text(z.object({ id: z.int(), tags: z.array(z.string()) }), value), '{"id":1,"tags":["a"]}');
});
