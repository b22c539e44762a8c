/** Several memories over one Redis: what they share, what they tell each other, and what becomes of them without it. */
import { Worker } from 'node:worker_threads';

import test from 'ava';
import { Redis } from 'ioredis';

import { createCache } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { runProgram } from '../helpers/child.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { createGate, sleep, until } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { open } from './open-cache.ts';

test('what one memory deletes, others drop', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  const bothHave = async (): Promise<void> => {
    await cache.set('a', 1, { tags: ['x'] });
    // Until the word has come around that the value was set, it is not kept.
    for (let tries = 0; tries < 100 && other.stats().entries === 0; tries += 1) t.is(await other.get('a'), 1);
    t.is(other.stats().entries, 1);
  };
  await bothHave();
  await cache.delete('a');
  t.true(await until(() => other.stats().entries === 0));
  await bothHave();
  await cache.deleteByTag('x');
  t.true(await until(() => other.stats().entries === 0));
  await bothHave();
  await cache.clear();
  t.true(await until(() => other.stats().entries === 0));
  await bothHave();
  await cache.set('a', 2);
  t.true(await until(() => other.stats().entries === 0));
  t.is(await other.get('a'), 2);
});

test('a tag invalidated while another process makes the value has it made again', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  const gate = createGate();
  const slow = cache.getOrSet('a', () => gate.promise.then(() => 'before'), { tags: ['x'] });
  await until(() => cache.stats().loads === 1);
  await other.deleteByTag('x');
  gate.open();
  await slow;
  t.is(await other.getOrSet('a', () => 'after', { tags: ['x'] }), 'after');
});

test('250 callers in each of two memories cause one load', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  let loads = 0;
  const load = async (): Promise<string> => {
    loads += 1;
    await sleep(50);
    return 'made';
  };
  const callers = Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? cache : other).getOrSet('cold', load));
  t.deepEqual([...new Set(await Promise.all(callers))], ['made']);
  t.is(loads, 1);
});

test('500 callers in two processes cause one load', async (t) => {
  const { url, prefix } = await open(t, 'memory and Redis');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  const processes = [1, 2].map(() => runProgram(t, 'cache/stampede.ts', url, prefix));
  await Promise.all(processes.map((child) => child.report('ready')));
  await client.publish(`${prefix}go`, 'now');
  const results = await Promise.all(processes.map((child) => child.report('results')));
  t.deepEqual(results, ['250 made', '250 made']);
  t.is(await client.get(`${prefix}loads`), '1');
});

test('a process that dies while it makes a value is waited for no longer than its lock holds', async (t) => {
  const { cache, url, prefix } = await open(t, 'memory and Redis');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  await client.set(`${prefix}cache:{k:a}:lock`, 'of the dead', 'PX', 400);
  const begin = performance.now();
  t.is(await cache.getOrSet('a', () => 'ours'), 'ours');
  const took = performance.now() - begin;
  t.true(took >= 300 && took < 3000, `${took} ms`);
});

test('a lock outlives a slow factory', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  let loads = 0;
  const load = async (): Promise<number> => {
    loads += 1;
    await sleep(4000);
    return loads;
  };
  t.deepEqual(await Promise.all([cache.getOrSet('a', load), other.getOrSet('a', load)]), [1, 1]);
});

const broken: Record<string, Buffer | string> = {
  'no envelope': '{"a":1}',
  'another version': 'covet3 j e 1 99999999999999 99999999999999 \n1',
  'another codec': 'covet2 x e 1 99999999999999 99999999999999 \n1',
  'a payload that is no JSON': 'covet2 j e 1 99999999999999 99999999999999 \n{"a":',
  'a mark that is none of ours': 'covet2 j e 1 99999999999999 99999999999999 \n{"$covet":["run","x"]}',
  'a mark without content': 'covet2 j e 1 99999999999999 99999999999999 \n{"$covet":null}',
  'a bigint that is none': 'covet2 j e 1 99999999999999 99999999999999 \n{"$covet":["i","x"]}',
  'tags that are none': 'covet2 j e 1 99999999999999 99999999999999 %zz=1\n1',
  nothing: '',
  'bytes of chance': Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7919) % 256)),
};
for (const [what, bytes] of Object.entries(broken)) {
  test(`${what} in Redis is a miss`, async (t) => {
    const { cache, url, prefix } = await open(t, 'memory and Redis');
    const client = new Redis(url);
    t.teardown(() => client.disconnect());
    await client.set(`${prefix}cache:tag:`, 'e');
    await client.set(`${prefix}cache:{k:a}`, bytes);
    t.is(await cache.get('a'), undefined);
    t.is(await cache.getOrSet('a', () => 'made'), 'made');
    t.is(await cache.get('a'), 'made');
  });
}

test('__proto__ in Redis is a field and no prototype', async (t) => {
  const { cache, url, prefix } = await open(t, 'memory and Redis');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  await client.set(`${prefix}cache:tag:`, 'e');
  await client.set(
    `${prefix}cache:{k:a}`,
    'covet2 j e 1 99999999999999 99999999999999 \n{"__proto__":{"isAdmin":true},"d":{"$covet":["d",1]}}',
  );
  const value = await cache.get<any>('a');
  t.is(value.isAdmin, undefined);
  t.is(({} as any).isAdmin, undefined);
});

test('a key that holds no text is a miss, with a warning', async (t) => {
  const { cache, url, prefix, lines } = await open(t, 'memory and Redis');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  await client.lpush(`${prefix}cache:{k:a}`, 'x');
  t.is(await cache.getOrSet('a', () => 'made'), 'made');
  t.regex(lines.join(''), /WRONGTYPE/);
});

test('under load Redis is killed and started again: no caller sees an error, and the values are shared again', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const redis = await openRedis({ url: server.url, maxRetryDelay: 100, logger: false });
  const lines: string[] = [];
  const cache = createCache({
    redis,
    prefix: 'unkept:',
    maxBytes: 0,
    logger: { destination: { write: (line) => lines.push(line) } },
  });
  t.teardown(async () => {
    await cache.close();
    await redis.close();
  });
  await cache.ready();
  const over = new AbortController();
  let calls = 0;
  let slowest = 0;
  const load = Array.from({ length: 32 }, async (_, index) => {
    while (!over.signal.aborted) {
      const begin = performance.now();
      const value = await cache.getOrSet(`k${calls % 50}`, async () => {
        await sleep(1);
        return index;
      });
      if (typeof value !== 'number') throw new Error(`not a value of ours: ${String(value)}`);
      slowest = Math.max(slowest, performance.now() - begin);
      calls += 1;
    }
  });
  t.true(await until(() => cache.stats().redis_hits > 0));
  const hits = cache.stats().redis_hits;
  await server.stop();
  const before = calls;
  await sleep(700);
  t.true(calls > before + 100, 'it goes on without Redis');
  await server.start();
  const isBack = await until(() => cache.stats().redis_hits > hits + 100, 10_000);
  over.abort();
  await Promise.all(load);
  t.true(isBack, 'and is shared again');
  t.true(slowest < 1500, `the slowest call took ${slowest} ms`);
  t.true(lines.length >= 1 && lines.length <= 2, `the log tells of it once: ${lines.length}`);
});

test('a Redis that says nothing costs its time-out once, not at each call', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  t.teardown(() => proxy.close());
  const redis = await openRedis({ url: `redis://127.0.0.1:${proxy.port}`, commandTimeout: 1000, logger: false });
  const cache = createCache({ redis, prefix: 'silent:', redisTimeout: 100, logger: false });
  t.teardown(async () => {
    await cache.close();
    await redis.close();
  });
  await cache.set('a', 1);
  proxy.stall();
  const begin = performance.now();
  for (let index = 0; index < 100; index += 1) await cache.getOrSet(`k${index}`, () => index);
  const took = performance.now() - begin;
  t.true(took < 1500, `${took} ms for 100 calls`);
});

test('what is deleted while Redis is away is deleted there before it is read again', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  t.teardown(() => proxy.close());
  const redis = await openRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    commandTimeout: 300,
    maxRetryDelay: 100,
    logger: false,
  });
  const cache = createCache({ redis, prefix: 'late:', redisTimeout: 100, logger: false });
  t.teardown(async () => {
    await cache.close();
    await redis.close();
  });
  await cache.set('a', 'old');
  await cache.set('b', 'old', { tags: ['x'] });
  await cache.set('c', 'old');
  proxy.stall();
  await cache.delete('a');
  await cache.deleteByTag('x');
  await cache.set('c', 'new');
  proxy.cut();
  proxy.resume();
  await until(() => redis.isReady);
  // Long enough for the rest the cache gives a Redis that failed it.
  await sleep(1500);
  t.is(await cache.get('a'), undefined);
  t.is(await cache.get('b'), undefined);
  const direct = new Redis(server.url);
  t.teardown(() => direct.disconnect());
  t.is(await direct.get('late:cache:{k:a}'), null);
  t.is(await direct.get('late:cache:{k:c}'), null, 'what is older than the value that could not be written is gone');
});

test('a gap of the bus empties memory', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const redis = await openRedis({ url: server.url, maxRetryDelay: 100, logger: false });
  const cache = createCache({ redis, prefix: 'gap:', logger: false });
  t.teardown(async () => {
    await cache.close();
    await redis.close();
  });
  await cache.ready();
  await cache.set('a', 1);
  await server.stop();
  t.is(await cache.get('a'), 1, 'memory serves on');
  await server.start();
  t.true(await until(() => cache.stats().entries === 0));
});

test('threads of a process hear each other without Redis', async (t) => {
  const { cache, prefix } = await open(t, 'memory');
  const worker = new Worker(new URL('thread.mjs', import.meta.url), { workerData: { prefix } });
  t.teardown(() => worker.terminate());
  const say = (what: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.postMessage(what);
    });
  t.is(await say('set'), 'set');
  t.is(await say('entries'), 1);
  await cache.delete('a');
  let entries = 1;
  for (let tries = 0; tries < 200 && entries > 0; tries += 1) {
    await sleep(10);
    entries = Number(await say('entries'));
  }
  t.is(entries, 0);
  await cache.set('b', 1, { tags: ['x'] });
  t.is(await say('tag'), 'tag');
  t.true(await until(() => cache.stats().entries === 0));
});
