/** What is invalidated while Redis is away, for all or for one, reaches everybody once it is back. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Redis } from 'ioredis';

import { createCache } from '../../src/cache/index.ts';
import type { Cache, CreateCacheOptions } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { runProgram } from '../helpers/child.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { sleep, until } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

async function openAt(t: ExecutionContext, url: string, options: CreateCacheOptions = {}): Promise<Cache> {
  const redis = await openRedis({ url, maxRetryDelay: 100, commandTimeout: 1000, logger: false });
  const cache = createCache({ redis, redisTimeout: 300, logger: false, ...options });
  t.teardown(async () => {
    await cache.close();
    await redis.close();
  });
  return cache;
}

async function startProxy(t: ExecutionContext, url: string) {
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(url).port) });
  t.teardown(() => proxy.close());
  return { ...proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

/** One in another process: caches of one process hear each other without Redis. */
async function startReader(t: ExecutionContext, url: string) {
  const child = runProgram(t, 'cache/reader.ts', url);
  await child.report('ready');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  let count = 0;
  return (key: string): Promise<string> => {
    void client.publish('ask', key);
    return child.report(`${key}${(count += 1)}`);
  };
}

test('Redis away at the start: what was kept before it came is not trusted', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  const cache = await openAt(t, server.url);
  t.is(await cache.getOrSet('a', () => 'old'), 'old');
  t.is(cache.stats().entries, 1);
  await server.start();
  t.true(await until(() => cache.stats().entries === 0, 10_000));
});

test('what one deletes while it alone is cut off reaches the others, though it does nothing more', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const proxy = await startProxy(t, server.url);
  const cut = await openAt(t, proxy.url);
  await cut.ready();
  const read = await startReader(t, server.url);
  await cut.set('a', 'old');
  await cut.set('b', 'old', { tags: ['x'] });
  t.is(await read('a'), 'old');
  t.is(await read('b'), 'old');
  proxy.stall();
  await cut.delete('a');
  await cut.deleteByTag('x');
  await cut.set('c', 'new');
  t.is(await read('a'), 'old', 'not heard yet');
  proxy.cut();
  proxy.resume();
  let values = ['old'];
  for (const deadline = Date.now() + 10_000; values.includes('old') && Date.now() < deadline;) {
    await sleep(50);
    values = [await read('a'), await read('b')];
  }
  t.deepEqual(values, ['undefined', 'undefined']);
});

// By itself: it leaves nothing for others to run on.
test.serial('clear of many values takes no longer than one command, and is no fault', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const cache = await openAt(t, server.url, { maxBytes: 0, redisTimeout: 2000 });
  await cache.ready();
  const client = new Redis(server.url);
  t.teardown(() => client.disconnect());
  await cache.set('a', 1);
  const fill = client.pipeline();
  for (let index = 0; index < 30_000; index += 1) fill.set(`covet:main:cache:{k:${index}}`, 'covet2 j old 1 2 3 \n1');
  for (let index = 0; index < 30_000; index += 1) fill.set(`somebody:${index}`, '1');
  await fill.exec();
  const begin = performance.now();
  await Promise.all([cache.clear(), cache.clear(), cache.clear()]);
  const took = performance.now() - begin;
  t.true(took < 1000, `${took} ms`);
  await cache.set('b', 2);
  t.is(await cache.get('a'), undefined);
  let size = 0;
  for (const deadline = Date.now() + 30_000; size !== 30_002 && Date.now() < deadline;) {
    await sleep(50);
    size = await client.dbsize();
  }
  t.is(size, 30_002, 'what was cleared is freed, and what came after stays');
  t.is(await cache.get('b'), 2);
  t.is(cache.stats().errors, 0);
});
