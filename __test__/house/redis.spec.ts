/** Tests that need Redis have one, with keys of their own, and servers they may stop. */
import test from 'ava';
import { Redis } from 'ioredis';

import { createOwnRedis, useRedis } from '../helpers/redis.ts';

test('a corner of the server is cleared alone', async (t) => {
  const [one, other] = [useRedis(), useRedis()];
  const client = new Redis(one.url);
  t.teardown(async () => {
    await other.clear();
    client.disconnect();
  });
  await client.mset({ [`${one.prefix}a`]: '1', [`${other.prefix}a`]: '2' });
  await one.clear();
  t.deepEqual(await client.mget(`${one.prefix}a`, `${other.prefix}a`), [null, '2']);
});

test('a server of its own comes back empty at the same address', async (t) => {
  const own = await createOwnRedis();
  t.teardown(own.close);
  await own.start();
  const client = new Redis(own.url, { retryStrategy: () => 20 });
  client.on('error', () => {}); // it goes away on purpose
  t.teardown(() => client.disconnect());
  await client.set('a', '1');
  await own.stop();
  await own.start();
  t.is(await client.get('a'), null);
});
