/**
 * A queue of jobs: adds them to its store, takes them from it and does them.
 * In: payloads from requests, ticks from the clock. Out: calls of the jobs' handlers, each attempt with its dependencies.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import { connections, type Connections } from '../connections/connections.ts';
import { Depends } from '../di/depends.ts';
import { Injector } from '../di/injector.ts';
import { serverToJoin } from '../internal/joined-thread.ts';
import { Seldom } from '../internal/seldom.ts';
import { Log } from '../log.ts';
import type { Logger } from '../logger.ts';
import type { Dep, Injectable } from '../types/injectable.ts';
import { checkAddOptions, type AddJobOptions } from './add-options.ts';
import type { JobCounts, JobDriver, JobWorker, TakenJob } from './job-driver.ts';
import { JobError } from './job-error.ts';
import { toJobId } from './job-id.ts';
import type { Job, PayloadOf } from './job.ts';
import { memoryJobs } from './memory-jobs.ts';
import { OutboxRelay } from './outbox-relay.ts';
import type { Outbox } from './outbox.ts';
import { checkPayload, parsePayload } from './payload.ts';
import { runAttempt } from './run-attempt.ts';
import type { Clock, Schedule } from './schedule.ts';
import { readSchedules } from './schedule.ts';
import { Ticks } from './ticks.ts';

/** Options of {@link jobs}. */
export interface JobsOptions {
  /** The jobs this queue does. */
  readonly handlers: readonly Job[];
  /** Where jobs are kept, or a dependency that says so. Default: {@link memoryJobs}, in this process. */
  readonly driver?: JobDriver | Injectable<JobDriver> | undefined;
  /** Where transactions leave jobs for this queue, made by {@link outbox}. With `worker: false` others hand them over. */
  readonly outbox?: Injectable<Outbox> | undefined;
  /** Jobs that the clock adds. */
  readonly schedules?: readonly Schedule[] | undefined;
  /** How many jobs each thread of this process does at once. Default 10. */
  readonly concurrency?: number | undefined;
  /** `false` only adds jobs here, by hand and by the clock; other processes do them. Default true. */
  readonly worker?: boolean | undefined;
  /** How long closing waits for jobs under way before their signals fire, in milliseconds. Default 10,000. */
  readonly grace?: number | undefined;
}

/** What a queue works with. */
interface JobsParts {
  readonly name: string;
  readonly options: JobsOptions;
  readonly driver: JobDriver;
  readonly outbox?: Outbox | undefined;
  readonly connections: Connections;
  readonly injector: Injector;
  readonly log: Logger;
}

/** As {@link AddJobOptions}, and what only ticks ask for. */
type ItemOptions = AddJobOptions & { readonly rememberedFor?: number | undefined };

/**
 * Runs a job outside of whatever added it or opened the queue: within somebody's transaction, for one, statements of the
 * job would be part of that.
 */
const outside = AsyncLocalStorage.snapshot();

/** A queue of jobs, as the dependency made by {@link jobs} gives it. */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #handlers: ReadonlyMap<string, Job>;
  /** Fires when the grace of closing is over. */
  readonly #stopping = new AbortController();
  #worker: JobWorker | undefined;
  #relay: OutboxRelay | undefined;
  #clock: Clock | undefined;
  readonly #ticks: Ticks;
  readonly #leave: (() => void)[] = [];
  readonly #faults = new Seldom();
  #isClosed = false;

  private constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#handlers = new Map(parts.options.handlers.map((job) => [job.name, job]));
    this.#ticks = new Ticks({
      add: ({ job }, payload, options) => this.#add(job, [{ ...options, payload }]),
      onError: this.#onError,
    });
  }

  /** Opens the store and begins to work. */
  static async open(parts: JobsParts): Promise<Jobs> {
    const queue = new Jobs(parts);
    const { outbox } = parts;
    if (outbox !== undefined && outbox.queue !== parts.name) {
      throw new TypeError(
        `Queue '${parts.name}' was given the outbox of '${outbox.queue}': outbox(db, { queue: '${parts.name}' })`,
      );
    }
    // Before anything is opened: what is none leaves nothing behind.
    const clock = await readSchedules(parts.options.schedules ?? []);
    try {
      await queue.#open(clock);
    } catch (error) {
      await queue.close();
      throw error;
    }
    return queue;
  }

  async #open(clock: Clock): Promise<void> {
    const { driver, name, options, outbox, connections } = this.#parts;
    this.#clock = clock;
    await driver.open(name, this.#onError);
    for (const [pool, source] of Object.entries(driver.connections?.() ?? {})) {
      this.#leave.push(connections.add(pool, source));
    }
    if (options.worker !== false) {
      const { concurrency = 10 } = options;
      this.#worker = driver.work({ concurrency, run: (job) => outside(() => this.#run(job)), onError: this.#onError });
      if (outbox !== undefined) {
        this.#relay = new OutboxRelay({ outbox, driver, onError: this.#onError });
        this.#leave.push(this.#relay.joinConnections(connections));
      }
    }
    // Of several threads each would add a job of its own in memory, and in any store do the same work again.
    if (serverToJoin() === undefined) clock.start((due, tick) => void this.#ticks.add(due, tick));
  }

  /**
   * Adds a job and returns its id, once the store has it.
   *
   * @throws JobError `JOB_PAYLOAD_INVALID`, `JOB_UNKNOWN`, `JOB_QUEUE_FULL` or `JOB_QUEUE_UNAVAILABLE`.
   * @throws RangeError when delay or priority are out of range.
   */
  async add<J extends Job>(job: J, payload: PayloadOf<J>, options: AddJobOptions = {}): Promise<string> {
    const [id] = await this.addMany(job, [{ ...options, payload }]);
    return id!;
  }

  /** Adds many jobs of one kind at once: all of them, or none if one does not fit. See {@link Jobs.add}. */
  async addMany<J extends Job>(
    job: J,
    items: readonly (AddJobOptions & { readonly payload: PayloadOf<J> })[],
  ): Promise<string[]> {
    return this.#add(job, items);
  }

  async #add(job: Job, items: readonly (ItemOptions & { readonly payload: unknown })[]): Promise<string[]> {
    if (this.#isClosed) throw new JobError('JOB_QUEUE_UNAVAILABLE', `Queue '${this.#parts.name}' is closed`);
    if (this.#handlers.get(job.name) !== job) {
      throw new JobError('JOB_UNKNOWN', `Queue '${this.#parts.name}' was not given the job '${job.name}' as a handler`);
    }
    const { name, attempts, backoff, timeout } = job;
    const added = await Promise.all(
      items.map(async ({ payload, ...options }) => {
        const { id, rememberedFor } = options;
        const { delay, priority } = checkAddOptions(options);
        const words = id === undefined ? undefined : `${this.#parts.name}\n${name}\n${id}`;
        const json = await checkPayload(job, payload);
        return { id: toJobId(words), name, payload: json, delay, priority, attempts, backoff, timeout, rememberedFor };
      }),
    );
    await this.#parts.driver.add(added);
    return added.map(({ id }) => id);
  }

  /** How many jobs the store has. @throws JobError `JOB_QUEUE_UNAVAILABLE`. */
  counts(): Promise<JobCounts> {
    return this.#parts.driver.counts();
  }

  /** Stops schedules, takes no more jobs, waits for those under way, and lets go of the store. Called by the container. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#clock?.stop();
    this.#ticks.close();
    const timer = setTimeout(() => this.#stopping.abort(new Error('The application closes')), this.#grace);
    try {
      await this.#relay?.close();
      await this.#worker?.close();
    } finally {
      clearTimeout(timer);
      for (const leave of this.#leave) leave();
      await this.#parts.driver.close();
    }
  }

  get #grace(): number {
    return this.#parts.options.grace ?? 10_000;
  }

  async #run(taken: TakenJob): Promise<void> {
    const { injector, log } = this.#parts;
    const { id, name, attempt } = taken;
    try {
      const job = this.#handlers.get(name);
      // Added by a newer program, perhaps: it may be back, so the job is tried again.
      if (job === undefined) throw new JobError('JOB_UNKNOWN', `This process knows no job '${name}'`);
      const payload = await parsePayload(job, taken.payload);
      await runAttempt({ job, payload, id, attempt, injector, stopping: this.#stopping.signal });
    } catch (error) {
      log.error({ err: error, job: name, id, attempt }, 'A job failed');
      throw error;
    }
  }

  /** A store that is away says so with each attempt to reach it: the log hears of it once a minute. */
  readonly #onError = (error: unknown): void => {
    const reason = toReason(error);
    const unsaid = this.#faults.ask(reason);
    if (unsaid === undefined) return;
    const { log, name } = this.#parts;
    log.error({ err: error, queue: name, unsaid }, `The queue of jobs '${name}' is in trouble: ${reason}`);
  };
}

/** What an error says in few words. One of several addresses that cannot be reached has a code and no message. */
function toReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

/**
 * A queue of jobs as a dependency: one for the application, opened when it is first needed and closed with it. To have it
 * work from the start, need it at the start: `app.onStart(() => app.resolve(queue))`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { defineJob, jobs } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * const Greet = defineJob('greet', { payload: z.object({ name: z.string() }) }, ({ payload, attempt }) => {
 *   console.log(`Hello, ${payload.name} (${attempt})`);
 * });
 * const queue = jobs({ handlers: [Greet] });
 *
 * const app = new Covet({ logger: false });
 * app.post('/greetings', { deps: { queue }, status: 202 }, async ({ queue }) => ({
 *   id: await queue.add(Greet, { name: 'Ada' }),
 * }));
 * console.log((await app.inject({ method: 'POST', url: '/greetings' })).status);
 * await app.close();
 * // Hello, Ada (1)
 * // 202
 * ```
 *
 * @param given the queue's name, `'main'` if it is left out, and its options.
 * @throws TypeError when two handlers have one name, or a schedule is of a job that is no handler.
 * @throws RangeError when `concurrency` is not a positive integer or `grace` no time.
 */
export function jobs(...given: readonly [JobsOptions] | readonly [name: string, JobsOptions]): Dep<Jobs> {
  const [name, options] = given.length === 1 ? ['main', given[0]] : given;
  checkOptions(name, options);
  const driver = options.driver ?? memoryJobs();
  const needs = {
    connections,
    injector: Injector,
    log: Log,
    ...('kind' in driver ? { driver } : {}),
    ...(options.outbox === undefined ? {} : { outbox: options.outbox }),
  };
  // What is a dependency takes the place of what is given.
  const open = (given: Omit<JobsParts, 'name' | 'options'>): Promise<Jobs> =>
    Jobs.open({ name, options, ...('kind' in driver ? {} : { driver }), ...given });
  return Depends(needs, open as (given: object) => Promise<Jobs>, { scope: 'singleton', name: `jobs '${name}'` });
}

function checkOptions(name: string, { handlers, schedules = [], concurrency = 10, grace = 0 }: JobsOptions): void {
  if (!/^[A-Za-z0-9][\w.-]{0,49}$/.test(name)) {
    throw new TypeError(`A queue's name is 1 to 50 letters, digits, '.', '_' or '-', not '${name}'`);
  }
  const names = handlers.map((job) => job.name);
  const double = names.find((each, index) => names.indexOf(each) !== index);
  if (double !== undefined) throw new TypeError(`Queue '${name}' has two jobs named '${double}'`);
  const stray = schedules.find(({ job }) => !handlers.includes(job));
  if (stray !== undefined)
    throw new TypeError(`Queue '${name}': the scheduled job '${stray.job.name}' is no handler of it`);
  const same = schedules.find((each, index) => schedules.some((other, at) => at < index && other.name === each.name));
  if (same !== undefined) throw new TypeError(`Queue '${name}' has two schedules named '${same.name}'`);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`Queue '${name}': concurrency must be a positive integer, not ${concurrency}`);
  }
  if (!(grace >= 0)) throw new RangeError(`Queue '${name}': grace must be 0 or more milliseconds, not ${grace}`);
}
