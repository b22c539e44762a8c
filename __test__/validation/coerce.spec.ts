import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import type { Schema } from '../../src/types/schema.ts';
import { coerceFields, compileCoercer, compileFieldCoercion } from '../../src/validation/coerce.ts';

const coerce = (schema: object, value: unknown): unknown => {
  const coercer = compileCoercer(schema as never);
  return coercer === undefined ? value : coercer(value);
};

const integer = { type: 'integer' };
const number = { type: 'number' };
const boolean = { type: 'boolean' };
const text = { type: 'string' };
const integers = { type: 'array', items: integer };

const cases: [schema: object, raw: unknown, value: unknown][] = [
  [integer, '5', 5],
  [integer, '-5', -5],
  [integer, '0', 0],
  [integer, '-0', 0],
  [integer, '9007199254740991', Number.MAX_SAFE_INTEGER],
  [number, '1.5', 1.5],
  [number, '-1.5e3', -1500],
  [number, '1E-2', 0.01],
  [boolean, 'true', true],
  [boolean, 'false', false],
  [boolean, '1', true],
  [boolean, '0', false],
  [integers, '5', [5]],
  [integers, ['5', '6'], [5, 6]],
  [integers, ['5', 'x'], [5, 'x']],
  [{ type: 'array', prefixItems: [integer, text], items: boolean }, ['1', '2', '1'], [1, '2', true]],
  [{ type: 'array' }, 'a', ['a']],
  [{ type: ['number', 'null'] }, 'null', null],
  [{ type: ['number', 'null'] }, '5', 5],
  [{ anyOf: [number, { type: 'null' }] }, '5', 5],
  [{ type: ['string', 'null'] }, 'null', 'null'],
  [{ type: ['number', 'string'] }, '5', 5],
  [{ type: ['string', 'number'] }, '5', '5'],
  [{ anyOf: [{ type: 'string', format: 'uuid' }, integer] }, '5', 5],
  [{ anyOf: [{ type: 'string', format: 'uuid' }, integer] }, 'a', 'a'],
  [{ anyOf: [{ const: 'all' }, integers] }, 'all', 'all'],
  [{ anyOf: [{ const: 'all' }, integers] }, '5', [5]],
  [{ anyOf: [text, { type: 'array', items: text }] }, 'a', 'a'],
  [{ anyOf: [text, { type: 'array', items: text }] }, ['a'], ['a']],
  [{ enum: [1, 2] }, '2', 2],
  [{ enum: [1, 2] }, '3', '3'],
  [{ enum: ['1', '2'] }, '2', '2'],
  [{ enum: [1, 'auto', true, null] }, 'auto', 'auto'],
  [{ enum: ['auto', null] }, 'null', null],
  [{ const: 7 }, '7', 7],
  [{ allOf: [integer, { minimum: 3 }] }, '5', 5],
  [{ $ref: '#/$defs/Id', $defs: { Id: integer } }, '5', 5],
  [{ $ref: '#/$defs/a~1b', $defs: { 'a/b': integer } }, '5', 5],
  [{ $ref: '#' }, '5', '5'],
  [{ $ref: 'https://example.com/x' }, '5', '5'],
  [text, 5, '5'],
  [integer, 5, 5],
  [{}, '5', '5'],
  [{ type: 'object' }, '5', '5'],
  [{ type: 'object', properties: { a: integer } }, '{"a":1}', '{"a":1}'],
];
for (const [schema, raw, value] of cases) {
  test(`${JSON.stringify(schema)} reads ${JSON.stringify(raw)} as ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(coerce(schema, raw), value);
  });
}

const notNumbers = [
  '',
  ' ',
  ' 5',
  '5 ',
  '\t5',
  '5\n',
  '+5',
  '0x10',
  '0b1',
  '0o7',
  '1_000',
  '1,000',
  '05',
  '-',
  '--5',
  '.5',
  '5.',
  '1e',
  '1e999',
  '-1e999',
  'Infinity',
  '-Infinity',
  'NaN',
  '٥',
  '５',
  '5n',
  'true',
  '9'.repeat(400),
  '1'.repeat(100_000) + 'x',
];
for (const raw of notNumbers) {
  test(`no number is read from ${JSON.stringify(raw.slice(0, 20)).replaceAll(' ', '·')} (${raw.length})`, (t) => {
    t.is(coerce(integer, raw), raw);
    t.is(coerce(number, raw), raw);
  });
}

for (const raw of ['9007199254740992', '9007199254740993', '-9007199254740993', '5.0', '1e3', '5.5']) {
  test(`no integer is read from '${raw}'`, (t) => t.is(coerce(integer, raw), raw));
}
for (const raw of ['', 'TRUE', 'yes', 'on', '2', ' true', 'null']) {
  test(`no boolean is read from "${raw.replaceAll(' ', '·')}"`, (t) => t.is(coerce(boolean, raw), raw));
}
test('repeated values stay a list where one value is declared', (t) => {
  t.deepEqual(coerce(integer, ['1', '2']), ['1', '2']);
});
test('what is missing stays missing', (t) => {
  for (const schema of [integer, boolean, integers, text]) t.is(coerce(schema, undefined), undefined);
});

const vendors: Record<string, Schema> = {
  zod: z.object({
    id: z.int(),
    ratio: z.number().optional(),
    ok: z.boolean(),
    tags: z.array(z.string()).default([]),
    level: z.literal([1, 2]),
    name: z.string(),
    limit: z.number().nullable(),
  }),
  valibot: v.object({
    id: v.pipe(v.number(), v.integer()),
    ratio: v.optional(v.number()),
    ok: v.boolean(),
    tags: v.optional(v.array(v.string()), []),
    level: v.picklist([1, 2]),
    name: v.string(),
    limit: v.nullable(v.number()),
  }),
  arktype: type({
    id: 'number.integer',
    'ratio?': 'number',
    ok: 'boolean',
    tags: type('string[]').default(() => []),
    level: '1|2',
    name: 'string',
    limit: 'number|null',
  }) as Schema,
};
vendors['valibot with its converter'] = toStandardJsonSchema(vendors['valibot'] as never);

for (const [vendor, schema] of Object.entries(vendors)) {
  test(`${vendor}: fields are coerced by the schema's own account and then pass it`, async (t) => {
    const raw = { id: '7', ratio: '0.5', ok: '1', tags: 'a', level: '2', name: '42', limit: 'null' };
    const value = { id: 7, ratio: 0.5, ok: true, tags: ['a'], level: 2, name: '42', limit: null };
    const coerced = coerceFields(compileFieldCoercion(schema), raw);
    t.deepEqual({ ...coerced }, value);
    const result = await schema['~standard'].validate(coerced);
    t.is(result.issues, undefined);
    t.deepEqual({ ...('value' in result ? (result.value as object) : {}) }, value);
  });
}

test('a field JSON Schema cannot say costs its neighbours nothing', (t) => {
  const zod = z.object({ since: z.coerce.date(), big: z.coerce.bigint(), page: z.int() });
  const valibot = v.object({
    since: v.pipe(
      v.string(),
      v.transform((s) => new Date(s)),
    ),
    page: v.number(),
  });
  t.deepEqual(
    { ...coerceFields(compileFieldCoercion(zod), { since: '2024', big: '5', page: '2' }) },
    { since: '2024', big: '5', page: 2 },
  );
  t.deepEqual(
    { ...coerceFields(compileFieldCoercion(valibot), { since: '2024', page: '2' }) },
    { since: '2024', page: 2 },
  );
});

test('a codec reads text: its input side decides', (t) => {
  const toDate = z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() });
  t.deepEqual({ ...coerceFields(compileFieldCoercion(z.object({ at: toDate })), { at: '2024' }) }, { at: '2024' });
});

test('unions of objects, intersections and records are coerced by name', (t) => {
  const union = z.discriminatedUnion('by', [
    z.object({ by: z.literal('id'), id: z.int() }),
    z.object({ by: z.literal('name'), id: z.string() }),
  ]);
  t.is(coerceFields(compileFieldCoercion(union), { by: 'id', id: '5' })['id'], 5);
  const both = z.intersection(z.object({ a: z.int() }), z.object({ b: z.boolean() }));
  t.deepEqual({ ...coerceFields(compileFieldCoercion(both), { a: '1', b: '1' }) }, { a: 1, b: true });
  t.deepEqual(
    { ...coerceFields(compileFieldCoercion(z.record(z.string(), z.int())), { x: '1', y: 'z' }) },
    { x: 1, y: 'z' },
  );
  t.deepEqual(
    { ...coerceFields(compileFieldCoercion(z.object({ a: z.int() }).catchall(z.boolean())), { a: '1', b: '1' }) },
    { a: 1, b: true },
  );
});

test('a schema that cannot describe itself leaves everything untouched', (t) => {
  const plain: Schema = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } };
  t.is(compileFieldCoercion(plain), undefined);
  t.deepEqual({ ...coerceFields(undefined, { a: '1' }) }, { a: '1' });
});

test('names of the prototype are names like any other, and the raw record is left alone', (t) => {
  const raw = Object.assign(Object.create(null), { page: '1', toString: 'a', constructor: 'b' });
  Object.defineProperty(raw, '__proto__', { value: 'c', enumerable: true });
  const coerced = coerceFields(compileFieldCoercion(z.object({ page: z.int() })), raw);
  t.deepEqual(Object.entries(coerced), [
    ['page', 1],
    ['toString', 'a'],
    ['constructor', 'b'],
    ['__proto__', 'c'],
  ]);
  t.is(raw.page, '1');
  t.is(coerceFields(undefined, {})['toString'], undefined);
  t.is(coerceFields(undefined, {})['__proto__'], undefined);
  t.is(({} as Record<string, unknown>)['c'], undefined);
});
