/** The text of a key: the same for what is equal, another for what is not. */
import test from 'ava';

import { toCanonicalKey } from '../../src/cache/canonical-key.ts';
import type { CacheKey } from '../../src/cache/canonical-key.ts';

const equal: Record<string, [CacheKey, CacheKey]> = {
  'the order of fields': [
    { a: 1, b: { c: 2, d: 3 } },
    { b: { d: 3, c: 2 }, a: 1 },
  ],
  'the order of a Map': [
    [
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
    [
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    ],
  ],
  'the order of a Set': [[new Set([1, 2])], [new Set([2, 1])]],
  'equal dates': [[new Date(5)], [new Date(5)]],
  'zero and minus zero': [[0], [-0]],
  'bytes of a Buffer': [[Buffer.from('a')], [new Uint8Array([97])]],
  'an object without a prototype': [{ a: 1 }, Object.assign(Object.create(null) as object, { a: 1 })],
};
for (const [what, [one, other]] of Object.entries(equal)) {
  test(`${what} is of no account`, (t) => {
    t.is(toCanonicalKey(one), toCanonicalKey(other));
  });
}

const distinct: CacheKey[][] = [
  ['a', '1', [], [1], ['1'], [1n], [true], ['true'], [null], [undefined], ['null'], [[]], [{}], [new Map()]],
  [[Number.NaN], ['NaN'], [Infinity], [new Date(1)], [1.5], [1, 2], [12], ['1', '2'], ['1,2'], ['12', '']],
  [['a', 'b'], ['ab'], ['a:b'], ['s1:a'], [['a'], 'b'], [['a', 'b']], [new Uint8Array([1])], ['AQ==']],
  [{ a: 1 }, { a: '1' }, { a: undefined }, {}, { b: 1 }, { a: { b: 1 } }, { 'a.b': 1 }, { a: [] }, [new Set()]],
  ['\ud800', '\ud801', '\ufffd', ['\ud800'], ['\ud801'], ['\ufffd'], { '\ud800': 1 }, { '\ud801': 1 }, ['w1:00d8']],
  [[new Set([1])], [new Set(['1'])], [new Map([[1, 2]])], [new Map([[2, 1]])], [[1, undefined]], [[1]], [null, null]],
];

test('no two of these are the same', (t) => {
  const keys = distinct.flat();
  t.is(new Set(keys.map(toCanonicalKey)).size, keys.length);
});

test('a text is its own key, unless it is long; other keys are short', (t) => {
  t.is(toCanonicalKey('user:1:post:2'), 'k:user:1:post:2');
  t.is(toCanonicalKey('x'.repeat(5000)).length, 45);
  t.not(toCanonicalKey('x'.repeat(5000)), toCanonicalKey('x'.repeat(5001)));
  t.regex(toCanonicalKey(['user', 1]), /^h:[\w-]{43}$/);
});

test('keys stay what they are from version to version', (t) => {
  t.is(toCanonicalKey(['user', 1]), 'h:5i9eaVriZdCtMUz_EVOdZYdFUxodCIezQITbSZdVYD0');
});

class User {
  readonly id = 1;
}
const circle: unknown[] = [];
circle.push(circle);
const refused: Record<string, [unknown, RegExp]> = {
  'a function': [[() => 1], /key\[0\] is a function/],
  'a symbol': [[Symbol('a')], /key\[0\] is a symbol/],
  'an instance of a class': [{ user: new User() }, /key\.user is an instance of User/],
  'a regular expression': [[/a/], /an instance of RegExp/],
  'a promise': [[Promise.resolve(1)], /an instance of Promise/],
  'an invalid date': [[new Date(Number.NaN)], /an invalid Date/],
  'a circle': [circle, /in a circle/],
  'an empty text': ['', /is not empty/],
};
for (const [what, [key, message]] of Object.entries(refused)) {
  test(`${what} is refused, with where it stands`, (t) => {
    t.throws(() => toCanonicalKey(key as CacheKey), { instanceOf: TypeError, message });
  });
}
