/** What begins the keys of caches, jobs and sessions, on one Redis and without a word about it. */
import test from 'ava';
import { Redis } from 'ioredis';
import { z } from 'zod';

import { cache } from '../../src/cache/index.ts';
import { Covet, Depends } from '../../src/index.ts';
import { bullJobs, defineJob, jobs } from '../../src/jobs/index.ts';
import { redis } from '../../src/redis/index.ts';
import { RedisSessionStore, sessions } from '../../src/sessions/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';

test('a cache that is cleared takes neither jobs nor sessions with it', async (t) => {
  const server = await createOwnRedis();
  t.teardown(() => server.close());
  await server.start();
  const client = new Redis(server.url);
  t.teardown(() => client.disconnect());
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const main = redis('main', { url: server.url, logger: false });
  const Note = defineJob('note', { payload: z.object({}) }, () => {});
  const queue = await app.resolve(jobs({ handlers: [Note], worker: false, driver: bullJobs({ url: server.url }) }));
  const store = Depends({ redis: main }, ({ redis }) => new RedisSessionStore(redis), { scope: 'singleton' });
  const session = sessions({ store });
  app.post('/login', { deps: { session } }, ({ session }) => session.login('ada'));
  const values = await app.resolve(cache('main', { redis: main, ttl: 60 }));

  await queue.add(Note, {});
  t.is((await app.inject({ method: 'POST', url: '/login' })).status, 204);
  const others = (await client.keys('*')).toSorted();
  t.deepEqual([...new Set(others.map((key) => key.split(':', 2).join(':')))], ['covet:jobs', 'covet:session']);
  await values.set('a', 1);
  t.true((await client.keys('covet:main:*')).length > 0);
  await values.clear();
  t.is(await values.get('a'), undefined);
  const left = (await client.keys('*')).filter((key) => !key.startsWith('covet:main:cache:'));
  t.deepEqual(left.toSorted(), others);
  t.is((await queue.counts()).waiting, 1);
});
