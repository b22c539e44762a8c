/** The connections of a pool: who waits for one, who loses one, and what each of them remembers. */
import { setTimeout as sleep } from 'node:timers/promises';

import ava from 'ava';

import { connections } from '../../src/connections/index.ts';
import { database, DatabaseError, sql, type Database } from '../../src/data/index.ts';
import { serve } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { serverDatabase, until } from './both-engines.ts';

const { url, open } = serverDatabase();
const test = ava.serial;

const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`;
const who = sql<{ name: string }>`select current_setting('application_name') as name`;

/** The same server by other names: what tells them apart is how they call themselves. */
async function named(name: string, port?: number): Promise<string> {
  const target = new URL(await url());
  target.searchParams.set('application_name', name);
  if (port !== undefined) target.host = `127.0.0.1:${port}`;
  return target.href;
}

async function holding(db: Database): Promise<() => Promise<void>> {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const held = db.transaction(async (tx) => {
    await tx.execute(sql`select 1`);
    await ended;
  });
  await until(() => db.stats().checked_out === 1);
  return async () => {
    end();
    await held;
  };
}

test('a client that goes away leaves the line for a connection, and stops its query', async (t) => {
  const getDatabase = database('main', { url: await url(), poolSize: 1, maxOverflow: 0 });
  const { url: base, app } = await serve(t, (app) => {
    app.get('/', { deps: { db: getDatabase } }, ({ db, req }) =>
      db.query(sql`select pg_sleep(30)`, { signal: req.signal }),
    );
  });
  const db = await app.resolve(getDatabase);
  const first = new AbortController();
  const running = fetch(base, { signal: first.signal });
  await until(() => db.stats().checked_out === 1);
  const second = new AbortController();
  const waiting = fetch(base, { signal: second.signal });
  await until(() => db.stats().waiting === 1);
  second.abort();
  await t.throwsAsync(waiting, { any: true });
  const start = performance.now();
  first.abort();
  await t.throwsAsync(running, { any: true });
  await until(() => db.stats().checked_out === 0 && db.stats().waiting === 0);
  t.true(performance.now() - start < 15_000);
  t.is(await db.execute(sql`select 1`), 1);
});

test('a confined query that waits for a connection hears its signal', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const confined = db.confine(`select set_config('covet.tenant', 'a', true)`);
  const end = await holding(db);
  await t.throwsAsync(confined.query(sql`select 1`, { signal: AbortSignal.timeout(50) }), { code: 'TIMEOUT_ERROR' });
  await end();
  t.is(await confined.execute(sql`select 1`, { transaction: 'apart' }), 1);
});

test('a pool that is used up is told at once, whatever retries there are', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, acquireTimeout: 1000 });
  const end = await holding(db);
  const start = performance.now();
  await t.throwsAsync(
    db.transaction((tx) => tx.execute(sql`select 1`), { retry: 20 }),
    { code: 'DATABASE_UNAVAILABLE', message: /All 1 connections/ },
  );
  t.true(performance.now() - start < 3000);
  await end();
});

test('a connection that went silent is found out, and another one is had', async (t) => {
  const { hostname: host, port } = new URL(await url());
  const proxy = await startTcpProxy({ host, port: Number(port || 5432) });
  t.teardown(() => proxy.close());
  const db = await open(t, {
    url: await named('behind a proxy', proxy.port),
    poolSize: 1,
    maxOverflow: 0,
    pingAfterIdle: 0,
  });
  const before = await db.one(pid);
  proxy.stall();
  const later = setTimeout(() => proxy.resume(), 2500);
  t.teardown(() => clearTimeout(later));
  t.notDeepEqual(await db.one(pid), before);
});

test('a connection that has grown old makes way', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, maxLifetime: 1000 });
  const before = await db.one(pid);
  await sleep(1500);
  t.notDeepEqual(await db.one(pid), before);
});

test('several databases in one application have a pool each', async (t) => {
  const [first, second] = [
    database('first', { url: await named('first'), poolSize: 2 }),
    database('second', { url: await named('second'), poolSize: 3 }),
  ];
  const { url: base, app } = await serve(t, (app) => {
    app.get('/', { deps: { a: first, b: second } }, async ({ a, b }) => [
      (await a.one(who)).name,
      (await b.one(who)).name,
    ]);
  });
  t.deepEqual(await (await fetch(base)).json(), ['first', 'second']);
  t.like((await app.resolve(connections)).stats(), { db_first: { pool_size: 2 }, db_second: { pool_size: 3 } });
});

test('a replica that dies under load is left alone, and no reader notices', async (t) => {
  const { hostname: host, port } = new URL(await url());
  const proxy = await startTcpProxy({ host, port: Number(port || 5432) });
  const db = await open(t, {
    url: await named('primary'),
    replicas: [await named('replica', proxy.port)],
    poolSize: 4,
  });
  const names: string[] = [];
  const state = { isOver: false };
  const readers = Array.from({ length: 8 }, async () => {
    while (!state.isOver) names.push((await db.read.one(who)).name);
  });
  await until(() => names.includes('replica'));
  await proxy.close();
  const from = names.length;
  await until(() => names.slice(from).filter((name) => name === 'primary').length > 50);
  state.isOver = true;
  await t.notThrowsAsync(Promise.all(readers));
});

test('confined reads take the replicas in turn, and a read that a replica cancels goes to the database', async (t) => {
  const db = await open(t, { url: await named('primary'), replicas: [await named('first'), await named('second')] });
  const names: string[] = [];
  for (let index = 0; index < 4; index++) {
    names.push((await db.confine(`select set_config('covet.tenant', 'a', true)`).read.one(who)).name);
  }
  t.deepEqual(names.toSorted(), ['first', 'first', 'second', 'second']);
  await db.execute(sql`create function replays() returns text language plpgsql as $$ begin
    if current_setting('application_name') <> 'primary' then
      raise 'canceling statement due to conflict with recovery' using errcode = '40001';
    end if;
    return current_setting('application_name'); end $$`);
  t.deepEqual(await db.read.one(sql`select replays() as name`), { name: 'primary' });
  t.not((await db.read.one(who)).name, 'primary', 'it was no fault of the replica');
});

test('what is prepared has the same name everywhere, and says nothing of another search path', async (t) => {
  const [db, other] = [1, 2].map(() => open(t, { poolSize: 1, maxOverflow: 0 }));
  const names = async (each: Database): Promise<unknown> => {
    for (const _ of [1, 2, 3]) await each.query(sql`select ${'x'}::text as prepared`);
    return each.query(sql`select name from pg_prepared_statements where statement like '%as prepared'`);
  };
  t.deepEqual(await names(await db!), await names(await other!));
  // As a pooler has it: the server knows the name already, from somebody else.
  const third = await open(t, { poolSize: 1, maxOverflow: 0 });
  const [{ name, statement }] = (await (
    await db!
  ).query(sql`select name, statement from pg_prepared_statements where statement like '%as prepared'`)) as [
    { name: string; statement: string },
  ];
  await third.execute(sql.unsafe(`prepare ${name} (text) as ${statement}`));
  for (const _ of [1, 2, 3]) t.is(await third.execute(sql`select ${'x'}::text as prepared`), 1);
  for (const [schema, columns] of [
    ['tenant_a', 'a int'],
    ['tenant_b', 'a int, b int'],
  ] as const) {
    await third.execute(sql`create schema ${sql.id(schema)}`);
    await third.execute(sql`create table ${sql.id(schema, 'notes')} (${sql.unsafe(columns)})`);
    await third.execute(sql`insert into ${sql.id(schema, 'notes')} values (1)`);
  }
  for (let round = 0; round < 4; round++) {
    for (const [schema, row] of [
      ['tenant_a', { a: 1 }],
      ['tenant_b', { a: 1, b: null }],
    ] as const) {
      t.deepEqual(await third.confine(`set local search_path to "${schema}"`).query(sql`select * from notes`), [row]);
    }
  }
});

test('streams leave prepared statements alone, and may be left when their signal has fired', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, preparedStatements: 20 });
  for (const _ of [1, 2]) await db.execute(sql`select ${1}::int as keep`);
  for (let round = 0; round < 30; round++) {
    // Cursors of one name and two shapes.
    for await (const row of db.stream(sql`select n from generate_series(1, 3) n`, { batchSize: 2 }))
      t.is(Object.keys(row).length, 1);
    for await (const row of db.stream(sql`select n, n::text as m from generate_series(1, 3) n`, { batchSize: 2 }))
      t.is(typeof row['m'], 'string');
  }
  t.is(await db.execute(sql`select 1 from pg_prepared_statements where statement like '%as keep'`), 1);
  const abort = new AbortController();
  for await (const row of db.stream(sql`select n from generate_series(1, 1000) n`, { signal: abort.signal })) {
    t.deepEqual(row, { n: 1 });
    abort.abort();
    break;
  }
  t.is(db.stats().checked_out, 0);
});

test('a savepoint that waits for a query which waits for it is told so, and gives its connection back', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, acquireTimeout: 500 });
  const error = await t.throwsAsync(
    db.transaction(async (tx) => {
      const asked: Promise<unknown>[] = [];
      const savepoint = tx.transaction(async () => {
        await until(() => asked.length > 0);
        await asked[0];
      });
      await sleep(20);
      asked.push(tx.query(sql`select 1`));
      await savepoint;
    }),
    { instanceOf: DatabaseError },
  );
  t.like(error, { code: 'TRANSACTION_ERROR' });
  t.regex(error.message, /savepoint in which nothing ran for 500 ms/);
  t.is(db.stats().checked_out, 0);
  t.is(await db.execute(sql`select 1`), 1);
});
