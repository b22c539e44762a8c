/** Real pools among the connections: their gauges (C5), and a check of what nobody has used yet. */
import test from 'ava';

import { connections } from '../../src/connections/index.ts';
import { database, sql } from '../../src/data/index.ts';
import { redis } from '../../src/redis/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { useRedis } from '../helpers/redis.ts';
import { serve, until } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

const databaseGauges = [
  'active_connections',
  'checked_in',
  'checked_out',
  'overflow',
  'pool_size',
  'total_connections',
  'waiting',
];
const redisGauges = [
  'active_connections',
  'available_connections',
  'created_connections',
  'in_use_connections',
  'max_connections',
  'total_connections',
];

test('pools of PostgreSQL and Redis: counted while in use and after', async (t) => {
  const made = await createDatabase();
  t.teardown(() => made.drop());
  const main = database('main', { url: made.url, poolSize: 2, maxOverflow: 1 });
  const cache = redis('main', { url: useRedis().url, maxConnections: 5, logger: false });
  const { url, app } = await serve(t, (app) => {
    app.get('/use', { deps: { db: main, cache } }, () => ({}));
    app.get('/pools', { deps: { connections } }, ({ connections }) => connections.stats());
    app.get('/health', { deps: { connections } }, ({ connections }) => connections.check({ timeout: 5000 }));
  });
  const pools = async (): Promise<any> => (await fetch(`${url}/pools`)).json();
  t.deepEqual(await pools(), {}, 'nothing is open before it is needed');
  const health: any = await (await fetch(`${url}/health`)).json();
  t.is(health.status, 'up');
  t.deepEqual(Object.keys(health.connections).toSorted(), ['db_main', 'redis_main']);
  for (const { status, latency_ms: latency } of Object.values<any>(health.connections)) {
    t.is(status, 'up');
    t.true(Number.isSafeInteger(latency));
  }
  const open = await pools();
  t.deepEqual(Object.keys(open.db_main).toSorted(), databaseGauges);
  t.deepEqual(Object.keys(open.redis_main).toSorted(), redisGauges);
  t.like(open.db_main, { pool_size: 2, checked_in: 1, checked_out: 0, overflow: 0, total_connections: 1, waiting: 0 });
  t.like(open.redis_main, {
    max_connections: 5,
    created_connections: 1,
    available_connections: 1,
    in_use_connections: 0,
  });

  const db = await app.resolve(main);
  const sleeping = [1, 2, 3, 4].map(() => db.query(sql`select pg_sleep(0.5)`));
  const one = await app.resolve(cache);
  const blocked = one.withConnection((client) => client.blpop('covet:nothing comes', 0.5));
  t.true(await until(() => one.stats().in_use_connections === 1 && db.stats().total_connections === 3));
  const used = await pools();
  t.like(used.db_main, { checked_out: 3, active_connections: 3, overflow: 1, total_connections: 3, waiting: 1 });
  t.like(used.redis_main, {
    created_connections: 2,
    in_use_connections: 1,
    total_connections: 2,
    active_connections: 1,
  });
  await Promise.all([...sleeping, blocked]);
  t.like((await pools()).db_main, { checked_out: 0, active_connections: 0, waiting: 0 });
  t.like((await pools()).redis_main, { active_connections: 0, in_use_connections: 0 });
});

test('what was never used is opened and asked: down, in time, when nobody answers, and up when somebody does', async (t) => {
  const made = await createDatabase();
  t.teardown(() => made.drop());
  const target = new URL(made.url);
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || 5432) });
  t.teardown(() => proxy.close());
  target.host = `127.0.0.1:${proxy.port}`;
  const silent = database('silent', { url: target.href, acquireTimeout: 3000 });
  const gone = database('gone', { url: 'postgres://127.0.0.1:1/gone' });
  const away = redis('away', { url: 'redis://127.0.0.1:1', logger: false });
  const broken = database('broken', {}, () => Promise.reject(new Error('no settings')));
  const unneeded = database('unneeded', { url: 'postgres://127.0.0.1:1/gone' });
  const { app } = await serve(t, (app) => {
    app.get('/use', { deps: { silent, gone, away, broken } }, () => ({}));
    app.get('/health', { deps: { connections } }, ({ connections }) => connections.check());
  });
  t.truthy(unneeded);
  const all = await app.resolve(connections);
  proxy.stall();
  const start = performance.now();
  const { status, connections: checks } = await all.check({ timeout: 500 });
  t.true(performance.now() - start < 3000);
  t.is(status, 'down');
  t.deepEqual(
    Object.entries(checks)
      .map(([name, check]) => `${name} ${check.status}`)
      .toSorted(),
    ['db_broken down', 'db_gone down', 'db_silent down', 'redis_away down'],
  );
  t.is(checks['db_silent']?.error, 'no answer within 500 ms');
  t.is(checks['db_broken']?.error, 'no settings');
  proxy.resume();
  t.is((await all.check({ timeout: 5000 })).connections['db_silent']?.status, 'up');
});
