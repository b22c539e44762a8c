/** A store that goes away: who adds a job is told at once, and everything goes on when it is back. */
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { z } from 'zod';

import { createOwnPostgres } from '../../scripts/postgres.mjs';
import { Covet } from '../../src/index.ts';
import { bossJobs, bullJobs, defineJob, jobs } from '../../src/jobs/index.ts';
import type { JobDriver } from '../../src/jobs/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { LogLines } from '../helpers/serve.ts';
import { until } from './stores.ts';

const servers = {
  BullMQ: { create: createOwnRedis, toDriver: (url: string): JobDriver => bullJobs({ url }) },
  'pg-boss': {
    create: createOwnPostgres,
    toDriver: (url: string): JobDriver => bossJobs({ url, pollingInterval: 100 }),
  },
};

for (const [name, { create, toDriver }] of Object.entries(servers)) {
  test(`${name}: lost and found again`, async (t) => {
    const server = await create();
    t.teardown(() => server.close());
    await server.start();
    const done: number[] = [];
    const Note = defineJob('note', { payload: z.object({ n: z.number() }) }, ({ payload }) => done.push(payload.n));
    const app = new Covet({ logger: false });
    t.teardown(() => app.close());
    const queue = jobs({ handlers: [Note], driver: toDriver(server.url) });
    app.post('/notes/{n:int}', { deps: { queue } }, async ({ params, queue }) => ({
      id: await queue.add(Note, { n: params.n }),
    }));
    const { url } = await app.listen({ port: 0 });
    const post = (n: number): Promise<Response> => fetch(`${url}/notes/${n}`, { method: 'POST' });

    t.is((await post(1)).status, 200);
    await until(() => done.includes(1));

    await server.stop();
    const start = Date.now();
    const refused = await post(2);
    t.is(refused.status, 503);
    t.is(refused.headers.get('retry-after'), '1');
    t.true(Date.now() - start < 8000, 'nobody was kept waiting');

    await server.start();
    await until(async () => (await post(3)).status === 200, 30_000);
    await until(() => done.includes(3), 30_000);
    t.false(done.includes(2), 'what was refused was not done');
  });

  for (const state of ['gone', 'just back']) {
    test(`${name}: closes in time with its store ${state}`, async (t) => {
      const server = await create();
      t.teardown(() => server.close());
      await server.start();
      const Note = defineJob('note', { payload: z.object({ n: z.number() }) }, () => {});
      const app = new Covet({ logger: false });
      const queue = await app.resolve(jobs({ handlers: [Note], driver: toDriver(server.url) }));
      await queue.add(Note, { n: 1 });
      await until(async () => (await queue.counts()).waiting === 0);

      await server.stop();
      await t.throwsAsync(queue.add(Note, { n: 2 }), { code: 'JOB_QUEUE_UNAVAILABLE' });
      // Long enough that clients wait between two attempts.
      await sleep(500);
      if (state === 'just back') await server.start();
      const start = Date.now();
      await app.close();
      t.true(Date.now() - start < 10_000);
    });
  }

  test(`${name}: not there from the start`, async (t) => {
    const server = await create();
    t.teardown(() => server.close());
    const done: number[] = [];
    const Note = defineJob('note', { payload: z.object({ n: z.number() }) }, ({ payload }) => done.push(payload.n));
    const logs = new LogLines();
    const app = new Covet({ logger: { destination: logs } });
    t.teardown(() => app.close());
    const queue = await app.resolve(jobs({ handlers: [Note], driver: toDriver(server.url) }));
    await t.throwsAsync(queue.add(Note, { n: 1 }), { code: 'JOB_QUEUE_UNAVAILABLE' });
    // Long enough for several attempts to reach it.
    await sleep(3000);
    const told = logs.lines.map(({ msg }) => String(msg)).filter((msg) => msg.includes('is in trouble'));
    t.true(told.length > 0);
    t.deepEqual(told, [...new Set(told)], 'each trouble is told once, however often it was met');
    await server.start();
    await until(async () => {
      try {
        return (await queue.add(Note, { n: 2 })) !== '';
      } catch {
        return false;
      }
    }, 30_000);
    await until(() => done.includes(2), 30_000);
    t.false(done.includes(1));
  });
}
