/** Statements that a connection keeps prepared: fewer words with the server, and the same answers. */

import ava, { type ExecutionContext } from 'ava';

import { openDatabase, sql, type Database } from '../../src/data/index.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { serverDatabase } from './both-engines.ts';

const { url, open } = serverDatabase();
/** One after the other: they make and change tables. */
const test = ava.serial;

const oneConnection = { poolSize: 1, maxOverflow: 0 };
const thrice = [1, 2, 3];

test('statements that repeat are prepared, and not without end', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, preparedStatements: 3 });
  const prepared = sql<{ statement: string }>`select statement from pg_prepared_statements`;
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 3; n++) t.deepEqual(await db.one(sql`select ${sql.unsafe(`${n}`)}::int as n`), { n });
  }
  t.is(
    (await db.query(prepared)).filter(({ statement }) => statement.includes('::int as n')).length,
    2,
    'one had to go',
  );
  for (let n = 0; n < 20; n++) for (const _ of [1, 2]) await db.execute(sql`select ${sql.unsafe(`${n}`)}::text`);
  t.true((await db.query(prepared)).length <= 3);
  const none = await open(t, { poolSize: 1, maxOverflow: 0, preparedStatements: 0 });
  for (const _ of [1, 2, 3]) t.deepEqual(await none.query(prepared), []);
});

test('a prepared statement whose table has changed runs again', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  await db.execute(sql`create table changing (a int)`);
  await db.execute(sql`insert into changing values (1)`);
  const all = (): Promise<unknown> => db.query(sql`select * from changing`);
  for (const _ of [1, 2, 3]) t.deepEqual(await all(), [{ a: 1 }]);
  await db.execute(sql`alter table changing add b int default 2`);
  t.deepEqual(await all(), [{ a: 1, b: 2 }]);
  await db.execute(sql`deallocate all`);
  for (const _ of [1, 2, 3]) t.deepEqual(await all(), [{ a: 1, b: 2 }]);
});

test('the first statement of a transaction takes the beginning along', async (t) => {
  const { db, asked } = await openCounted(t);
  await db.execute(sql`create table counted (n int)`);
  const add = (): Promise<number> =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into counted values (${1})`);
      return tx.execute(sql`insert into counted values (${1})`);
    });
  for (const _ of thrice) await add();
  const before = asked();
  await add();
  t.is(asked() - before, 3, 'the beginning with the first insert, the second, the commit');
  t.deepEqual(await db.one(sql`select count(*) as n from counted`), { n: 8 });
});

test('a table that has changed is no fault of the transaction that reads it first', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table moved (a int)`);
  await db.execute(sql`insert into moved values (1)`);
  const read = (): Promise<unknown> =>
    db.transaction(async (tx) => {
      const rows = await tx.query(sql`select * from moved`);
      await tx.execute(sql`insert into moved values (2)`);
      return rows;
    });
  for (const _ of thrice) {
    await read();
    await db.execute(sql`delete from moved where a = 2`);
  }
  await db.execute(sql`alter table moved add b int default 3`);
  t.deepEqual(await read(), [{ a: 1, b: 3 }]);
  t.deepEqual(await db.query(sql`select a from moved order by a`), [{ a: 1 }, { a: 2 }], 'committed, and once');
  await db.execute(sql`deallocate all`);
  t.deepEqual(
    await read(),
    [
      { a: 1, b: 3 },
      { a: 2, b: 3 },
    ],
    'the beginning is not known either',
  );
});

test('one that fails in a transaction that it begins leaves none behind', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table begun (n int primary key)`);
  for (const n of thrice) await db.transaction((tx) => tx.execute(sql`insert into begun values (${n})`));
  for (const _ of thrice) {
    await t.throwsAsync(
      db.transaction(async (tx) => {
        await t.throwsAsync(tx.execute(sql`insert into begun values (${1})`), { code: 'UNIQUE_VIOLATION' });
        await tx.execute(sql`insert into begun values (${4})`);
      }),
      { code: 'DATABASE_ERROR', message: /current transaction is aborted/ },
    );
  }
  t.deepEqual(await db.query(sql`select n from begun order by n`), [{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('rows are what they are now, where a name stands for something else each time', async (t) => {
  const db = await open(t, oneConnection);
  const read = async <Row>(of: AsyncIterable<Row>): Promise<Row[]> => {
    const rows: Row[] = [];
    for await (const row of of) rows.push(row);
    return rows;
  };
  for (const _ of thrice) {
    t.deepEqual(await read(db.stream(sql`select 1 as a`)), [{ a: 1 }]);
    t.deepEqual(await read(db.stream(sql`select 'x' as b, true as c`)), [{ b: 'x', c: true }]);
  }
  for (const text of ['select 1 as a', "select 'x' as b"]) {
    await db.execute(sql`prepare mine as ${sql.unsafe(text)}`);
    for (const _ of thrice)
      t.deepEqual(await db.query(sql`execute mine`), text.endsWith('a') ? [{ a: 1 }] : [{ b: 'x' }]);
    await db.execute(sql`deallocate mine`);
  }
});

test('names of columns are whatever they are', async (t) => {
  const db = await open(t, oneConnection);
  for (const _ of thrice) {
    t.deepEqual(await db.one(sql`select 1 as a, null as a`), { a: null }, 'the last one counts');
    const odd = await db.one(sql`select 1 as "__proto__", 2 as "constructor"`);
    t.deepEqual(Object.entries(odd), [
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    t.is(Object.getPrototypeOf(odd), Object.prototype);
  }
});

test('a value that cannot be read fails its statement, and the connection serves on', async (t) => {
  const db = await open(t, oneConnection);
  const id = await db.one(sql`select pg_backend_pid() as pid`);
  for (const _ of thrice) {
    await t.throwsAsync(
      db.transaction(async (tx) => {
        await tx.execute(sql`set local bytea_output = 'escape'`);
        await tx.query(sql`select '\\x01'::bytea as bytes from generate_series(1, 1000)`);
      }),
      { code: 'DATABASE_ERROR', message: /bytea_output/ },
    );
  }
  t.deepEqual(await db.one(sql`select pg_backend_pid() as pid`), id);
});

test('copy has nothing to copy from or to, and the connection serves on', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table copied (n int)`);
  for (const _ of thrice) {
    await t.throwsAsync(db.execute(sql`copy copied from stdin`), {
      code: 'DATABASE_ERROR',
      message: /nothing to copy from/,
    });
    t.is(await db.execute(sql`insert into copied values (${1})`), 1);
    t.deepEqual(await db.query(sql`copy copied to stdout`), []);
  }
  t.deepEqual(await db.one(sql`select count(*) as n from copied`), { n: 3 });
  t.deepEqual(await db.one(sql`select 7 as n`), { n: 7 });
});

test('an empty statement gives nothing', async (t) => {
  const db = await open(t, oneConnection);
  for (const _ of thrice) t.deepEqual(await db.run(sql``), { rows: [], rowCount: 0, command: '' });
  t.deepEqual(await db.one(sql`select 7 as n`), { n: 7 });
});

test('values of any length and kind arrive as they were, by name as well', async (t) => {
  const db = await open(t, oneConnection);
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
  const text = `ü€😀'"\\$1 ${'x'.repeat(70_000)}`;
  for (const _ of thrice) {
    const row = await db.one(
      sql`select ${bytes}::bytea as bytes, ${text}::text as text, ${null}::int as nothing, ${''}::text as empty`,
    );
    t.deepEqual(row, { bytes, text, nothing: null, empty: '' });
    const part = new Uint8Array(bytes.buffer, bytes.byteOffset + 3, 5);
    t.deepEqual(await db.one(sql`select ${part}::bytea as part`), { part: bytes.subarray(3, 8) });
  }
});

/** A database on one connection, and how often something was sent by it. */
async function openCounted(t: ExecutionContext): Promise<{ readonly db: Database; readonly asked: () => number }> {
  const target = new URL(await url());
  let count = 0;
  const proxy = await startTcpProxy(
    { host: target.hostname, port: Number(target.port || 5432) },
    { onSent: () => count++ },
  );
  t.teardown(() => proxy.close());
  target.hostname = '127.0.0.1';
  target.port = String(proxy.port);
  const db = await openDatabase({ url: target.href, ...oneConnection });
  t.teardown(() => db.close());
  return { db, asked: () => count };
}
