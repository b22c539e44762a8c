/** What one caller leaves on a connection, the next one does not find. */
import { DatabaseError, sql, type Database, type Sql } from '../../src/data/index.ts';
import { toDrizzle } from '../../src/drizzle/index.ts';
import { toKysely } from '../../src/kysely/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();

async function createTable(db: Database): Promise<{ name: string; table: Sql; numbers: () => Promise<number[]> }> {
  const name = tableName();
  const table = sql.id(name);
  await db.execute(sql`create table ${table} (n int unique deferrable initially deferred)`);
  return {
    name,
    table,
    numbers: async () => (await db.query(sql<{ n: number }>`select n from ${table} order by n`)).map(({ n }) => n),
  };
}

/** More often than there are connections that could have been spoilt. */
async function serves(db: Database): Promise<boolean> {
  const answers = await Promise.all(Array.from({ length: 25 }, () => db.one(sql<{ n: number }>`select 1 as n`)));
  return answers.every(({ n }) => n === 1);
}

test('a commit with retries, after a failure that was caught, is undone and says so', async (t, db) => {
  const { table, numbers } = await createTable(db);
  const error = await t.throwsAsync(
    db.transaction(
      async (tx) => {
        await tx.execute(sql`insert into ${table} values (1)`);
        await tx.execute(sql`select 1 / 0`).catch(() => {});
      },
      { retry: 2 },
    ),
    { instanceOf: DatabaseError, code: 'TRANSACTION_ERROR' },
  );
  t.regex((error.cause as Error).message, /division by zero/);
  t.true(await serves(db));
  t.deepEqual(await numbers(), []);
});

test('a task for after the commit that throws does not have the transaction run again', async (t, db) => {
  const { table, numbers } = await createTable(db);
  let runs = 0;
  const work = db.transaction(
    async (tx) => {
      await tx.execute(sql`insert into ${table} values (${++runs})`);
      tx.afterCommit(() => {
        throw new DatabaseError('another database is down', { code: 'DATABASE_UNAVAILABLE' });
      });
    },
    { retry: { retries: 3, delay: 1 } },
  );
  await t.throwsAsync(work, { message: 'another database is down' });
  t.is(runs, 1);
  t.deepEqual(await numbers(), [1]);
});

test('one statement at a time: what comes behind a semicolon is refused', async (t, db) => {
  const { table, numbers } = await createTable(db);
  for (const text of ['begin; select 1', 'select 1; select 2', 'commit; begin']) {
    await t.throwsAsync(db.query(sql.unsafe(text)), { code: 'DATABASE_ERROR', message: /multiple commands/ });
  }
  await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into ${table} values (1)`);
      await tx.execute(sql`commit; begin`);
    }),
    { message: /multiple commands/ },
  );
  t.true(await serves(db));
  t.deepEqual(await numbers(), []);
});

for (const [ending, kept] of [
  ['commit', [1]],
  ['rollback', []],
  ['commit and chain', [1]],
  ['/* to */ rollback', []],
] as const) {
  test(`a transaction ended by the statement '${ending}' runs nothing more`, async (t, db) => {
    const { table, numbers } = await createTable(db);
    await t.throwsAsync(
      db.transaction(async (tx) => {
        await tx.execute(sql`insert into ${table} values (1)`);
        await t.throwsAsync(tx.execute(sql.unsafe(ending)), {
          code: 'TRANSACTION_ERROR',
          message: /ended by a statement/,
        });
        await t.throwsAsync(tx.execute(sql`insert into ${table} values (2)`), { code: 'TRANSACTION_ERROR' });
      }),
      { code: 'TRANSACTION_ERROR', message: /ended by a statement/ },
    );
    t.true(await serves(db));
    t.deepEqual(await numbers(), [...kept]);
  });
}

test('a script that ends its transaction is found out, whatever it begins then', async (t, db) => {
  const { table, numbers } = await createTable(db);
  const insert = (n: number): Sql => sql.unsafe(`insert into ${table.text} values (${n})`);
  for (const text of [`commit; begin`, `commit; select 1 / 0`, `commit; begin; ${insert(3).text}`]) {
    await t.throwsAsync(
      db.transaction(async (tx) => {
        await t.throwsAsync(tx.script(text), { code: 'TRANSACTION_ERROR', message: /ended by a statement/ });
        await tx.execute(insert(4));
      }),
      { code: 'TRANSACTION_ERROR' },
    );
  }
  await db.transaction(async (tx) => {
    await tx.script(`savepoint s; ${insert(1).text}; rollback to s; ${insert(2).text}`);
  });
  t.true(await serves(db));
  t.deepEqual(await numbers(), [2]);
});

test('a confinement that fails leaves no transaction behind', async (t, db) => {
  const confined = db.confine('set local search_path to "x"; set local role "no_such_role"');
  await t.throwsAsync(confined.query(sql`select 1`), { code: 'DATABASE_ERROR', message: /no_such_role/ });
  t.true(await serves(db));
  t.not((await db.one(sql<{ path: string }>`select current_setting('search_path') as path`)).path, 'x');
});

test('Kysely: a commit that fails tells why, and leaves nothing', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const kysely = toKysely<Record<string, { n: number }>>(db);
  const work = kysely.transaction().execute(async (trx) => {
    await trx
      .insertInto(name)
      .values([{ n: 1 }, { n: 1 }])
      .execute();
  });
  t.like(await t.throwsAsync(work, { instanceOf: DatabaseError }), { status: 409, code: 'UNIQUE_VIOLATION' });
  t.true(await serves(db));
  await kysely.connection().execute(async (one) => {
    for (const n of [2, 3]) {
      await one.transaction().execute(async (trx) => {
        await trx.insertInto(name).values({ n }).execute();
      });
    }
    await t.throwsAsync(
      one.transaction().execute(async (trx) => {
        await trx.insertInto(name).values({ n: 4 }).execute();
        throw new Error('undo');
      }),
      { message: 'undo' },
    );
  });
  t.deepEqual(await numbers(), [2, 3]);
});

test('Kysely: on a confined database, and within its transaction, what failed is undone', async (t, db) => {
  const { name, numbers } = await createTable(db);
  const confined = db.confine(`select set_config('covet.tenant', 'acme', true)`);
  const kysely = toKysely<Record<string, { n: number }>>(confined);
  const undone = async (n: number): Promise<void> => {
    const work = kysely.transaction().execute(async (trx) => {
      await trx.insertInto(name).values({ n }).execute();
      throw new Error('undo');
    });
    await t.throwsAsync(work, { message: 'undo' });
  };
  await undone(1);
  await confined.transaction(() => undone(2));
  // PGlite has no second connection for a transaction of another confinement.
  if (db.kind === 'postgres') {
    await db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      await undone(3);
    });
  }
  t.deepEqual(await numbers(), []);
});

test('Drizzle: a commit that fails, retries and tasks are those of the transaction', async (t, db) => {
  const { table, numbers } = await createTable(db);
  const drizzle = toDrizzle(db);
  const insert = `insert into ${table.text} values (1)`;
  const twice = drizzle.transaction(async (tx) => {
    await tx.execute(insert);
    await tx.execute(insert);
  });
  t.like(await t.throwsAsync(twice, { instanceOf: DatabaseError }), { status: 409, code: 'UNIQUE_VIOLATION' });
  let runs = 0;
  const steps: string[] = [];
  await db.transaction(
    async (tx) => {
      tx.afterCommit(() => steps.push(`after ${runs}`));
      await toDrizzle(tx).execute(insert);
      await toKysely(tx).executeQuery({ sql: 'select 1', parameters: [], query: { kind: 'RawNode' } } as never);
      if (++runs < 3) throw new DatabaseError('again', { code: 'TRANSACTION_CONFLICT' });
    },
    { retry: { retries: 3, delay: 1 } },
  );
  t.deepEqual(steps, ['after 3']);
  t.deepEqual(await numbers(), [1]);
});

test('what a session was set to goes with its holder', async (t, db) => {
  await db.hold(async (connection) => {
    await connection.script(`set timezone to 'Asia/Tokyo'; set default_transaction_read_only to on`);
    await connection.script('select pg_advisory_lock(4711)');
    await connection.script('begin');
  });
  t.true(await serves(db));
  const settings = sql<{ zone: string; isReadOnly: string }>`
    select current_setting('TimeZone') as zone, current_setting('default_transaction_read_only') as "isReadOnly"`;
  const { zone, isReadOnly } = await db.one(settings);
  t.not(zone, 'Asia/Tokyo');
  t.is(isReadOnly, 'off');
  t.deepEqual(await db.query(sql`select 1 from pg_locks where locktype = 'advisory' and objid = 4711`), []);
});

test('options of a transaction within another are kept, or refused', async (t, db) => {
  await t.throwsAsync(
    db.transaction((tx) =>
      Promise.all([db.transaction(() => {}, { signal: AbortSignal.abort() }), tx.query(sql`select 1`)]),
    ),
    { code: 'CLIENT_CLOSED_REQUEST' },
  );
  await t.throwsAsync(
    db.transaction(() => db.transaction(() => {}, { retry: 1 })),
    { instanceOf: TypeError, message: /give `retry` to that/ },
  );
  const abort = new AbortController();
  await t.throwsAsync(
    db.transaction(() =>
      db.transaction(
        async (savepoint) => {
          await savepoint.query(sql`select 1`);
          abort.abort();
          await savepoint.query(sql`select 1`);
        },
        { signal: abort.signal },
      ),
    ),
    { code: 'CLIENT_CLOSED_REQUEST' },
  );
});
