import { decode } from '@msgpack/msgpack';
/** The formats beside JSON, each by itself (S3). */
import test from 'ava';

import { CovetError, msgpackSerializer, textSerializer, xmlSerializer } from '../../src/index.ts';
import { parseExact } from '../../src/internal/exact-json.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const xml = (value: unknown): unknown => xmlSerializer().serialize(value);

test('XML: every kind of value, escaped, under names that XML has', (t) => {
  for (const [value, content] of [
    [{ a: 1, b: 'x' }, '<response><a>1</a><b>x</b></response>'],
    [{}, '<response/>'],
    [null, '<response/>'],
    ['', '<response/>'],
    [[], '<response/>'],
    [true, '<response>true</response>'],
    [12n ** 30n, `<response>${12n ** 30n}</response>`],
    [[1, 'a', null], '<response><item>1</item><item>a</item><item/></response>'],
    [{ a: [[1], { b: 2 }] }, '<response><a><item><item>1</item></item><item><b>2</b></item></a></response>'],
    ['<a href="x">&amp;</a>]]>', '<response>&lt;a href="x"&gt;&amp;amp;&lt;/a&gt;]]&gt;</response>'],
    ['tab\tline\nreturn\r', '<response>tab\tline\nreturn&#13;</response>'],
    ['a\u0000\u0001\u0008\u000b\u000c\u001f\ufffe\uffff\ud800b', '<response>ab</response>'],
    ['né😀\u007f', '<response>né😀\u007f</response>'],
    [{ né: 1, 'a-b.c_1': 2 }, '<response><né>1</né><a-b.c_1>2</a-b.c_1></response>'],
    [{ 'a b': 1 }, '<response><a_b>1</a_b></response>'],
    [{ '': 1 }, '<response><_>1</_></response>'],
    [{ '1st': 1, '-x': 2, '.y': 3 }, '<response><_1st>1</_1st><_-x>2</_-x><_.y>3</_.y></response>'],
    [{ 'xml:lang': 1, XMLns: 2 }, '<response><_xml_lang>1</_xml_lang><_XMLns>2</_XMLns></response>'],
    [{ 'a><script': 1 }, '<response><a__script>1</a__script></response>'],
    [{ 'a/': 1, '\ud800': 2, '😀': 3 }, '<response><a_>1</a_><_>2</_><😀>3</😀></response>'],
    [
      JSON.parse('{"__proto__":1,"constructor":2}'),
      '<response><__proto__>1</__proto__><constructor>2</constructor></response>',
    ],
  ] as const) {
    t.is(xml(value), HEAD + content, JSON.stringify(content));
  }
  t.is(xmlSerializer({ root: 'tags', item: 'tag' }).serialize(['x']), `${HEAD}<tags><tag>x</tag></tags>`);
});

test('XML: a root or item that is no name is refused', (t) => {
  for (const name of ['', 'a b', '1a', 'a:b', 'xmlish', '<a>', 5 as never]) {
    t.throws(() => xmlSerializer({ root: name }), {
      instanceOf: CovetError,
      message: /not the name of an XML element/,
    });
    t.throws(() => xmlSerializer({ item: name }), { instanceOf: CovetError, code: 'INVALID_OPTION' });
  }
});

test('text: scalars as they are, the rest as JSON over several lines', (t) => {
  const text = textSerializer();
  const serialize = (value: unknown) => text.serialize(value);
  t.is(serialize('a\nb'), 'a\nb');
  t.is(serialize(1.5), '1.5');
  t.is(serialize(2n ** 70n), String(2n ** 70n));
  t.is(serialize(false), 'false');
  t.is(serialize(null), 'null');
  t.is(serialize({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
  t.is(serialize({ a: 2n ** 60n }), `{\n  "a": "${2n ** 60n}"\n}`);
});

test('msgpack: comes back as it was, large integers too', (t) => {
  const msgpack = msgpackSerializer();
  const serialize = (value: unknown) => msgpack.serialize(value);
  for (const value of [null, true, 1.5, -1, 2 ** 53 - 1, 'né😀', [], {}, { a: [1, { b: null }] }]) {
    t.deepEqual(decode(serialize(value) as Uint8Array), value);
  }
  for (const value of [2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)]) {
    t.deepEqual(decode(serialize({ a: [value] }) as Uint8Array, { useBigInt64: true }), { a: [value] });
  }
  for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
    t.throws(() => serialize({ a: [1n, { b: value }] }), { instanceOf: CovetError, message: /more than 64 bits/ });
  }
});

test('integers that a number cannot hold come out of JSON exactly, and nothing else changes', (t) => {
  for (const [text, value] of [
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['[9007199254740991,9007199254740992]', [9007199254740991, 9007199254740992n]],
    ['{"a":12345678901234567890,"b":"12345678901234567890"}', { a: 12345678901234567890n, b: '12345678901234567890' }],
    ['{"12345678901234567890":1}', { '12345678901234567890': 1 }],
    ['"\\"12345678901234567890"', '"12345678901234567890'],
    ['"\\\\"', '\\'],
    ['["\\\\",12345678901234567890]', ['\\', 12345678901234567890n]],
    ['1234567890123456.5', 1234567890123456.5],
    ['12345678901234567890e2', Number('12345678901234567890e2')],
    ['1e40', 1e40],
  ] as const) {
    t.deepEqual(parseExact(text), value, text);
  }
});
