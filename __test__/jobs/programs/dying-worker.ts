/** Begins a job and never ends it: for the test to kill. */
import { z } from 'zod';

import { Covet } from '../../../src/index.ts';
import { bullJobs, defineJob, jobs } from '../../../src/jobs/index.ts';

const [url = '', attempts = ''] = process.argv.slice(3);
const Endless = defineJob('endless', { payload: z.object({}), attempts: Number(attempts) }, ({ attempt }) => {
  process.stdout.write(`attempt=${attempt}\n`);
  return new Promise(() => {});
});
const app = new Covet({ logger: false });
await app.resolve(jobs({ handlers: [Endless], driver: bullJobs({ url, stalledAfter: 500 }) }));
setInterval(() => {}, 1000);
