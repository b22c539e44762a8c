/** Another process's memory of a cache: says what it gives for each key it is asked for over Redis, a line `a1=value`. */
import { createCache } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';

const redis = await openRedis({ url: process.argv.at(-1)!, logger: false });
const cache = createCache({ redis, redisTimeout: 10_000 });
await cache.ready();
let count = 0;
const asked = redis.subscribe('ask', (key) => {
  count += 1;
  const name = `${key}${count}`;
  void cache.get(key).then((value) => process.stdout.write(`${name}=${String(value)}\n`));
});
await asked.ready;
process.stdout.write('ready=yes\n');
