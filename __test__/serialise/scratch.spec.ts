import test from 'ava';
import { z } from 'zod';

import { compileSerialiser } from '../../src/serialise.ts';

const text = compileSerialiser(z.string());

test('an escape is found at every place of a word, in short and in long texts', (t) => {
  for (const unit of [
    '"',
    '\\',
    '\n',
    '\u0000',
    '\u001f',
    '\u007f',
    ' ',
    '!',
    '#',
    '[',
    ']',
    'é',
    '\u0080',
    '\u00ff',
    '\ud800',
    '\udc00',
    '😀',
    '漢',
  ]) {
    for (let length = 0; length < 60; length++) {
      for (let at = 0; at <= length; at++) {
        const value = 'x'.repeat(at) + unit + 'y'.repeat(length - at);
        if (text(value) !== JSON.stringify(value)) t.fail(JSON.stringify(value));
      }
    }
  }
  t.pass();
});

test('bytes that borrow from each other hide no escape and make none', (t) => {
  const units = ['\u0001', '\u0080', '\u00ff', '!', '"', '#', '[', '\\', ']', '\u001f', ' ', '\u00a0'];
  for (const a of units) {
    for (const b of units) {
      for (const c of units) {
        const value = `${'x'.repeat(44)}${a}${b}${c}${'x'.repeat(5)}`;
        if (text(value) !== JSON.stringify(value)) t.fail(JSON.stringify(value));
      }
    }
  }
  t.pass();
});

test('answers larger than the buffer, of every kind of part', (t) => {
  const schema = compileSerialiser(
    z.object({
      texts: z.array(z.string()),
      long: z.string(),
      wide: z.record(z.string(), z.object({ n: z.number(), b: z.boolean(), e: z.enum(['a', 'b']) })),
      numbers: z.array(z.number()),
      more: z.array(z.object({ n: z.number() })),
      any: z.any(),
    }),
  );
  for (const size of [10, 1000, 20_000]) {
    const value = {
      texts: Array.from({ length: size }, (_, n) => `text ${n} é`),
      long: 'long '.repeat(size),
      wide: Object.fromEntries(Array.from({ length: size }, (_, n) => [`key${n}`, { n, b: n % 2 === 0, e: 'a' }])),
      numbers: Array.from({ length: size }, (_, n) => n / 7),
      more: Array.from({ length: size }, (_, n) => ({ n: -n * 1.5 })),
      any: { nested: 'z'.repeat(size) },
    };
    t.true(schema(value) === JSON.stringify(value), String(size));
    t.is(text('small again'), '"small again"');
  }
});

test('every boundary of the buffer', (t) => {
  const schema = compileSerialiser(
    z.object({ fill: z.string(), n: z.int(), d: z.number(), b: z.boolean(), s: z.string() }),
  );
  for (let length = 65_536 / 3 - 120; length < 65_536 / 3 + 5; length++) {
    const value = { fill: 'é'.repeat(length), n: 1_234_567_890, d: -1.5e-7, b: false, s: 'tail' };
    if (schema(value) !== JSON.stringify(value)) t.fail(String(length));
  }
  for (let length = 65_400; length < 65_560; length++) {
    const value = { fill: 'x'.repeat(length), n: 1_234_567_890, d: -1.5e-7, b: false, s: 'tail' };
    if (schema(value) !== JSON.stringify(value)) t.fail(String(length));
  }
  t.pass();
});

test('integers and numbers are written as JSON.stringify does', (t) => {
  const integer = compileSerialiser(z.int());
  const number = compileSerialiser(z.number());
  const powers = Array.from({ length: 22 }, (_, n) => 10 ** n).flatMap((n) => [n - 1, n, n + 1]);
  const twos = [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 123_456_789, 1_000_000_007];
  for (const n of [...powers, ...twos]) {
    for (const value of [n, -n]) {
      if (Number.isSafeInteger(value)) t.is(integer(value), JSON.stringify(value));
      t.is(number(value), JSON.stringify(value));
      t.is(number(value / 3), JSON.stringify(value / 3));
    }
  }
});

test('a value that serialises something itself while being written spoils neither', (t) => {
  const inner = compileSerialiser(z.object({ long: z.string(), list: z.array(z.int()) }));
  const outer = compileSerialiser(
    z.object({ before: z.string(), json: z.string(), name: z.string(), after: z.string() }),
  );
  const value = {
    before: 'é before',
    json: { toJSON: () => inner({ long: 'ü'.repeat(100_000), list: [1, 2] }) },
    get name(): string {
      t.throws(() => inner({ long: 'x', list: ['no'] }));
      return 'a getter';
    },
    after: 'after',
  };
  const expected = {
    before: 'é before',
    json: JSON.stringify({ long: 'ü'.repeat(100_000), list: [1, 2] }),
    name: 'a getter',
    after: 'after',
  };
  t.true(outer(value) === JSON.stringify(expected));
});

test('a refusal in the middle leaves nothing behind', (t) => {
  const schema = compileSerialiser(z.object({ a: z.string(), n: z.int() }));
  t.throws(() => schema({ a: 'é'.repeat(1000), n: 'x' }));
  t.is(schema({ a: 'b', n: 1 }), '{"a":"b","n":1}');
});
