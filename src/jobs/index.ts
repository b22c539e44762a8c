/** What `import … from 'covet/jobs'` can name: work to be done later, by this process or by others. */
export { bossJobs } from './boss-jobs.ts';
export type { BossJobsOptions } from './boss-jobs.ts';
export { bullJobs } from './bull-jobs.ts';
export type { BullJobsOptions } from './bull-jobs.ts';
export type { JobCounts, JobDriver, JobWorker, NewJob, RunJob, TakenJob, WorkOptions } from './job-driver.ts';
export { JobError, UnrecoverableError } from './job-error.ts';
export type { JobErrorCode } from './job-error.ts';
export { defineJob } from './job.ts';
export type { Backoff, Job, JobContext, JobSpec, PayloadOf } from './job.ts';
export { jobs } from './jobs.ts';
export type { AddJobOptions } from './add-options.ts';
export type { Jobs, JobsOptions } from './jobs.ts';
export { memoryJobs } from './memory-jobs.ts';
export type { MemoryJobsOptions } from './memory-jobs.ts';
export { schedule } from './schedule.ts';
export type { Schedule, ScheduleOptions } from './schedule.ts';
export { ensureOutbox, outbox } from './outbox.ts';
export type { Outbox, OutboxOptions } from './outbox.ts';
