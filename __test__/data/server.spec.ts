/** What only a server can do to us: run out, hang, be restarted, be killed in the middle. */
import { setTimeout as sleep } from 'node:timers/promises';

import ava from 'ava';

import { DatabaseError, openDatabase, sql, type Database } from '../../src/data/index.ts';
import { serverDatabase, until } from './both-engines.ts';

const { url, open } = serverDatabase();
/** One after the other: they count connections, and kill back ends. */
const test = ava.serial;

const pid = sql<{ pid: number }>`select pg_backend_pid() as pid`;
const kill = (db: Database, id: number): Promise<unknown> => db.query(sql`select pg_terminate_backend(${id})`);

test('a pool that is used up is a 503 after its time, and serves again', async (t) => {
  // The time is that of connecting as well, which a busy machine needs some of.
  const db = await open(t, { poolSize: 1, maxOverflow: 1, acquireTimeout: 2000 });
  const sleeping = [1, 2].map(() => db.query(sql`select pg_sleep(5)`));
  const third = db.query(sql`select 1`);
  t.like(db.stats(), { total_connections: 2, checked_out: 2, overflow: 1, waiting: 1 });
  const error = await t.throwsAsync(third, { instanceOf: DatabaseError, message: /All 2 connections of the pool/ });
  t.like(error, { status: 503, code: 'DATABASE_UNAVAILABLE', headers: { 'retry-after': '5' } });
  await Promise.all(sleeping);
  t.is(await db.execute(sql`select 1`), 1);
});

test('a server that is not there is named in the log’s words, as is one that lets nobody in', async (t) => {
  const nowhere = await openDatabase({ url: 'postgres://postgres@127.0.0.1:1/x' });
  const gone = { code: 'DATABASE_UNAVAILABLE', message: /there was none: connect ECONNREFUSED 127\.0\.0\.1:1$/ };
  await t.throwsAsync(nowhere.execute(sql`select 1`), gone);
  await nowhere.close();
  const at = new URL(await url());
  at.pathname = '/no_such_database';
  const nobody = await openDatabase({ url: at.href });
  await t.throwsAsync(nobody.execute(sql`select 1`), {
    code: 'DATABASE_ERROR',
    message: 'The database lets nobody in by this `url`: database "no_such_database" does not exist',
  });
  await nobody.close();
});

test('connections beyond the pool size close when they are idle', async (t) => {
  const db = await open(t, { poolSize: 2, maxOverflow: 3, idleTimeout: 100 });
  let held = 0;
  const hold = (): Promise<void> =>
    db.transaction(async (tx) => {
      await tx.execute(sql`select 1`);
      held++;
      await until(() => held === 5);
    });
  await Promise.all([1, 2, 3, 4, 5].map(hold));
  t.is(db.stats().total_connections, 5);
  await until(() => db.stats().total_connections === 2);
  t.like(db.stats(), { checked_in: 2, overflow: 0 });
});

test('a query out of time is cancelled on the server, and its connection serves on', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const before = await db.one(pid);
  const start = performance.now();
  const error = await t.throwsAsync(db.query(sql`select pg_sleep(30)`, { timeout: 50 }), { instanceOf: DatabaseError });
  t.like(error, { status: 504, code: 'TIMEOUT_ERROR' });
  t.true(performance.now() - start < 5000);
  t.deepEqual(await db.one(pid), before);
  await t.throwsAsync(db.query(sql`select 1`, { timeout: 0 }), {
    instanceOf: DatabaseError,
    message: /timeout must be/,
  });
});

test('a statement timeout of the pool is a 504', async (t) => {
  const db = await open(t, { statementTimeout: 50 });
  await t.throwsAsync(db.query(sql`select pg_sleep(30)`), { code: 'TIMEOUT_ERROR' });
});

test('a signal cancels what runs, refuses what is to come, and takes who waits out of the queue', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const abort = new AbortController();
  const { signal } = abort;
  const running = db.query(sql`select pg_sleep(30)`, { signal });
  await sleep(50);
  const waiting = db.query(sql`select 1`, { signal });
  abort.abort();
  for (const query of [running, waiting, db.query(sql`select 1`, { signal })]) {
    t.like(await t.throwsAsync(query), { status: 499, code: 'CLIENT_CLOSED_REQUEST' });
  }
  t.is(await db.execute(sql`select 1`), 1);
  await t.throwsAsync(db.query(sql`select pg_sleep(30)`, { signal: AbortSignal.timeout(30) }), {
    code: 'TIMEOUT_ERROR',
  });
});

test('no late cancellation hits the next query on the same connection', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  for (let round = 0; round < 40; round++) {
    const sent = db.query(sql`select pg_sleep(0.002)`, { timeout: 1 + (round % 4) });
    await sent.catch(() => {});
    t.is(await db.execute(sql`select 1 from pg_sleep(0.001)`), 1);
  }
});

test('a back end killed while idle is thrown away, and nobody notices', async (t) => {
  const db = await open(t, { poolSize: 2 });
  const admin = await open(t);
  const { pid: id } = await db.one(pid);
  await kill(admin, id);
  await until(() => db.stats().total_connections === 0);
  t.not((await db.one(pid)).pid, id);
});

test('a connection that fell silent while idle is found out before it is handed out', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, pingAfterIdle: 0 });
  const first = await db.one(pid);
  t.deepEqual(await db.one(pid), first, 'alive, so kept');
});

test('a back end killed in the middle of a transaction is a 503, and its connection never comes back', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const admin = await open(t);
  await db.execute(sql`create table killed (n int)`);
  const error = await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into killed values (1)`);
      await kill(admin, (await tx.one(pid)).pid);
      await sleep(20);
      await tx.execute(sql`insert into killed values (2)`);
    }),
    { instanceOf: DatabaseError },
  );
  t.like(error, { status: 503, code: 'DATABASE_UNAVAILABLE' });
  t.deepEqual(await db.query(sql`select * from killed`), []);
  t.like(db.stats(), { total_connections: 1, checked_out: 0 });
});

test('a connection lost before the commit has undone the transaction, whoever caught that', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const admin = await open(t);
  await db.execute(sql`create table lost (n int)`);
  const error = await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into lost values (1)`);
      await kill(admin, (await tx.one(pid)).pid);
      await t.throwsAsync(tx.execute(sql`insert into lost values (2)`), { code: 'DATABASE_UNAVAILABLE' });
      await t.throwsAsync(tx.execute(sql`insert into lost values (3)`), { code: 'DATABASE_UNAVAILABLE' });
    }),
    { instanceOf: DatabaseError },
  );
  t.like(error, { status: 503, code: 'DATABASE_UNAVAILABLE', headers: { 'retry-after': '5' } });
  t.deepEqual(await db.query(sql`select * from lost`), []);
});

test('a commit whose connection was lost is not told to have failed', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const admin = await open(t);
  await db.execute(sql`create table slow_commit (n int)`);
  await db.execute(sql`
    create function sleep_in_commit() returns trigger language plpgsql as 'begin perform pg_sleep(30); return null; end'`);
  await db.execute(sql`
    create constraint trigger slow after insert on slow_commit deferrable initially deferred
    for each row execute function sleep_in_commit()`);
  let id = 0;
  const work = db.transaction(async (tx) => {
    ({ pid: id } = await tx.one(pid));
    await tx.execute(sql`insert into slow_commit values (1)`);
  });
  const sleeping = sql`select 1 from pg_stat_activity where query = 'commit' and wait_event = 'PgSleep'`;
  const failing = t.throwsAsync(work, { instanceOf: DatabaseError });
  await until(async () => (await admin.execute(sleeping)) === 1);
  await kill(admin, id);
  t.like(await failing, { status: 503, code: 'COMMIT_UNKNOWN', headers: {} });
  t.is(await db.execute(sql`select 1`), 1);
});

test('conflicts are tried again when that is asked for, and told when not', async (t) => {
  const db = await open(t);
  await db.execute(sql`create table counters (id int primary key, n int)`);
  await db.execute(sql`insert into counters values (1, 0)`);
  const increment = async (): Promise<void> => {
    const { n } = await db.one(sql<{ n: number }>`select n from counters where id = 1`);
    await db.execute(sql`update counters set n = ${n + 1} where id = 1`);
  };
  const serializable = { isolation: 'serializable' } as const;
  const bare = await Promise.allSettled(Array.from({ length: 8 }, () => db.transaction(increment, serializable)));
  const refused = bare.filter((result) => result.status === 'rejected');
  t.true(refused.length > 0);
  for (const { reason } of refused) t.like(reason, { status: 409, code: 'TRANSACTION_CONFLICT' });
  await db.execute(sql`update counters set n = 0`);
  const retry = { retries: 100, delay: 5, maxDelay: 100 };
  await Promise.all(Array.from({ length: 20 }, () => db.transaction(increment, { ...serializable, retry })));
  t.deepEqual(await db.one(sql`select n from counters`), { n: 20 });
  let tries = 0;
  const always = (): never => {
    tries++;
    throw new DatabaseError('again', { code: 'TRANSACTION_CONFLICT' });
  };
  await t.throwsAsync(db.transaction(always, { retry: 2 }), { message: 'again' });
  t.is(tries, 3);
  await t.throwsAsync(
    db.transaction(() => {}, { retry: -1 }),
    { instanceOf: RangeError },
  );
});

test('a deadlock is tried again', async (t) => {
  const db = await open(t);
  await db.execute(sql`create table locks (id int primary key, n int)`);
  await db.execute(sql`insert into locks values (1, 0), (2, 0)`);
  const both = (first: number, second: number): Promise<void> =>
    db.transaction(
      async (tx) => {
        await tx.execute(sql`update locks set n = n + 1 where id = ${first}`);
        await sleep(30);
        await tx.execute(sql`update locks set n = n + 1 where id = ${second}`);
      },
      { retry: 5 },
    );
  await Promise.all([both(1, 2), both(2, 1)]);
  t.deepEqual(await db.query(sql`select n from locks`), [{ n: 2 }, { n: 2 }]);
});

test('a stream holds a batch, not the result, and stops on the server when it is left', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0 });
  const wide = sql<{ filler: string }>`select repeat('x', 10000) as filler from generate_series(1, 30000)`;
  const before = process.memoryUsage().rss;
  let seen = 0;
  for await (const { filler } of db.stream(wide)) {
    seen += filler.length;
  }
  t.is(seen, 300_000_000);
  t.true(process.memoryUsage().rss - before < 150 * 2 ** 20, 'a result of 300 MB');
  t.like(db.stats(), { checked_out: 0 });
});

test("reads go to the replicas in turn, and to the database when they don't answer", async (t) => {
  // The same server by other names: what tells them apart is how they call themselves.
  const named = async (name: string): Promise<string> => {
    const target = new URL(await url());
    target.searchParams.set('application_name', name);
    return target.href;
  };
  const who = sql<{ name: string }>`select current_setting('application_name') as name`;
  const db = await openDatabase({
    url: await named('primary'),
    replicas: [await named('first'), await named('second'), 'postgres://127.0.0.1:1/gone'],
  });
  t.teardown(() => db.close());
  const names = new Set<string>();
  for (let index = 0; index < 6; index++) names.add((await db.read.one(who)).name);
  t.deepEqual([...names].sort(), ['first', 'second']);
  t.is((await db.one(who)).name, 'primary');
  await db.transaction(async () => {
    t.is((await db.read.one(who)).name, 'primary');
  });
  t.is(db.sources().length, 4);
  const alone = await openDatabase({ url: await named('primary'), replicas: ['postgres://127.0.0.1:1/gone'] });
  t.teardown(() => alone.close());
  t.is((await alone.read.one(who)).name, 'primary');
});

test('options that cannot be are refused', async (t) => {
  const refused: readonly [Parameters<typeof openDatabase>[0], RegExp][] = [
    [{ url: 'mysql://x' }, /starts with postgres/],
    [{ url: 'postgres://x', dataDir: 'y' }, /give one of them/],
    [{ replicas: ['postgres://x'] }, /need the `url`/],
    [{ url: 'postgres://x', poolSize: 0 }, /poolSize must be an integer from 1/],
    [{ url: 'postgres://x', acquireTimeout: 1.5 }, /acquireTimeout/],
  ];
  for (const [options, message] of refused) await t.throwsAsync(openDatabase(options), { message });
  const error = await t.throwsAsync(openDatabase({ url: 'x://user:hunter2@h' }));
  t.notRegex(error.message, /hunter2/);
});
