/** A schedule in each of several threads: says which of them did a job, and of which tick. */
import { threadId } from 'node:worker_threads';

import { z } from 'zod';

import { Covet } from '../../../src/index.ts';
import { defineJob, jobs, schedule } from '../../../src/jobs/index.ts';

const Tick = defineJob('tick', { payload: z.object({ tick: z.string() }) }, ({ payload }) => {
  process.stdout.write(`tick=${payload.tick} ${threadId}\n`);
});
const every = schedule(Tick, '* * * * * *', (tick) => ({ tick: tick.toISOString() }));
const queue = jobs({ handlers: [Tick], schedules: [every] });
const app = new Covet({ logger: false });
app.onStart(async () => {
  await app.resolve(queue);
  process.stdout.write(`open=${threadId}\n`);
});
await app.listen({ port: 0, workers: 3 });
