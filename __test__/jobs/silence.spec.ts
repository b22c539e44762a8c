/** A store that says nothing, and does not hang up either: nobody waits for it longer than for one that is gone. */
import test from 'ava';
import { z } from 'zod';

import { createOwnPostgres } from '../../scripts/postgres.mjs';
import { bossJobs, bullJobs, defineJob, jobs } from '../../src/jobs/index.ts';
import type { JobDriver } from '../../src/jobs/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { serve } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { until } from './stores.ts';

const timeout = 1500;
/** What a busy machine may take beside. */
const slack = 6000;

const servers = {
  BullMQ: { create: createOwnRedis, toDriver: (url: string): JobDriver => bullJobs({ url, timeout }) },
  'pg-boss': {
    create: createOwnPostgres,
    toDriver: (url: string): JobDriver => bossJobs({ url, timeout, pollingInterval: 100 }),
  },
};

for (const [name, { create, toDriver }] of Object.entries(servers)) {
  const setUp = async (t: Parameters<typeof serve>[0]) => {
    const server = await create();
    t.teardown(() => server.close());
    await server.start();
    const target = new URL(server.url);
    const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) });
    t.teardown(() => proxy.close());
    target.port = String(proxy.port);
    const done: number[] = [];
    const Note = defineJob('note', { payload: z.object({ n: z.number() }) }, ({ payload }) => done.push(payload.n));
    const queue = jobs({ handlers: [Note], driver: toDriver(target.href) });
    const { app, url } = await serve(t, (app) =>
      app.post('/notes/{n:int}', { deps: { queue } }, async ({ params, queue }) => ({
        id: await queue.add(Note, { n: params.n }),
      })),
    );
    const post = (n: number): Promise<Response> => fetch(`${url}/notes/${n}`, { method: 'POST' });
    return { app, proxy, post, done, queue };
  };
  const timed = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
    const start = performance.now();
    return [await work, performance.now() - start];
  };

  test.serial(`${name}: goes silent, and speaks again`, async (t) => {
    const { app, proxy, post, done } = await setUp(t);
    await until(async () => (await post(1)).status === 200);
    await until(() => done.includes(1));
    proxy.stall();
    const [refused, time] = await timed(Promise.all([post(2), post(3), post(4)]));
    for (const { status, headers } of refused) {
      t.is(status, 503);
      t.is(headers.get('retry-after'), '1');
    }
    t.true(time < timeout + slack, `${time} ms`);
    proxy.resume();
    await until(async () => (await post(5)).status === 200, 30_000);
    await until(() => done.includes(5), 30_000);
    proxy.stall();
    const [, closing] = await timed(app.close());
    t.true(closing < 2 * timeout + 3000 + slack, `${closing} ms`);
  });

  test.serial(`${name}: silent from the start`, async (t) => {
    const { app, proxy, post, done, queue } = await setUp(t);
    proxy.stall();
    const [, opening] = await timed(app.resolve(queue));
    t.true(opening < timeout + slack, `${opening} ms`);
    const [refused, time] = await timed(post(1));
    t.is(refused.status, 503);
    t.true(time < timeout + slack, `${time} ms`);
    proxy.cut();
    proxy.resume();
    await until(async () => (await post(2)).status === 200, 30_000);
    await until(() => done.includes(2), 30_000);
  });

  test.serial(`${name}: closes while it has said nothing yet`, async (t) => {
    const { app, proxy, queue } = await setUp(t);
    proxy.stall();
    await app.resolve(queue);
    const [, closing] = await timed(app.close());
    t.true(closing < 5000 + 2 * timeout + 3000 + slack, `${closing} ms`);
  });
}
