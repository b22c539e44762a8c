/** What keeps jobs until they are done: the part of a queue that is memory, Redis or PostgreSQL. */
import type { ConnectionSource } from '../connections/connections.ts';
import type { Backoff } from './job.ts';

/** A job to keep. */
export interface NewJob {
  /** A UUID. A job whose id is there already, or was not long ago, is not added again. */
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly payload: string;
  /** Milliseconds until it may be started. */
  readonly delay: number;
  /** -10 to 10; higher ones are started first. */
  readonly priority: number;
  readonly attempts: number;
  readonly backoff: { readonly [K in keyof Backoff]-?: number };
  /** Milliseconds an attempt may take. */
  readonly timeout: number;
  /** Milliseconds for which its id is known at least, however many jobs are done meanwhile. Default: as the store likes. */
  readonly rememberedFor?: number | undefined;
}

/** A job that is to be done now. */
export interface TakenJob {
  readonly id: string;
  readonly name: string;
  readonly payload: string;
  /** 1 for the first. */
  readonly attempt: number;
}

/** How many jobs there are, by what is the matter with them. */
export interface JobCounts {
  /** May be started now. */
  readonly waiting: number;
  /** Being done. */
  readonly active: number;
  /** To be started later, those to be tried again among them. */
  readonly delayed: number;
  /** Given up, as far as the store remembers. */
  readonly failed: number;
}

/**
 * Does one attempt. Resolves when the job is done; rejects when it failed, with an `UnrecoverableError` if it shall not be
 * tried again.
 */
export type RunJob = (job: TakenJob) => Promise<void>;

/** What a driver is told when it is asked to work. */
export interface WorkOptions {
  /** How many jobs at once. */
  readonly concurrency: number;
  readonly run: RunJob;
  /** Hears of what goes wrong with the store itself. */
  readonly onError: (error: unknown) => void;
}

/** Someone who takes jobs and does them. */
export interface JobWorker {
  /** Takes no more jobs, and waits for those under way. */
  close(): Promise<void>;
}

/**
 * A store of jobs. `memoryJobs`, `bullJobs` and `bossJobs` make those that come with Covet. What it is asked it answers in
 * time, or rejects: requests wait for it.
 */
export interface JobDriver {
  /**
   * Opens the store for the queue of this name: before anything else, and again after {@link JobDriver.close}. Resolves with
   * the store away, too; what is asked is refused until it is there.
   */
  open(queue: string, onError: (error: unknown) => void): Promise<void>;
  /** Keeps jobs. @throws JobError when it cannot. */
  add(jobs: readonly NewJob[]): Promise<void>;
  /** Begins to take jobs. */
  work(options: WorkOptions): JobWorker;
  counts(): Promise<JobCounts>;
  /** What it is connected to, by the names that `connections` gives it. Asked once, after it was opened. */
  connections?(): Readonly<Record<string, ConnectionSource>>;
  /** Lets go of the store. The worker is closed before. */
  close(): Promise<void>;
}
