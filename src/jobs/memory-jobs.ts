/** Jobs in this process: nothing to install, and gone with the process. */
import type { JobCounts, JobDriver, JobWorker, NewJob, WorkOptions } from './job-driver.ts';
import { JobError, UnrecoverableError } from './job-error.ts';
import { toWait } from './job.ts';

/** Options of {@link memoryJobs}. */
export interface MemoryJobsOptions {
  /** How many jobs may wait at once, delayed ones included. Default 10,000. */
  readonly limit?: number | undefined;
}

/**
 * The default store: jobs wait in this process, each of its threads for itself, and are lost when it ends. For
 * development and for work that may be lost; everything else belongs to `bullJobs` or `bossJobs`.
 *
 * @throws RangeError when the limit is not a positive integer.
 */
export function memoryJobs(options: MemoryJobsOptions = {}): JobDriver {
  const { limit = 10_000 } = options;
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, not ${limit}`);
  return new MemoryJobs(limit);
}

interface Entry {
  readonly job: NewJob;
  readonly sequence: number;
  attempt: number;
}

/** How many ids of jobs that are over are remembered, so that they are not added again. */
const remembered = 10_000;

class MemoryJobs implements JobDriver {
  readonly #limit: number;
  /** In the order in which they are started. */
  readonly #ready: Entry[] = [];
  readonly #delayed = new Map<Entry, NodeJS.Timeout>();
  /** Of all jobs here, and of those that were. */
  readonly #ids = new Set<string>();
  readonly #over: string[] = [];
  readonly #active = new Set<Promise<void>>();
  #failed = 0;
  #sequence = 0;
  #work: WorkOptions | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async open(): Promise<void> {}

  async add(jobs: readonly NewJob[]): Promise<void> {
    const fresh = jobs.filter(({ id }) => !this.#ids.has(id));
    if (this.#ready.length + this.#delayed.size + fresh.length > this.#limit) {
      throw new JobError('JOB_QUEUE_FULL', `${this.#limit} jobs wait already`);
    }
    for (const job of fresh) {
      if (this.#ids.has(job.id)) continue;
      this.#ids.add(job.id);
      this.#put({ job, attempt: 1, sequence: (this.#sequence += 1) }, job.delay);
    }
    this.#take();
  }

  work(options: WorkOptions): JobWorker {
    this.#work = options;
    this.#take();
    return {
      close: async () => {
        this.#work = undefined;
        while (this.#active.size > 0) await Promise.all(this.#active);
      },
    };
  }

  async counts(): Promise<JobCounts> {
    return {
      waiting: this.#ready.length,
      active: this.#active.size,
      delayed: this.#delayed.size,
      failed: this.#failed,
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#ready.length = 0;
    // An application that has closed may be followed by another, to which these were never added.
    this.#ids.clear();
    this.#over.length = 0;
    this.#failed = 0;
  }

  #put(entry: Entry, delay: number): void {
    if (delay <= 0) {
      insert(this.#ready, entry);
      return;
    }
    // A timer takes at most 2^31 - 1 ms, some 24 days: a longer wait is made of several.
    const step = Math.min(delay, 2_147_483_647);
    const timer = setTimeout(() => {
      this.#delayed.delete(entry);
      this.#put(entry, delay - step);
      this.#take();
    }, step);
    // What waits here must not keep a program alive that has nothing else to do.
    timer.unref();
    this.#delayed.set(entry, timer);
  }

  #take(): void {
    while (this.#work !== undefined && this.#active.size < this.#work.concurrency) {
      const entry = this.#ready.shift();
      if (entry === undefined) return;
      const running = this.#attempt(entry, this.#work).finally(() => {
        this.#active.delete(running);
        this.#take();
      });
      this.#active.add(running);
    }
  }

  async #attempt(entry: Entry, { run }: WorkOptions): Promise<void> {
    const { job, attempt } = entry;
    try {
      await run({ id: job.id, name: job.name, payload: job.payload, attempt });
    } catch (error) {
      if (attempt < job.attempts && !(error instanceof UnrecoverableError)) {
        entry.attempt += 1;
        this.#put(entry, toWait(job.backoff, attempt));
        return;
      }
      this.#failed += 1;
    }
    this.#over.push(job.id);
    if (this.#over.length > remembered) this.#ids.delete(this.#over.shift()!);
  }
}

/** Behind those of the same or a higher priority that came before it. */
function insert(ready: Entry[], entry: Entry): void {
  let low = 0;
  let high = ready.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = ready[middle]!;
    const isBefore =
      other.job.priority > entry.job.priority ||
      (other.job.priority === entry.job.priority && other.sequence < entry.sequence);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, entry);
}
