/** One of the processes of a stampede: 250 callers of a cold key, at a word given to all processes. */
import { setTimeout as sleep } from 'node:timers/promises';

import { createCache } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';

const [url, prefix] = process.argv.slice(-2) as [string, string];
const redis = await openRedis({ url, logger: false });
const cache = createCache({ redis, prefix, redisTimeout: 10_000 });
await cache.ready();

const go = new Promise<void>((resolve) => {
  const subscription = redis.subscribe(`${prefix}go`, () => resolve());
  void subscription.ready.then(() => process.stdout.write('ready=yes\n'));
});
await go;
const results = await Promise.all(
  Array.from({ length: 250 }, () =>
    cache.getOrSet('cold', async () => {
      await redis.client.incr(`${prefix}loads`);
      await sleep(100);
      return 'made';
    }),
  ),
);
process.stdout.write(`results=${results.length} ${[...new Set(results)].join()}\n`);
await cache.close();
await redis.close();
