import { runAutocannon } from './autocannon.ts';
import { runEventStreams } from './event-streams.ts';
import { runFixedRate } from './fixed-rate.ts';
import type { WorkerAnswer, WorkerQuestion } from './job.ts';
import { measureUserCode } from './user-code.ts';

async function answer(question: WorkerQuestion): Promise<unknown> {
  if (question.kind === 'user-code') return measureUserCode(question.caseId, question.request);
  const { job } = question;
  if (job.load === 'events') return runEventStreams(job);
  return job.rate === undefined ? runAutocannon(job) : runFixedRate({ ...job, rate: job.rate });
}

process.on('message', (question: WorkerQuestion) => {
  const reply = (message: WorkerAnswer): boolean => process.send?.(message) ?? false;
  answer(question).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
// The benchmark is gone: nothing is left to load a server for.
process.on('disconnect', () => process.exit(0));
