/** Values in and out: the same on both engines, and nothing lost on the way. */
import { z } from 'zod';

import { DatabaseError, sql } from '../../src/data/index.ts';
import { onBothEngines } from './both-engines.ts';

const test = onBothEngines();

/** What each type is read as: the table of docs/data.md. */
const columns: readonly (readonly [type: string, text: string, value: unknown])[] = [
  ['bool', 'true', true],
  ['int2', '-32768', -32_768],
  ['int4', '2147483647', 2_147_483_647],
  ['int8', '9007199254740991', 9_007_199_254_740_991],
  ['int8', '9007199254740993', 9_007_199_254_740_993n],
  ['int8', '-9223372036854775808', -9_223_372_036_854_775_808n],
  ['float4', '1.5', 1.5],
  ['float8', 'Infinity', Infinity],
  ['float8', 'NaN', Number.NaN],
  ['numeric', '123456789012345678901234567890.10', '123456789012345678901234567890.10'],
  ['text', 'Grüße "\\', 'Grüße "\\'],
  ['varchar(3)', 'abc', 'abc'],
  ['uuid', '0af76519-16cd-43dd-8448-eb211c80319c', '0af76519-16cd-43dd-8448-eb211c80319c'],
  ['date', '2026-02-28', '2026-02-28'],
  ['time', '12:34:56.789', '12:34:56.789'],
  ['timestamp', '2026-02-28 12:34:56', '2026-02-28T12:34:56.000'],
  ['timestamp', '2026-02-28 12:34:56.123456', '2026-02-28T12:34:56.123456'],
  ['timestamptz', '2026-02-28 12:34:56.7+02', '2026-02-28T10:34:56.700Z'],
  ['timestamptz', '2026-02-28 12:34:56.123456-03:30', '2026-02-28T16:04:56.123456Z'],
  ['timestamptz', 'infinity', 'infinity'],
  ['interval', '1 day 02:00:00', '1 day 02:00:00'],
  ['json', '{"a": [1, null]}', { a: [1, null] }],
  ['jsonb', '[1, "x"]', [1, 'x']],
  ['bytea', '\\x00ff10', Buffer.from([0, 255, 16])],
  ['int4[]', '{1,NULL,3}', [1, null, 3]],
  ['int8[]', '{9007199254740993}', [9_007_199_254_740_993n]],
  ['text[]', '{a,"b,\\"c\\\\",NULL,"NULL",""}', ['a', 'b,"c\\', null, 'NULL', '']],
  [
    'int4[]',
    '{{1,2},{3,4}}',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['int4[]', '[0:1]={5,6}', [5, 6]],
  ['text[]', '{}', []],
  ['bytea[]', '{"\\\\x01"}', [Buffer.from([1])]],
  ['jsonb[]', '{"{\\"a\\": 1}"}', [{ a: 1 }]],
  ['timestamptz[]', '{"2026-02-28 12:00:00+00"}', ['2026-02-28T12:00:00.000Z']],
];

for (const [type, text, value] of columns) {
  test(`${type} ${text} is read as what the table says`, async (t, db) => {
    t.deepEqual(await db.query(sql`select ${text}::text::${sql.unsafe(type)} as value`), [{ value }]);
  });
}

test('timestamps of another time zone are the same instants', async (t, db) => {
  await db.transaction(async (tx) => {
    await tx.execute(sql`set local time zone 'Asia/Kolkata'`);
    const { at } = await tx.one(sql`select timestamptz '2026-01-01 00:00:00+00' as at`);
    t.is(at, '2026-01-01T00:00:00.000Z');
  });
});

const sent: readonly (readonly [type: string, value: unknown, read?: unknown])[] = [
  ['bool', false],
  ['int4', 7],
  ['int8', 2n ** 62n],
  ['float8', -0.5],
  ['text', "it's"],
  ['text', null],
  ['numeric', '1.10'],
  ['timestamptz', new Date('2026-02-28T12:34:56.789Z'), '2026-02-28T12:34:56.789Z'],
  ['timestamp', new Date('2026-02-28T12:34:56.789Z'), '2026-02-28T12:34:56.789'],
  ['date', new Date('2026-02-28T23:59:59.999Z'), '2026-02-28'],
  ['timestamptz', new Date(-62_198_755_200_000), '0002-01-01 00:00:00+00 BC'],
  ['bytea', new Uint8Array([1, 2, 255]), Buffer.from([1, 2, 255])],
  ['jsonb', { a: { b: ["x'"] } }],
  ['jsonb', sql.json([1, 2]), [1, 2]],
  ['jsonb', sql.json('text'), 'text'],
  ['jsonb', sql.json(null), null],
  ['int4[]', [1, null, 3]],
  ['int4[]', []],
  ['text[]', ['a"b', 'c\\d', 'NULL', '', '{}', null, 'ü,']],
  [
    'text[]',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['bytea[]', [Buffer.from([0, 34, 92])]],
  ['jsonb[]', [{ a: '"' }]],
  ['timestamptz[]', [new Date(0)], ['1970-01-01T00:00:00.000Z']],
];

for (const [type, value, read = value] of sent) {
  test(`a value is sent as ${type}: ${JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))}`, async (t, db) => {
    t.deepEqual(await db.query(sql`select ${value}::${sql.unsafe(type)} as value`), [{ value: read }]);
  });
}

test('arrays are bound as arrays', async (t, db) => {
  const ids = [2, 3];
  const statement = sql<{ n: number }>`select n from generate_series(1, 5) n where n = any(${ids})`;
  t.deepEqual(await db.query(statement), [{ n: 2 }, { n: 3 }]);
  t.deepEqual(await db.query(sql`select 1 as one where 1 = any(${[]}::int[])`), []);
});

test('a value that no column holds is refused before anything is sent', async (t, db) => {
  const refused: readonly [unknown, RegExp][] = [
    [new Date(Number.NaN), /invalid date/],
    [[1, undefined], /undefined in it/],
    [new Map(), /Map, which JSON has not/],
    [sql.json(undefined), /no JSON/],
  ];
  for (const [value, message] of refused) {
    await t.throwsAsync(db.query(sql`select ${value}`), { instanceOf: TypeError, message });
  }
});

test('text that the database cannot hold is the fault of whoever sent it', async (t, db) => {
  const error = await t.throwsAsync(db.query(sql`select ${'a\0b'}::text`), { instanceOf: DatabaseError });
  t.like(error, { status: 422, code: 'UNPROCESSABLE_CONTENT' });
});

test('a statement that is no sql`…` is refused', async (t, db) => {
  await t.throwsAsync(db.query('select 1' as never), { instanceOf: TypeError, message: /made by sql`…`/ });
});

test('rows are checked and transformed by the schema of their statement', async (t, db) => {
  const Row = z.object({ id: z.int(), at: z.coerce.date() });
  const row = await db.one(sql.type(Row)`select ${7}::int as id, timestamptz '2026-01-01 00:00:00Z' as at`);
  t.deepEqual(row, { id: 7, at: new Date('2026-01-01T00:00:00Z') });
  const once = z.object({ n: z.int().transform((n) => String(n)) });
  await db.transaction(async () => {
    t.deepEqual(await db.one(sql.type(once)`select 1 as n`), { n: '1' });
    t.deepEqual(await db.read.one(sql.type(once)`select 1 as n`), { n: '1' });
  });
  const error = await t.throwsAsync(db.query(sql.type(Row)`select id, now() as at from (values (1), (null)) v(id)`), {
    instanceOf: DatabaseError,
    message: /^Row 2 does not fit its schema \(id: .*\): select id, now\(\)/,
  });
  t.like(error, { status: 500, code: 'ROW_MISMATCH', expose: false });
});

test('one, maybeOne and execute count', async (t, db) => {
  const none = sql`select 1 where false`;
  const two = sql`select * from (values (1), (2)) v(n)`;
  t.deepEqual(await db.one(sql`select 1 as n`), { n: 1 });
  t.is(await db.maybeOne(none), undefined);
  t.is(await db.execute(two), 2);
  for (const faulty of [db.one(none), db.one(two), db.maybeOne(two)]) {
    await t.throwsAsync(faulty, { code: 'UNEXPECTED_ROW_COUNT' });
  }
});
