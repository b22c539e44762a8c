/** A process that dies in an attempt has made it: the next one is another's, until there is none left. */
import test from 'ava';
import { z } from 'zod';

import { Covet } from '../../src/index.ts';
import { bullJobs, defineJob, jobs } from '../../src/jobs/index.ts';
import { runProgram } from '../helpers/child.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { until } from './stores.ts';

const program = 'jobs/programs/dying-worker.ts';

for (const [attempts, deaths] of [
  [4, 3],
  [2, 2],
] as const) {
  test(`BullMQ: ${deaths} processes die in a job of ${attempts} attempts`, async (t) => {
    const server = await createOwnRedis();
    t.teardown(() => server.close());
    await server.start();
    const { url } = server;
    const seen: number[] = [];
    const Endless = defineJob('endless', { payload: z.object({}), attempts }, ({ attempt }) => seen.push(attempt));
    const driver = bullJobs({ url, stalledAfter: 500 });
    const adder = new Covet({ logger: false });
    t.teardown(() => adder.close());
    const queue = await adder.resolve(jobs({ handlers: [Endless], worker: false, driver: bullJobs({ url }) }));
    await queue.add(Endless, {});
    for (let death = 1; death <= deaths; death += 1) {
      const child = runProgram(t, program, url, String(attempts));
      t.is(await child.report('attempt', 40_000), String(death));
      child.process.kill('SIGKILL');
      await child.exit;
    }
    const app = new Covet({ logger: false });
    t.teardown(() => app.close());
    await app.resolve(jobs({ handlers: [Endless], driver }));
    const isFailed = deaths === attempts;
    await until(async () => {
      const { active, waiting, failed } = await queue.counts();
      return active + waiting === 0 && failed === (isFailed ? 1 : 0);
    });
    t.deepEqual(seen, isFailed ? [] : [deaths + 1]);
  });
}
