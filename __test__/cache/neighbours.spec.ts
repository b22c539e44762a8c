/** A cache beside jobs and sessions on one Redis, all with the names they have by default. */
import test from 'ava';
import { Redis } from 'ioredis';
import { z } from 'zod';

import { createCache } from '../../src/cache/index.ts';
import { Covet } from '../../src/index.ts';
import { bullJobs, defineJob, jobs } from '../../src/jobs/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { RedisSessionStore } from '../../src/sessions/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { until } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

test('clear deletes what is of the cache, and no job and no session', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const redis = await openRedis({ url: server.url, logger: false });
  const mail = defineJob('mail', { payload: z.object({ n: z.number() }) }, () => {});
  const app = new Covet({ logger: false });
  const queue = await app.resolve(jobs({ handlers: [mail], driver: bullJobs({ url: server.url }), worker: false }));
  const store = new RedisSessionStore(redis);
  const caches = ['main', 'sessions', 'cache'].map((name) => createCache({ name, redis, logger: false }));
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  const distant = await openRedis({ url: `redis://127.0.0.1:${proxy.port}`, maxRetryDelay: 100, logger: false });
  const cutOff = createCache({ redis: distant, logger: false });
  const client = new Redis(server.url);
  t.teardown(async () => {
    client.disconnect();
    for (const cache of caches) await cache.close();
    await cutOff.close();
    await distant.close();
    await app.close();
    await redis.close();
    await proxy.close();
  });
  // Ids that look like what a cache may call its own.
  for (const id of ['cache', 'k', 'tag']) await queue.add(mail, { n: 1 }, { id });
  await queue.add(mail, { n: 2 }, { delay: 3_600_000 });
  const now = Date.now();
  const key = 'x'.repeat(43);
  await store.create({
    key,
    version: 1,
    userId: 'ada',
    data: undefined,
    createdAt: now,
    endsAt: now + 1e6,
    seenAt: now,
    expiresAt: now + 1e6,
    userAgent: '',
    address: '',
  });
  const others = new Set(await client.keys('*'));
  const counts = await queue.counts();
  for (const cache of caches) {
    await cache.set('a', 1, { tags: ['x'] });
    await cache.clear();
    t.is(await cache.get('a'), undefined);
  }
  // More than are remembered one by one, as an outage may leave them.
  await caches[0]!.set('a', 1);
  proxy.stall();
  await Promise.all(Array.from({ length: 10_001 }, (_, index) => cutOff.delete(`k${index}`)));
  proxy.cut();
  proxy.resume();
  t.true(await until(() => caches[0]!.stats().entries === 0, 15_000));
  const values = async (): Promise<string[]> => (await client.keys('*')).filter((name) => name.includes('{'));
  let left = await values();
  for (let tries = 0; tries < 500 && left.length > 0; tries += 1) left = await values();
  t.deepEqual(left, [], 'what they held is freed');
  const after = new Set(await client.keys('*'));
  t.deepEqual(
    [...others].filter((name) => !after.has(name)),
    [],
  );
  t.deepEqual(await queue.counts(), counts);
  t.is((await store.read(key))?.userId, 'ada');
});
