/**
 * An application on several threads with one cache, for tests to ask thread by thread. It reports its port as `port=`, and each
 * run of a factory or a handler as `load=key thread`. Arguments, behind the program: the number of workers, `maxBytes`, what `values`
 * is, and where there is Redis its URL and what keys there begin with.
 */
import { isMainThread, threadId } from 'node:worker_threads';

import { cacheResponses, createCache } from '../../../src/cache/index.ts';
import { Covet } from '../../../src/index.ts';
import { openRedis } from '../../../src/redis/index.ts';

const workers = Number(process.argv[3]);
const maxBytes = Number(process.argv[4] ?? 1024 * 1024);
const values = process.argv[5] === 'frozen' ? 'frozen' : 'copies';

const [url, prefix] = process.argv.slice(6);
const redis = url === undefined ? undefined : await openRedis({ url, logger: false });

const cache = createCache({ maxBytes, values, redis, prefix, redisTimeout: 10_000, jitter: 0, logger: false });
await cache.ready();
if (isMainThread) await cache.set('before', 'listening');

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const app = new Covet({ logger: { level: 'error' } });
app.get('/who', () => threadId);
app.get('/load/{key}', async ({ params, req }) => {
  const {
    callers = '1',
    ms = '0',
    size = '0',
    tag,
    hard,
    fails,
    grace = '0',
    ttl = '60',
  } = req.query as Record<string, string>;
  const load = (): Promise<{ by: number }> =>
    cache.getOrSet(
      params.key,
      async () => {
        process.stdout.write(`load=${params.key} ${threadId}\n`);
        await sleep(Number(ms));
        if (fails === String(threadId)) throw new Error('the source is down');
        return { by: threadId, fill: 'x'.repeat(Number(size)) };
      },
      {
        ttl: Number(ttl),
        grace: Number(grace),
        tags: tag === undefined ? [] : [tag],
        timeout: hard === undefined ? undefined : Number(hard),
      },
    );
  const [first, ...others] = await Promise.all(Array.from({ length: Number(callers) }, load));
  if (others.some(({ by }) => by !== first!.by)) throw new Error('callers got different values');
  return first;
});
for (const [path, ttl] of [
  ['/answer/{key}', 60],
  ['/brief/{key}', 1],
] as const) {
  const kept = cacheResponses({ cache, ttl, grace: 100, key: (req) => req.url.pathname });
  app.get(path, { middleware: [kept] }, async ({ params, req }) => {
    process.stdout.write(`load=${params.key} ${threadId}\n`);
    await sleep(Number(req.query['ms'] ?? 0));
    return { by: threadId };
  });
}
app.get('/get/{key}', async ({ params }) => ({ value: (await cache.get(params.key)) ?? null }));
app.get('/set/{key}/{value}', async ({ params, req }) => {
  const tag = req.query['tag'];
  await cache.set(params.key, params.value, { tags: typeof tag === 'string' ? [tag] : [] });
  return 'set';
});
app.get('/delete/{key}', async ({ params }) => {
  await cache.delete(params.key);
  return 'deleted';
});
app.get('/tag/{tag}', async ({ params }) => {
  await cache.deleteByTag(params.tag);
  return 'deleted';
});
app.get('/clear', async () => {
  await cache.clear();
  return 'cleared';
});
app.get('/fill/{count}', async ({ params }) => {
  for (let number = 0; number < Number(params.count); number += 1) {
    await cache.set(`${threadId}:${number}`, 'x'.repeat(1000));
    await cache.get(`${threadId}:${number}`);
  }
  return 'filled';
});
app.get('/stats', () => cache.stats());
app.get('/close-cache', async () => {
  await cache.close();
  return 'closed';
});
app.get('/exit', () => {
  setTimeout(() => process.exit(), 5);
  return 'exiting';
});

const { port } = await app.listen({ port: 0, workers });
if (isMainThread) process.stdout.write(`port=${port}\n`);
