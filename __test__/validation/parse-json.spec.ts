import test from 'ava';

import { HttpError } from '../../src/error.ts';
import { findJsonFault } from '../../src/internal/json-fault.ts';
import { parseJson } from '../../src/internal/parse-json.ts';

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

test('text and bytes are parsed alike', (t) => {
  const text = '{"name":"Zoë 😀","n":[1,2.5,null,true],"o":{"p":""}}';
  t.deepEqual(parseJson(text), JSON.parse(text));
  t.deepEqual(parseJson(bytes(text)), JSON.parse(text));
  t.deepEqual(parseJson(Buffer.from(`x${text}`).subarray(1)), JSON.parse(text));
});

test('an empty body is undefined, null is null', (t) => {
  t.is(parseJson(''), undefined);
  t.is(parseJson(new Uint8Array()), undefined);
  t.is(parseJson('null'), null);
  t.is(parseJson(bytes([0xef, 0xbb, 0xbf])), undefined);
});

test('one leading byte order mark is ignored, a second is not', (t) => {
  t.deepEqual(parseJson('\uFEFF{"a":1}'), { a: 1 });
  t.deepEqual(parseJson(bytes([0xef, 0xbb, 0xbf], '{"a":1}')), { a: 1 });
  t.throws(() => parseJson('\uFEFF\uFEFF1'), { instanceOf: HttpError });
});

const badBytes: Record<string, Uint8Array> = {
  'a lone continuation byte': bytes('"', [0x80], '"'),
  'an overlong slash': bytes('"', [0xc0, 0xaf], '"'),
  'a UTF-8 surrogate': bytes('"', [0xed, 0xa0, 0x80], '"'),
  'a cut sequence': bytes('"', [0xe2, 0x82]),
  'beyond U+10FFFF': bytes('"', [0xf4, 0x90, 0x80, 0x80], '"'),
  'UTF-16': Buffer.from('\uFEFF{"a":1}', 'utf16le'),
};
for (const [name, body] of Object.entries(badBytes)) {
  test(`${name} is 400`, (t) => {
    const error = t.throws(() => parseJson(body), { instanceOf: HttpError });
    t.like(error, { status: 400, code: 'INVALID_JSON' });
  });
}

const faults: [text: string, position: number][] = [
  ['{"a":}', 5],
  ['{"a" 1}', 5],
  ['{a:1}', 1],
  ["{'a':1}", 1],
  ['{"a":1,}', 7],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['[1', 2],
  ['{"a":1', 6],
  ['{', 1],
  ['"abc', 4],
  ['"a\\x"', 2],
  ['"a\nb"', 2],
  ['tru', 3],
  ['trux', 3],
  ['nulll', 4],
  ['-', 1],
  ['-x', 1],
  ['01', 1],
  ['1 1', 2],
  ['   ', 3],
  ['undefined', 0],
  [']', 0],
  ['[}', 1],
  ['{]', 1],
  ['{"a":1]', 6],
  ['NaN', 0],
  ['[1,,2]', 3],
  ['{"a":"hunter2" "b":1}', 15],
];
for (const [text, position] of faults) {
  test(`${JSON.stringify(text)} is 400 with position ${position} and nothing of the text`, (t) => {
    const error = t.throws<HttpError>(() => parseJson(text), { instanceOf: HttpError });
    t.like(error, {
      status: 400,
      code: 'INVALID_JSON',
      details: { position },
      message: `Invalid JSON at position ${position}`,
    });
    t.false(`${error.message}${JSON.stringify(error.details)}${String(error.cause)}`.includes('hunter2'));
  });
}

test('the fault finder agrees with the engine on what is JSON', (t) => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u00e9"',
    '"\\q"',
    '1',
    '-0.5e+3',
    '1.',
    'true',
    'nul',
    ' ',
    '"',
    '\\',
  ];
  let seed = 42;
  const next = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % below;
  let valid = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = '';
    for (let length = 1 + next(7); length > 0; length--) text += pieces[next(pieces.length)];
    let parses = true;
    try {
      JSON.parse(text);
      valid++;
    } catch {
      parses = false;
    }
    // Text cut at its fault can still be completed; the fault itself cannot be there in valid text.
    if (!parses) t.true(findJsonFault(text) <= text.length, text);
    else t.is(findJsonFault(text), text.length, text);
  }
  t.true(valid > 100);
});

test('a long string with a late fault is scanned without overflow', (t) => {
  const text = `"${'a\\n'.repeat(500_000)}`;
  t.is(findJsonFault(text), text.length);
});

test('__proto__ and constructor.prototype are dropped at every level', (t) => {
  const texts = [
    '{"__proto__":{"admin":true},"a":1}',
    '{"a":1,"constructor":{"prototype":{"admin":true}}}',
    '{"\\u005f_proto__":{"admin":true},"a":1}',
    '{"\\u005F\\u005Fproto\\u005f\\u005f":{"admin":true},"a":1}',
    '{"const\\u0072uctor":{"\\u0070rototype":{}},"a":1}',
  ];
  for (const text of texts) {
    t.deepEqual(Object.keys(parseJson(text) as object), ['a'], text);
    const nested = parseJson(`{"x":[[${text}]]}`) as { x: [[object]] };
    t.deepEqual(Object.keys(nested.x[0][0]), ['a'], text);
    t.is((parseJson(text) as { admin?: unknown }).admin, undefined);
    t.is(Object.assign({}, parseJson(text) as { admin?: unknown }).admin, undefined);
  }
  t.is(({} as { admin?: unknown }).admin, undefined);
});

test('harmless uses of these words stay', (t) => {
  for (const text of [
    '{"constructor":"Foster + Partners"}',
    '{"a":"__proto__"}',
    '{"prototype":{"a":1}}',
    '{"constructor":{"name":"x"}}',
    '"\\u00e9"',
  ]) {
    t.deepEqual(parseJson(text), JSON.parse(text));
  }
});

test('nesting beyond the limit is 400, at the limit it is not', (t) => {
  const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  t.notThrows(() => parseJson(nest(64)));
  const error = t.throws(() => parseJson(nest(65)), { instanceOf: HttpError });
  t.like(error, { status: 400, code: 'INVALID_JSON' });
  t.throws(() => parseJson('{"a":'.repeat(100_000)), { instanceOf: HttpError, message: /deeper than 64/ });
  t.notThrows(() => parseJson(nest(100), { maxDepth: 100 }));
  t.throws(() => parseJson(nest(3), { maxDepth: 2 }));
});

test('brackets in strings and wide data are not depth', (t) => {
  const brackets = JSON.stringify('[{"\\'.repeat(500));
  t.is(parseJson(brackets), JSON.parse(brackets));
  const wide = JSON.stringify(Array.from({ length: 1000 }, (_, n) => ({ n, list: [n] })));
  t.deepEqual(parseJson(wide), JSON.parse(wide));
});
