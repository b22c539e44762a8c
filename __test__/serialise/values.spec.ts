import test from 'ava';
import { z } from 'zod';

import { compileSerialiser } from '../../src/serialise.ts';
import { SerialiseFault } from '../../src/serialise/node.ts';
import type { Schema } from '../../src/types/schema.ts';

const text = (schema: Schema, value: unknown): unknown => compileSerialiser(schema)(value);
const leak = 'hunter2';
const day = new Date('2024-05-01T12:00:00.000Z');

const accepted: [name: string, schema: Schema, value: unknown, json: string][] = [
  ['a Date where a Date is declared', z.date(), day, '"2024-05-01T12:00:00.000Z"'],
  ['a Date where a date-time is declared', z.iso.datetime(), day, '"2024-05-01T12:00:00.000Z"'],
  [
    'a Date in an object',
    z.object({ at: z.date(), id: z.int() }),
    { at: day, id: 1 },
    '{"at":"2024-05-01T12:00:00.000Z","id":1}',
  ],
  ['a bigint', z.object({ n: z.bigint() }), { n: 12_345_678_901_234_567_890n }, '{"n":12345678901234567890}'],
  ['a bigint where an integer is declared', z.int(), 5n, '5'],
  ['a URL', z.string(), new URL('https://example.com/a'), '"https://example.com/a"'],
  ['minus zero', z.number(), -0, '0'],
  ['large and small numbers', z.array(z.number()), [1e21, 1e-7, 1.5, -3], '[1e+21,1e-7,1.5,-3]'],
  ['null where it may be', z.string().nullable(), null, 'null'],
  ['text where null may be', z.string().nullable(), 'x', '"x"'],
  ['nullish fields', z.object({ a: z.int().nullish(), b: z.int().nullish() }), { a: null }, '{"a":null}'],
  ['a literal', z.literal('a'), 'a', '"a"'],
  ['mixed members', z.literal(['a', 1, true, null]), 1, '1'],
  ['an enum', z.enum({ A: 'x"y', B: 'b' }), 'x"y', '"x\\"y"'],
  ['an empty list', z.array(z.int()), [], '[]'],
  ['lists of lists', z.array(z.array(z.int())), [[1], [], [2, 3]], '[[1],[],[2,3]]'],
  ['a tuple', z.tuple([z.string(), z.int()]), ['a', 1], '["a",1]'],
  ['a tuple with rest', z.tuple([z.string()]).rest(z.boolean()), ['a', true, false], '["a",true,false]'],
  ['anything', z.unknown(), { a: [1, { b: undefined }] }, '{"a":[1,{}]}'],
  ['anything in a list', z.array(z.any()), [undefined, 1], '[null,1]'],
  ['null itself', z.null(), null, 'null'],
  ['an object with its own toJSON', z.object({ a: z.int() }), { toJSON: () => ({ a: 1, secret: leak }) }, '{"a":1}'],
  ['a list with its own toJSON', z.array(z.int()), { toJSON: () => [1] }, '[1]'],
];
for (const [name, schema, value, json] of accepted) test(name, (t) => t.is(text(schema, value), json));

const person = z.object({ name: z.string(), age: z.int().optional() });
const refused: [name: string, schema: Schema, value: unknown, place: string][] = [
  ['an object where text is declared', person, { name: { secret: leak } }, 'name: expected string, got object'],
  ['an array where text is declared', person, { name: [leak] }, 'name: expected string, got array'],
  ['a Buffer where text is declared', person, { name: Buffer.from(leak) }, 'name: expected string'],
  ['a number where text is declared', person, { name: 5 }, 'name: expected string, got number'],
  ['null where text is declared', person, { name: null }, 'name: expected string, got null'],
  ['a function where text is declared', person, { name: () => leak }, 'name: expected string, got function'],
  ['a symbol where text is declared', person, { name: Symbol(leak) }, 'name: expected string, got symbol'],
  [
    'a toJSON that gives an object where text is declared',
    person,
    { name: { toJSON: () => ({ secret: leak }) } },
    'name: expected string',
  ],
  [
    'a toJSON that gives itself',
    person,
    {
      name: {
        secret: leak,
        toJSON(): unknown {
          return this;
        },
      },
    },
    'name: expected string, got object',
  ],
  ['a missing field', person, {}, 'name: missing, expected string'],
  ['a null object', z.object({ p: person }), { p: null }, 'p: expected object, got null'],
  ['text where an object is declared', z.object({ p: person }), { p: leak }, 'p: expected object, got string'],
  [
    'an array where an object is declared',
    z.object({ p: person }),
    { p: [{ name: leak }] },
    'p: expected object, got array',
  ],
  ['a number with a fraction', person, { name: 'a', age: 1.5 }, 'age: expected integer'],
  ['numeric text', person, { name: 'a', age: '15' }, 'age: expected integer, got string'],
  ['NaN', z.object({ n: z.number() }), { n: Number.NaN }, 'n: expected number, got NaN'],
  ['Infinity', z.object({ n: z.number() }), { n: -Infinity }, 'n: expected number, got -Infinity'],
  ['text for a boolean', z.object({ b: z.boolean() }), { b: 'true' }, 'b: expected boolean, got string'],
  [
    'an invalid Date',
    z.object({ d: z.date() }),
    { d: new Date(Number.NaN) },
    'd: expected string, got an invalid Date',
  ],
  ['no member', z.object({ e: z.enum(['a', 'b']) }), { e: leak }, 'e: expected one of "a", "b", got string'],
  [
    'a deep place',
    z.object({ items: z.array(z.object({ tags: z.array(z.string()) })) }),
    { items: [{ tags: [] }, { tags: ['a', 5] }] },
    'items.1.tags.1: expected string, got number',
  ],
  ['a field of a record', z.record(z.string(), z.int()), { a: 1, b: leak }, 'b: expected integer, got string'],
  ['a Map where a record is declared', z.record(z.string(), z.int()), new Map([['a', 1]]), 'expected object, got Map'],
  ['a set where a list is declared', z.array(z.int()), new Set([1]), 'expected array, got Set'],
  ['too long a tuple', z.tuple([z.int()]), [1, leak], 'expected at most 1 items'],
  ['too short a tuple', z.tuple([z.int(), z.int()]), [1], 'expected at least 2 items'],
  ['a hole in a list', z.array(z.int()), [1, undefined], '1: missing, expected integer'],
  [
    'a bigint inside anything',
    z.object({ x: z.any() }),
    { x: { n: 1n } },
    'x: a circle or a bigint cannot be serialised',
  ],
  ['nothing at all', person, undefined, 'missing, expected object'],
  ['never', z.object({ x: z.never().optional() }), { x: leak }, 'x: nothing is allowed here'],
];
for (const [name, schema, value, place] of refused) {
  test(`${name} is refused, named and not sent`, (t) => {
    const fault = t.throws(() => text(schema, value), { instanceOf: SerialiseFault });
    t.true(fault.message.startsWith(place), fault.message);
    t.false(fault.message.includes(leak));
  });
}

test('circles and endless nesting are refused', (t) => {
  const Tree: z.ZodType = z.object({
    get children() {
      return z.array(Tree);
    },
  });
  const circle: { children: unknown[] } = { children: [] };
  circle.children.push(circle);
  t.throws(() => text(Tree, circle), { instanceOf: SerialiseFault });
  const anything: Record<string, unknown> = {};
  anything['self'] = anything;
  t.throws(() => text(z.any(), anything), { instanceOf: SerialiseFault });
});

test('a getter that throws is not taken for a refusal', (t) => {
  const boom = new Error('database gone');
  const value = {
    get name(): string {
      throw boom;
    },
  };
  t.is(
    t.throws(() => text(person, value)),
    boom,
  );
});

const samples = [
  '',
  'a',
  'plain ascii text',
  '"',
  '\\',
  '\n\r\t\b\f',
  '\u0000\u001f',
  '\u007f',
  'é',
  'ÿ',
  '€',
  '漢字',
  '😀',
  '\ud800',
  '\udfff',
  'a\ud83d',
  '\u2028\u2029',
  '</script>',
  '\ufeff',
];
test('texts are escaped exactly as JSON.stringify does, at every length', (t) => {
  const schema = compileSerialiser(z.object({ a: z.string(), b: z.string() }));
  const single = compileSerialiser(z.string());
  for (const sample of samples) {
    for (const length of [0, 1, 38, 39, 40, 41, 42, 200, 4095, 4096, 4097, 9000]) {
      for (const value of [sample + 'x'.repeat(length), 'x'.repeat(length) + sample, 'é'.repeat(length) + sample]) {
        t.is(single(value), JSON.stringify(value));
        t.is(schema({ a: value, b: value }), JSON.stringify({ a: value, b: value }));
      }
    }
  }
});

test('every UTF-16 unit is escaped as JSON.stringify does', (t) => {
  const single = compileSerialiser(z.string());
  for (let unit = 0; unit < 0x10000; unit++) {
    const value = `a${String.fromCharCode(unit)}b`;
    if (single(value) !== JSON.stringify(value)) t.fail(unit.toString(16));
  }
  t.pass();
});
