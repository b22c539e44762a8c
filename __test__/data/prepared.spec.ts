/** Statements that a connection keeps prepared: fewer words with the server, and the same answers. */

import ava, { type ExecutionContext } from 'ava';

import { DatabaseError, openDatabase, sql, type Database } from '../../src/data/index.ts';
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

test('copy has nothing to copy from or to, and what comes next gets its own rows', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table copied (n int)`);
  await db.execute(sql`create view seen as select * from copied`);
  // Into a view nothing can be copied, which the server says without having waited for the copy.
  for (const target of ['copied', 'seen', 'copied', 'seen']) {
    await t.throwsAsync(db.execute(sql`copy ${sql.id(target)} from stdin`), {
      code: 'DATABASE_ERROR',
      message: /nothing to copy from/,
    });
    const rows = await Promise.all(
      [1, 2, 3].map((n) => db.one(sql`select ${n}::int as n, pg_sleep(0.01)::text as slept`)),
    );
    t.deepEqual(
      rows,
      [1, 2, 3].map((n) => ({ n, slept: '' })),
    );
  }
  await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into copied values (1)`);
      await t.throwsAsync(tx.execute(sql`copy copied from stdin`), { message: /nothing to copy from/ });
    }),
    { code: 'DATABASE_UNAVAILABLE' },
  );
  t.deepEqual(await db.query(sql`copy copied to stdout`), []);
  t.deepEqual(await db.one(sql`select count(*) as n from copied`), { n: 0 });
});

test('rows are those of the plan that runs, also where a pooler gives another server', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table pooled (id int, secret text)`);
  await db.execute(sql`insert into pooled values (1, '42')`);
  const all = (): Promise<unknown> => db.query(sql`select * from pooled`);
  for (const _ of thrice) t.deepEqual(await all(), [{ id: 1, secret: '42' }]);
  await db.execute(sql`alter table pooled drop id`);
  await db.execute(sql`alter table pooled add role text default 'admin'`);
  // What such a pooler does: it knows the text by its name, and has another server prepare it.
  const { name } = await db.one(sql<{ name: string }>`
    select name from pg_prepared_statements where statement = 'select * from pooled'`);
  await db.execute(sql`deallocate ${sql.id(name)}`);
  await db.execute(sql`prepare ${sql.id(name)} as select * from pooled`);
  t.deepEqual(await all(), [{ secret: '42', role: 'admin' }]);
});

test("a name of the user's own that is not there is theirs to mend", async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create table named (n int)`);
  const work = (): Promise<unknown> =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into named values (${1})`);
      return tx.one(sql`select count(*) as n from named`);
    });
  for (const _ of thrice) await work();
  for (const _ of thrice) {
    await t.throwsAsync(db.execute(sql`deallocate nope`), { code: 'DATABASE_ERROR', message: /"nope" does not exist/ });
  }
  for (const [index] of thrice.entries()) t.deepEqual(await work(), { n: 4 + index });
});

test('what fails for want of a feature is not run twice', async (t) => {
  const db = await open(t, oneConnection);
  await db.execute(sql`create sequence runs`);
  await db.execute(sql`
    create function unsupported() returns int language plpgsql as $$
      begin perform nextval('runs'); raise feature_not_supported; end $$`);
  for (const _ of thrice) await t.throwsAsync(db.execute(sql`select unsupported()`), { code: 'DATABASE_ERROR' });
  for (const _ of thrice) {
    await t.throwsAsync(
      db.transaction((tx) => tx.execute(sql`select unsupported()`)),
      { code: 'DATABASE_ERROR' },
    );
  }
  t.deepEqual(await db.one(sql`select last_value as n from runs`), { n: 6 });
});

test('a statement that cannot be sent fails, and the connection serves on', async (t) => {
  const db = await open(t, oneConnection);
  const id = await db.one(sql`select pg_backend_pid() as pid`);
  await t.throwsAsync(db.execute(sql`select ${sql.unsafe("'a\0b'")}`), {
    instanceOf: TypeError,
    message: /zero character/,
  });
  // A message has 2 GiB at most. The memory is never touched before that is found.
  const much = Buffer.from(new ArrayBuffer(1_100_000_000));
  await t.throwsAsync(db.execute(sql`select ${much}::bytea, ${much}::bytea`), { instanceOf: DatabaseError });
  t.deepEqual(await db.one(sql`select pg_backend_pid() as pid`), id);
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
