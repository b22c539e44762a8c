/** Takes jobs from Redis by BullMQ's worker. */
import type * as BullMqModule from 'bullmq';
import type { Job as BullJob, Worker, WorkerOptions } from 'bullmq';

import type { BullClient, BullClients } from './bull-clients.ts';
import { endInTime } from './end-in-time.ts';
import type { JobWorker, NewJob, WorkOptions } from './job-driver.ts';
import { UnrecoverableError } from './job-error.ts';
import { toWait } from './job.ts';

/** What is stored of a job beside what BullMQ keeps itself. */
export interface StoredJob {
  readonly payload: string;
  readonly backoff: NewJob['backoff'];
}

/** What a {@link BullWorker} is made of. */
export interface BullWorkerOptions extends WorkOptions {
  readonly bull: typeof BullMqModule;
  readonly queue: string;
  readonly prefix: string;
  readonly connection: WorkerOptions['connection'];
  readonly clients: BullClients;
  /** How long Redis may take to answer, in milliseconds. */
  readonly timeout: number;
  /** How long a process may be silent before its jobs are given to others, in milliseconds. */
  readonly stalledAfter: number;
  /** Called before the worker closes. */
  readonly onClose: () => Promise<void>;
}

/** Deaths count as attempts, which we count: more than there can be. */
const mostDeaths = 1000;

export class BullWorker implements JobWorker {
  readonly #options: BullWorkerOptions;
  readonly #worker: Worker<StoredJob>;
  readonly #active = new Set<Promise<void>>();

  constructor(options: BullWorkerOptions) {
    const { bull, queue, connection, prefix, concurrency, stalledAfter, clients, onError } = options;
    this.#options = options;
    this.#worker = new bull.Worker<StoredJob>(queue, (job) => this.#track(job), {
      connection,
      prefix,
      concurrency,
      settings: { backoffStrategy },
      lockDuration: stalledAfter,
      stalledInterval: stalledAfter,
      maxStalledCount: mostDeaths,
      // What it rests after a question that failed, and closing waits for. BullMQ's 15 s are longer than our `grace`.
      runRetryDelay: 2000,
    });
    this.#worker.on('error', onError);
    const backend = this.#worker.getBackend();
    clients.add(backend.client as Promise<unknown> as Promise<BullClient>);
    clients.add(backend.blockingClient as Promise<unknown> as Promise<BullClient> | undefined, { blocks: true });
  }

  async close(): Promise<void> {
    const { onClose, onError, timeout } = this.#options;
    await onClose();
    const closed = this.#worker.close();
    while (this.#active.size > 0) await Promise.allSettled(this.#active);
    await endInTime(closed, { timeout, onError, disconnect: () => this.#worker.disconnect() });
  }

  #track(job: BullJob<StoredJob>): Promise<void> {
    const running = this.#attempt(job).finally(() => this.#active.delete(running));
    this.#active.add(running);
    return running;
  }

  async #attempt(job: BullJob<StoredJob>): Promise<void> {
    const { UnrecoverableError: Unrecoverable } = this.#options.bull;
    // BullMQ's own count leaves out those that ended with their process.
    const { attemptsStarted: attempt, attemptsMade } = job;
    const { attempts = 1 } = job.opts;
    if (attempt > attempts) throw new Unrecoverable('The process died that made the last attempt');
    try {
      await this.#options.run({ id: job.id!, name: job.name, payload: job.data.payload, attempt });
    } catch (error) {
      if (error instanceof UnrecoverableError) throw new Unrecoverable(error.message);
      const isCountedLast = attemptsMade + 1 >= attempts;
      throw attempt >= attempts && !isCountedLast ? new Unrecoverable(toError(error).message) : toError(error);
    }
  }
}

function backoffStrategy(
  attempt: number,
  _type?: string,
  _error?: Error,
  job?: Pick<BullJob<StoredJob>, 'data'>,
): number {
  return toWait(job?.data.backoff ?? { delay: 1000, max: 3_600_000 }, attempt);
}

/** BullMQ writes down an error's message and stack. */
function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
