/** Jobs in Redis, by BullMQ. */
import { setTimeout as sleep } from 'node:timers/promises';

import type * as BullMqModule from 'bullmq';
import type { Queue } from 'bullmq';

import type { ConnectionSource } from '../connections/connections.ts';
import { importPeer } from '../internal/import-peer.ts';
import { BullClients, type BullClient } from './bull-clients.ts';
import { BullWorker, type StoredJob } from './bull-worker.ts';
import { endInTime } from './end-in-time.ts';
import type { JobCounts, JobDriver, JobWorker, NewJob, WorkOptions } from './job-driver.ts';
import { JobError } from './job-error.ts';
import { withinTime } from './within-time.ts';

/** Options of {@link bullJobs}. */
export interface BullJobsOptions {
  /** Where Redis is: `redis://user:password@host:6379/0`, `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with. Default `'covet:jobs'`. */
  readonly prefix?: string | undefined;
  /** How long Redis may take to answer before a job is refused, in milliseconds. Default 5000. */
  readonly timeout?: number | undefined;
  /** How long a process may be silent before its jobs are given to others, in milliseconds. Default 30,000. */
  readonly stalledAfter?: number | undefined;
}

type BullMq = typeof BullMqModule;

/**
 * Keeps jobs in Redis by [BullMQ](https://docs.bullmq.io), which has to be installed: `npm install bullmq ioredis`. Redis 6.2
 * or newer, with `maxmemory-policy noeviction`.
 *
 * Jobs that are done are remembered for an hour, those that failed for a week; at most 10,000 of each.
 *
 * @throws RangeError when `timeout` is not at least 1 ms, or `stalledAfter` not at least 100 ms.
 */
export function bullJobs(options: BullJobsOptions): JobDriver {
  const { timeout = 5000, stalledAfter = 30_000 } = options;
  if (!(timeout >= 1 && timeout < 2 ** 31)) throw new RangeError(`timeout must be at least 1 ms, not ${timeout}`);
  if (!(stalledAfter >= 100 && stalledAfter < 2 ** 31)) {
    throw new RangeError(`stalledAfter must be at least 100 ms, not ${stalledAfter}`);
  }
  return new BullJobs({ ...options, timeout, stalledAfter });
}

type Checked = BullJobsOptions & { readonly timeout: number; readonly stalledAfter: number };

/** The longest that a worker of BullMQ waits for Redis to say something, and a little more. */
const longestSilence = 15_000;

class BullJobs implements JobDriver {
  readonly #options: Checked;
  #bull: BullMq | undefined;
  #queue: Queue<StoredJob> | undefined;
  #clients = new BullClients();
  #name = '';
  #onError: (error: unknown) => void = () => {};
  #isReady = false;
  #isClosing = false;
  /** When the last of the clients that wait for it tries to connect again, by `performance.now()`. */
  #reconnectsAt = 0;

  constructor(options: Checked) {
    this.#options = options;
  }

  async open(name: string, onError: (error: unknown) => void): Promise<void> {
    this.#bull = await importPeer(() => import('bullmq'), 'bullmq ioredis', 'jobs in Redis');
    // Whatever it was used for before: an application that has closed may be followed by another.
    this.#isReady = false;
    this.#isClosing = false;
    this.#reconnectsAt = 0;
    this.#clients = new BullClients();
    this.#name = name;
    this.#onError = onError;
    const { timeout } = this.#options;
    const queue = new this.#bull.Queue<StoredJob>(name, {
      connection: {
        ...this.#connection(timeout * 2),
        // Whoever adds a job waits for it: with Redis gone they are told at once rather than kept.
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        commandTimeout: timeout,
      },
      prefix: this.#prefix,
      defaultJobOptions: {
        removeOnComplete: { age: 3600, count: 10_000 },
        removeOnFail: { age: 7 * 86_400, count: 10_000 },
      },
    });
    this.#queue = queue;
    this.#clients.add(clientOf(queue));
    const failed = new Promise<void>((resolve) => {
      queue.on('error', (error) => {
        onError(error);
        resolve();
      });
    });
    // BullMQ waits for Redis for ever. A start without it goes on at the first error, and jobs are refused until it is there.
    const ready = this.#awaitReady(queue).catch(onError);
    await withinTime(Promise.race([ready, failed]), timeout, 'Redis did not answer').catch(onError);
  }

  async add(jobs: readonly NewJob[]): Promise<void> {
    await this.#ask(async (queue) => {
      const fresh = await this.#withoutKnown(queue, jobs);
      await queue.addBulk(
        fresh.map(({ id, name, payload, delay, priority, attempts, backoff }) => ({
          name,
          data: { payload, backoff },
          // BullMQ starts the lowest first.
          opts: { jobId: id, delay, priority: 11 - priority, attempts, backoff: { type: 'custom' } },
        })),
      );
      await this.#remember(queue, fresh);
    });
  }

  work(options: WorkOptions): JobWorker {
    const { timeout, stalledAfter } = this.#options;
    return new BullWorker({
      ...options,
      bull: this.#bull!,
      queue: this.#name,
      prefix: this.#prefix,
      connection: { ...this.#connection(longestSilence), maxRetriesPerRequest: null },
      clients: this.#clients,
      timeout,
      stalledAfter,
      onClose: () => this.#stopReconnecting(),
    });
  }

  async counts(): Promise<JobCounts> {
    const counts = await this.#ask((queue) =>
      queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    );
    const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { waiting: waiting + prioritized, active, delayed, failed };
  }

  connections(): Readonly<Record<string, ConnectionSource>> {
    return { [`redis_jobs_${this.#name}`]: this.#clients };
  }

  async close(): Promise<void> {
    const queue = this.#queue;
    if (queue === undefined) return;
    await this.#stopReconnecting();
    const { timeout } = this.#options;
    const disconnect = (): Promise<void> => queue.disconnect();
    const closed = this.#isReady ? queue.close() : disconnect();
    await endInTime(closed, { timeout, disconnect, onError: this.#onError });
    this.#queue = undefined;
    this.#isReady = false;
  }

  /**
   * A client that is told to disconnect between two attempts to connect drops the next one and says nothing, while BullMQ
   * waits for its end for ever. So nobody waits for an attempt when BullMQ closes: 2 s at most, with Redis gone.
   */
  async #stopReconnecting(): Promise<void> {
    this.#isClosing = true;
    const wait = this.#reconnectsAt - performance.now();
    // A little more, for the attempt to have begun.
    if (wait > 0) await sleep(wait + 50);
  }

  get #prefix(): string {
    return this.#options.prefix ?? 'covet:jobs';
  }

  async #awaitReady(queue: Queue<StoredJob>): Promise<void> {
    await queue.waitUntilReady();
    if (this.#queue === queue) this.#isReady = true;
  }

  /** A connection on which an answer is due and nothing comes for so long is dead: another one is made. */
  #connection(socketTimeout: number) {
    const retryStrategy = (times: number): number | null => {
      if (this.#isClosing) return null;
      const wait = Math.min(2000, 50 * 2 ** Math.min(times, 10));
      this.#reconnectsAt = Math.max(this.#reconnectsAt, performance.now() + wait);
      return wait;
    };
    return { url: this.#options.url, retryStrategy, connectTimeout: 5000, socketTimeout };
  }

  /** BullMQ forgets jobs that are done when there are too many: some ids have a key of their own beside. */
  #idKeyOf = ({ id }: NewJob): string => `${this.#prefix}:${this.#name}:known:${id}`;

  async #withoutKnown(queue: Queue<StoredJob>, jobs: readonly NewJob[]): Promise<readonly NewJob[]> {
    if (!jobs.some(isRemembered)) return jobs;
    const client = await clientOf(queue);
    const known = await Promise.all(
      jobs.map(async (job) => isRemembered(job) && (await client.exists(this.#idKeyOf(job))) === 1),
    );
    return jobs.filter((_, place) => known[place] !== true);
  }

  /** After the job is there: who dies before leaves nothing that would keep others from adding it. */
  async #remember(queue: Queue<StoredJob>, jobs: readonly NewJob[]): Promise<void> {
    const remembered = jobs.filter(isRemembered);
    if (remembered.length === 0) return;
    const client = await clientOf(queue);
    await Promise.all(remembered.map((job) => client.set(this.#idKeyOf(job), '', 'PX', Math.ceil(job.rememberedFor!))));
  }

  async #ask<T>(question: (queue: Queue<StoredJob>) => Promise<T>): Promise<T> {
    try {
      const queue = this.#queue;
      if (queue === undefined || !this.#isReady) throw new Error('there has been no connection yet');
      return await withinTime(question(queue), this.#options.timeout, 'no answer came');
    } catch (cause) {
      throw new JobError('JOB_QUEUE_UNAVAILABLE', `Redis did not take what queue '${this.#name}' asked`, { cause });
    }
  }
}

const isRemembered = ({ rememberedFor }: NewJob): boolean => rememberedFor !== undefined;

const clientOf = (queue: Queue<StoredJob>): Promise<BullClient> =>
  queue.getBackend().client as Promise<unknown> as Promise<BullClient>;
