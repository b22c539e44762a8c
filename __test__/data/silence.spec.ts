/** A server, or the network before it, that says nothing and does not hang up: nobody waits for ever, and who works is left alone. */
import { setTimeout as sleep } from 'node:timers/promises';

import ava, { type ExecutionContext } from 'ava';
import { z } from 'zod';

import { database, openDatabase, sql, tx, type Database } from '../../src/data/index.ts';
import type { DatabaseOptions } from '../../src/data/index.ts';
import { Depends } from '../../src/index.ts';
import { defineJob, ensureOutbox, jobs, outbox } from '../../src/jobs/index.ts';
import { PostgresSessionStore, sessions } from '../../src/sessions/index.ts';
import { runProgram } from '../helpers/child.ts';
import { serve } from '../helpers/serve.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';
import { serverDatabase, until } from './both-engines.ts';

const { url, open } = serverDatabase();
/** One after the other: they measure time. */
const test = ava.serial;

const silenceTimeout = 500;
/** Asked twice after that, with a second each for the answer; the rest is for a busy machine. */
const bound = silenceTimeout + 2000 + 4000;

async function behindProxy(t: ExecutionContext): Promise<{ proxy: TcpProxy; options: DatabaseOptions }> {
  const target = new URL(await url());
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || 5432) });
  t.teardown(() => proxy.close());
  target.host = `127.0.0.1:${proxy.port}`;
  return { proxy, options: { url: target.href, poolSize: 5, maxOverflow: 0, acquireTimeout: 2000, silenceTimeout } };
}

async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now();
  return [await work, performance.now() - start];
}

const unavailable = { status: 503, code: 'DATABASE_UNAVAILABLE', headers: { 'retry-after': '5' } };

test('statements, transactions and streams that the network swallows are 503s, and all works when it is back', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const db = await openDatabase(options);
  t.teardown(() => db.close());
  await Promise.all([1, 2, 3, 4].map(() => db.query(sql`select pg_sleep(0.05)`)));
  const readOn = async (): Promise<void> => {
    for await (const { n } of db.stream(sql<{ n: number }>`select n from generate_series(1, 10000) n`)) {
      if (n === 1) await until(() => isStalled);
    }
  };
  let isStalled = false;
  const streaming = readOn();
  const working = db.query(sql`select pg_sleep(0.5)`);
  await sleep(100);
  proxy.stall();
  isStalled = true;
  const swallowed = [
    working,
    streaming,
    db.query(sql`select 1`),
    db.transaction((tx) => tx.execute(sql`select 1`)),
    db.confine(`select set_config('covet.tenant', 'a', true)`).query(sql`select 1`),
  ];
  const [results, time] = await timed(Promise.allSettled(swallowed));
  for (const result of results) t.like((result as PromiseRejectedResult).reason, unavailable);
  t.true(time < bound, `${time} ms`);
  await until(() => db.stats().checked_out === 0);
  // Nor is a new connection waited for any longer than for one of the pool.
  const [error, connecting] = await timed(db.query(sql`select 1`).catch((failure: unknown) => failure));
  t.like(error, unavailable);
  t.true(connecting < options.acquireTimeout! + 4000, `${connecting} ms`);
  proxy.resume();
  t.is(await db.execute(sql`select 1`), 1);
});

test('one connection alone that the network forgot is found out', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const db = await openDatabase({ ...options, poolSize: 1 });
  t.teardown(() => db.close());
  await db.query(sql`select 1`);
  proxy.forget();
  const [error, time] = await timed(db.query(sql`select 1`).catch((failure: unknown) => failure));
  t.like(error, unavailable);
  t.true(time < bound + 2 * silenceTimeout, `${time} ms`);
});

test('idle connections that fell silent are not tried one after the other for ever', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const db = await openDatabase({ ...options, acquireTimeout: 500, pingAfterIdle: 0 });
  t.teardown(() => db.close());
  await Promise.all([1, 2, 3, 4, 5].map(() => db.query(sql`select pg_sleep(0.05)`)));
  proxy.stall();
  const [error, time] = await timed(db.query(sql`select 1`).catch((failure: unknown) => failure));
  t.like(error, unavailable);
  t.true(time < 5000, `${time} ms`);
});

test('a statement that the server works at is left alone, as are those that wait for a lock and idle listeners', async (t) => {
  const db = await open(t, { silenceTimeout: 100 });
  await db.execute(sql`create table locked (n int)`);
  const heard: string[] = [];
  const stop = await db.listen('news', {
    onNotification: (text) => heard.push(text),
    onLost: () => heard.push('lost'),
  });
  const holding = db.transaction(async (tx) => {
    await tx.execute(sql`lock table locked`);
    await sleep(1200);
  });
  await sleep(50);
  await Promise.all([
    holding,
    db.execute(sql`insert into locked values (1)`),
    db.query(sql`select pg_sleep(1.2)`),
    db.query(sql`select pg_sleep(1.2)`, { timeout: 20_000 }),
    db.transaction((tx) => tx.script('select pg_sleep(0.6); select pg_sleep(0.6)')),
  ]);
  await db.query(sql`select pg_notify('news', 'still here')`);
  await until(() => heard.length > 0);
  t.deepEqual(heard, ['still here']);
  await stop();
});

test('a pool closes in time while the network swallows everything, and so does the process', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const child = runProgram(t, 'data/programs/silent-close.ts', options.url!);
  await child.report('ready');
  proxy.stall();
  const start = performance.now();
  child.process.kill('SIGTERM');
  t.is(await child.report('closed'), 'DATABASE_UNAVAILABLE');
  t.is((await child.exit).code, 0);
  const time = performance.now() - start;
  t.true(time < bound + 2000, `${time} ms`);
});

test('requests with a session and a transaction get a 503 with Retry-After in time, and 200 after', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const main = database('main', options);
  const store = Depends(
    { db: main },
    async ({ db }) => {
      const store = new PostgresSessionStore(db);
      await store.ensureSchema();
      return store;
    },
    { scope: 'singleton' },
  );
  const session = sessions<{ n: number }>({ store });
  const { url: base } = await serve(t, (app) => {
    app.post('/add', { deps: { session } }, ({ session }) => session.update((data) => ({ n: (data?.n ?? 0) + 1 })));
    app.get('/tx', { deps: { tx: tx(main) } }, async ({ tx }) => ({ rows: await tx.execute(sql`select 1`) }));
  });
  const add = (cookie = ''): Promise<Response> => fetch(`${base}/add`, { method: 'POST', headers: { cookie } });
  const [line = ''] = (await add()).headers.getSetCookie();
  const cookie = line.split(';')[0]!;
  proxy.stall();
  const [answers, time] = await timed(Promise.all([add(cookie), add(cookie), fetch(`${base}/tx`)]));
  for (const { status, headers } of answers) t.deepEqual([status, headers.get('retry-after')], [503, '5']);
  t.true(time < bound + options.acquireTimeout!, `${time} ms`);
  proxy.resume();
  t.true((await add(cookie)).ok);
  t.is((await fetch(`${base}/tx`)).status, 200);
});

test('an application whose queue has an outbox closes in time', async (t) => {
  const { proxy, options } = await behindProxy(t);
  const main = database('main', options);
  const Note = defineJob('note', { payload: z.object({}) }, () => {});
  const queue = jobs({ handlers: [Note], outbox: outbox(main, { pollInterval: 50 }) });
  const { app } = await serve(t, (app) => {
    app.onStart(async () => {
      await ensureOutbox(await app.resolve(main));
      await app.resolve(queue);
    });
  });
  const db = await app.resolve(main);
  await until(() => listens(db));
  proxy.stall();
  await sleep(100);
  const [, closing] = await timed(app.close());
  t.true(closing < 2 * bound + options.acquireTimeout!, `${closing} ms`);
});

async function listens(db: Database): Promise<boolean> {
  return (await db.execute(sql`select 1 from pg_stat_activity where query like 'listen %'`)) > 0;
}
