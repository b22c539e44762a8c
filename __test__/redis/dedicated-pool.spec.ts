/** A caller who waits for a connection that is made meanwhile, and gives up a moment before it is there. */
import test from 'ava';

import { openRedis } from '../../src/redis/index.ts';
import { useRedis } from '../helpers/redis.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

test('a connection that comes too late for who waited is given to the next', async (t) => {
  const target = new URL(useRedis().url);
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || 6379) });
  t.teardown(() => proxy.close());
  const redis = await openRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    // One of a caller's own.
    maxConnections: 3,
    connectTimeout: 1000,
    commandTimeout: 10_000,
    logger: false,
  });
  t.teardown(() => redis.close());
  await redis.client.ping();
  const first = redis.withConnection(async (client) => {
    // Changed, so that another has to be made for the next.
    await client.client('SETNAME', 'changed');
    await new Promise((resolve) => setTimeout(resolve, 800));
    proxy.stall();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const second = redis.withConnection(() => 'too early');
  setTimeout(() => proxy.resume(), 1500);
  await t.throwsAsync(second, { message: /cannot be reached/ });
  await first;
  t.is(await redis.withConnection((client) => client.ping()), 'PONG');
});
