import { type } from 'arktype';
import test from 'ava';
import { z } from 'zod';

import type { JsonSchema } from '../../src/internal/json-schema.ts';
import { compileSerialiser } from '../../src/serialise.ts';
import { compileNode } from '../../src/serialise/compile.ts';
import { SerialiseFault } from '../../src/serialise/node.ts';
import { toText } from '../../src/serialise/scratch.ts';
import type { Schema } from '../../src/types/schema.ts';

const text = (schema: Schema, value: unknown): unknown => compileSerialiser(schema)(value);
const nodeText = (schema: JsonSchema, value: unknown): string => toText(compileNode(schema).write, value);
const leak = 'hunter2';

const cat = z.object({ kind: z.literal('cat'), lives: z.int() });
const dog = z.object({ kind: z.enum(['dog', 'wolf']), name: z.string() });
for (const [name, pet] of Object.entries({
  'z.discriminatedUnion': z.discriminatedUnion('kind', [cat, dog]),
  'z.union': z.union([cat, dog]),
})) {
  test(`${name}: the member field chooses, other alternatives' fields are stripped`, (t) => {
    t.is(text(pet, { kind: 'cat', lives: 9, name: leak }), '{"kind":"cat","lives":9}');
    t.is(text(pet, { kind: 'wolf', name: 'Rex', lives: 1 }), '{"kind":"wolf","name":"Rex"}');
    t.throws(() => text(pet, { kind: 'cow', name: leak }), { instanceOf: SerialiseFault });
    t.throws(() => text(pet, { name: leak }), { instanceOf: SerialiseFault });
    t.throws(() => text(z.object({ pets: z.array(pet) }), { pets: [{ kind: 'cat', lives: leak }] }), {
      message: 'pets.0.lives: expected integer, got string',
    });
  });
}

test('alternatives of different kinds', (t) => {
  const schema = z.union([z.string(), z.int(), z.array(z.int()), z.object({ a: z.int() }), z.null()]);
  for (const [value, json] of [
    ['x', '"x"'],
    [5, '5'],
    [[1], '[1]'],
    [{ a: 1, b: leak }, '{"a":1}'],
    [null, 'null'],
  ] as const) {
    t.is(text(schema, value), json);
  }
  t.throws(() => text(schema, true), { instanceOf: SerialiseFault });
  t.throws(() => text(schema, [leak]), { instanceOf: SerialiseFault });
});

test('alike objects: the first that fits, as zod has it', (t) => {
  const schema = z.union([z.object({ a: z.int(), b: z.int() }), z.object({ a: z.int() })]);
  t.is(text(schema, { a: 1, b: 2, c: leak }), '{"a":1,"b":2}');
  t.is(text(schema, { a: 1, c: leak }), '{"a":1}');
  t.is(text(schema, { a: 1, b: leak }), '{"a":1}');
  t.is(text(schema, { a: 1, b: 'x' }), JSON.stringify(schema.parse({ a: 1, b: 'x' })));
});

test('intersections declare the fields of both sides', (t) => {
  const schema = z.intersection(z.object({ a: z.int() }), z.object({ b: z.int() }));
  t.is(text(schema, { a: 1, b: 2, c: leak }), '{"a":1,"b":2}');
  const mixed = z.intersection(z.object({ a: z.int() }), z.union([z.object({ b: z.int() }), z.object({ c: z.int() })]));
  t.is(text(mixed, { a: 1, c: 2, d: leak }), '{"a":1,"c":2}');
});

test('nullable and optional objects', (t) => {
  const schema = z.object({ p: z.object({ a: z.int() }).nullable(), q: z.object({ a: z.int() }).optional() });
  t.is(text(schema, { p: null }), '{"p":null}');
  t.is(text(schema, { p: { a: 1, b: leak }, q: { a: 2, b: leak } }), '{"p":{"a":1},"q":{"a":2}}');
  t.throws(() => text(schema, { p: { a: leak } }), { message: 'p.a: expected integer, got string' });
});

interface Category {
  name: string;
  parent: Category | null;
  children: Category[];
}
const Category: z.ZodType<Category> = z.object({
  name: z.string(),
  get parent() {
    return Category.nullable();
  },
  get children() {
    return z.array(Category);
  },
});
const leaf = (name: string, children: object[] = []): object => ({ name, parent: null, children, secret: leak });

test('schemas that contain themselves', (t) => {
  const json = text(Category, leaf('a', [leaf('b', [leaf('c')]), leaf('d')])) as string;
  t.false(json.includes(leak));
  t.like(JSON.parse(json), { name: 'a', children: [{ name: 'b', children: [{ name: 'c' }] }, { name: 'd' }] });
  const wrong = leaf('a', [leaf('b', [{ name: 5, parent: null, children: [] }])]);
  t.throws(() => text(Category, wrong), { message: 'children.0.children.0.name: expected string, got number' });
  t.is(
    text(z.object({ c: z.array(Category) }), { c: [leaf('x')] }),
    '{"c":[{"name":"x","parent":null,"children":[]}]}',
  );
});

test('arktype unions and tuples', (t) => {
  const schema = type({ v: 'string | number | null', 't?': ['string', 'number'] }) as Schema;
  t.deepEqual(JSON.parse(text(schema, { v: 1, t: ['a', 1], x: leak }) as string), { v: 1, t: ['a', 1] });
  t.deepEqual(JSON.parse(text(schema, { v: null, x: leak }) as string), { v: null });
});

test('JSON Schema keywords the libraries above do not use', (t) => {
  const definitions = {
    $defs: { 'a/b': { type: 'string' } },
    type: 'object',
    properties: { x: { $ref: '#/$defs/a~1b' } },
    required: ['x'],
  };
  t.is(nodeText(definitions, { x: 'y', z: leak }), '{"x":"y"}');
  t.is(nodeText({ type: ['string', 'null'], maxLength: 3 }, null), 'null');
  t.is(nodeText({ allOf: [{ type: 'string' }, { minLength: 1 }] }, 'a'), '"a"');
  t.is(nodeText({ type: 'object' }, { a: 1 }), '{"a":1}');
  t.is(nodeText(true, [1]), '[1]');
  t.is(nodeText({ type: 'array' }, [1, 'a']), '[1,"a"]');
  for (const unknown of [
    { patternProperties: {} },
    { type: 'date' },
    { $ref: '#/nowhere' },
    { const: {} },
    { allOf: [{ type: 'string' }, { type: 'integer' }] },
  ]) {
    t.throws(() => compileNode(unknown));
  }
});
