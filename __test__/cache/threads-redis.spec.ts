/** One cache behind `listen({ workers })` with Redis behind its memory, and another process beside it. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { createCache } from '../../src/cache/index.ts';
import type { Cache } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { useRedis } from '../helpers/redis.ts';
import { sleep } from '../helpers/serve.ts';
import { seeAll, startThreads } from './ask-threads.ts';
import type { Threads } from './ask-threads.ts';

/** Three threads, and what another process has of their cache: nothing in memory, so that it says what is in Redis. */
async function start(t: ExecutionContext): Promise<{ readonly threads: Threads; readonly outside: Cache }> {
  const corner = useRedis();
  const redis = await openRedis({ url: corner.url, logger: false });
  const outside = createCache({ redis, prefix: corner.prefix, maxBytes: 0, redisTimeout: 10_000, logger: false });
  t.teardown(async () => {
    await outside.close();
    await redis.close();
    await corner.clear();
  });
  await outside.ready();
  return { threads: await startThreads(t, { redis: corner }), outside };
}

const nobodyHas = [null, null, null];

test.serial(
  'what a thread or another process deletes is gone from the memory of all threads, and from Redis',
  async (t) => {
    const { threads, outside } = await start(t);
    const { ask } = threads;
    const all = (value: string): string[] => [value, value, value];
    for (let round = 0; round < 10; round += 1) {
      await ask[round % 3]!(`/set/k/${round}?tag=x`);
      t.deepEqual(await seeAll(threads, 'k'), all(`${round}`));
      t.is(await outside.get('k'), `${round}`);
      await ask[(round + 1) % 3]!(['/delete/k', '/tag/x', '/clear'][round % 3]!);
      t.deepEqual(await seeAll(threads, 'k'), nobodyHas);
      t.is(await outside.get('k'), undefined);
    }
    for (const remove of [() => outside.delete('k'), () => outside.deleteByTag('x'), () => outside.clear()]) {
      await ask[0]('/set/k/there?tag=x');
      t.deepEqual(await seeAll(threads, 'k'), all('there'));
      await remove();
      let seen = await seeAll(threads, 'k');
      for (let tries = 0; tries < 100 && seen.some((value) => value !== null); tries += 1) {
        await sleep(10);
        seen = await seeAll(threads, 'k');
      }
      t.deepEqual(seen, nobodyHas);
    }
  },
);

test.serial(
  'what a thread reads from Redis or makes while another deletes or sets it does not come back',
  async (t) => {
    const { threads, outside } = await start(t);
    const { ask } = threads;
    for (let round = 0; round < 200; round += 1) {
      const [a, b, c] = [ask[round % 3]!, ask[(round + 1) % 3]!, ask[(round + 2) % 3]!];
      // Into Redis alone.
      await outside.set('k', `old ${round}`, { tags: ['x'] });
      const way = ['/delete/k', '/tag/x', '/clear', `/set/k/new${round}`][round % 4]!;
      await Promise.all([b('/get/k'), a(way), c('/load/k?tag=x')]);
      const seen = await seeAll(threads, 'k');
      for (const value of seen) t.not(value, `old ${round}`, way);
      if (round % 4 === 3) t.deepEqual([...seen, await outside.get('k')], Array(4).fill(`new${round}`));
      await a('/clear');
      t.deepEqual(await seeAll(threads, 'k'), nobodyHas);
    }
  },
);

test.serial('500 callers of a cold key on three threads and in another process cause one load', async (t) => {
  const { threads, outside } = await start(t);
  const { ask, loads } = threads;
  const inside = ask.map((one) => one('/load/cold?ms=300&callers=150') as Promise<{ by: number }>);
  let outsideLoads = 0;
  const others = Array.from({ length: 50 }, () =>
    outside.getOrSet('cold', async () => {
      outsideLoads += 1;
      await sleep(300);
      return { by: -1 };
    }),
  );
  const made = await Promise.all([...inside, ...others]);
  t.is(new Set(made.map(({ by }) => by)).size, 1);
  t.is(loads('cold').length + outsideLoads, 1);
});
