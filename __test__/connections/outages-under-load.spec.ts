/**
 * PostgreSQL and Redis go away in the middle of a load on all that needs them (C5): nobody hangs, nobody who needs neither of
 * them notices, what was acknowledged is kept, and everything comes back without a restart.
 */
import test, { type ExecutionContext } from 'ava';

import { createOwnPostgres } from '../../scripts/postgres.mjs';
import { cache } from '../../src/cache/index.ts';
import { type Database, database, sql, tx } from '../../src/data/index.ts';
import { Depends } from '../../src/index.ts';
import { redis } from '../../src/redis/index.ts';
import { RedisSessionStore, sessions } from '../../src/sessions/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { serve, sleep } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { Load } from './load.ts';

async function openShop(t: ExecutionContext, urls: { readonly database: string; readonly redis: string }) {
  const getDatabase = database('main', { url: urls.database, acquireTimeout: 2000 });
  const getRedis = redis('main', { url: urls.redis, maxRetryDelay: 200, logger: false });
  const getCache = cache('main', { redis: getRedis, ttl: 1 });
  const store = Depends({ redis: getRedis }, ({ redis }) => new RedisSessionStore(redis), { scope: 'singleton' });
  const session = sessions<{ visits: number }>({ store });
  const counter = sql<{ n: number }>`select n from counter`;
  const { url, app } = await serve(t, (app) => {
    app.get('/row', { deps: { db: getDatabase } }, ({ db }) => db.one(counter));
    app.post('/orders/{id:int}', { deps: { tx: tx(getDatabase) } }, async ({ tx, params: { id } }) => {
      await tx.execute(sql`insert into orders values (${id})`);
      await tx.execute(sql`update counter set n = n + 1`);
      return { id };
    });
    app.get('/cached/{key:int}', { deps: { cache: getCache, db: getDatabase } }, ({ cache, db, params: { key } }) =>
      cache.getOrSet(['counter', key], () => db.one(counter)),
    );
    app.post('/visits', { deps: { session } }, async ({ session }) => {
      await session.update((data) => ({ visits: (data?.visits ?? 0) + 1 }));
    });
  });
  const db = await app.resolve(getDatabase);
  await db.execute(sql`create table orders (id int primary key)`);
  await db.execute(sql`create table counter (n int)`);
  await db.execute(sql`insert into counter values (0)`);
  const load = new Load(url, 12);
  // Before the application closes, whatever becomes of the test.
  t.teardown(() => load.stop());
  return { db, load };
}

/** Nobody was kept, and what was acknowledged is there, once. */
async function ends(t: ExecutionContext, db: Database, load: Load): Promise<void> {
  await load.stop();
  t.deepEqual(load.faults, []);
  t.true(load.slowest < 10_000, `the slowest took ${load.slowest} ms`);
  const kept = new Set((await db.query(sql<{ id: number }>`select id from orders`)).map(({ id }) => id));
  t.deepEqual(
    load.acknowledged.filter((id) => !kept.has(id)),
    [],
  );
  t.is((await db.one(sql<{ n: number }>`select n from counter`)).n, kept.size);
  t.is(db.stats().checked_out, 0);
}

test.serial('servers that are stopped and started, one and both', async (t) => {
  t.timeout(100_000);
  const [postgres, redis] = [await createOwnPostgres(), await createOwnRedis()];
  t.teardown(() => postgres.close());
  t.teardown(() => redis.close());
  await Promise.all([postgres.start(), redis.start()]);
  const { db, load } = await openShop(t, { database: postgres.url, redis: redis.url });
  await load.untilWell();
  load.forget();
  await sleep(300);
  t.deepEqual(load.failing, []);

  for (let round = 0; round < 2; round += 1) {
    await redis.stop();
    await sleep(700);
    t.deepEqual(load.failing, ['visits'], 'a cache without Redis is a miss');
    await redis.start();
    await load.untilWell();
    load.forget();

    await postgres.stop();
    await sleep(700);
    t.true(load.failing.includes('orders') && load.failing.includes('row'));
    t.false(load.failing.includes('visits'));
    await postgres.start();
    await load.untilWell();
    load.forget();

    await Promise.all([postgres.stop(), redis.stop()]);
    await sleep(700);
    t.true(load.failing.includes('orders') && load.failing.includes('visits'));
    await Promise.all([postgres.start(), redis.start()]);
    await load.untilWell();
    load.forget();
  }
  await ends(t, db, load);
});

test.serial('connections that are cut again and again', async (t) => {
  t.timeout(100_000);
  const [made, redis] = [await createDatabase(), await createOwnRedis()];
  t.teardown(() => made.drop());
  t.teardown(() => redis.close());
  await redis.start();
  const target = new URL(made.url);
  const proxies = await Promise.all([
    startTcpProxy({ host: target.hostname, port: Number(target.port || 5432) }),
    startTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) }),
  ]);
  for (const proxy of proxies) t.teardown(() => proxy.close());
  target.host = `127.0.0.1:${proxies[0].port}`;
  const { db, load } = await openShop(t, { database: target.href, redis: `redis://127.0.0.1:${proxies[1].port}` });
  await load.untilWell();
  for (let round = 0; round < 20; round += 1) {
    for (const proxy of proxies) proxy.cut();
    await sleep(100);
  }
  await load.untilWell();
  load.forget();
  await sleep(300);
  t.deepEqual(load.failing, [], 'nothing is left of it');
  await ends(t, db, load);
});
