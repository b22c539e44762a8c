/** Adds the jobs of ticks, and tries again while the store is away. */
import { setTimeout as sleep } from 'node:timers/promises';

import { JobError } from './job-error.ts';
import { toWait } from './job.ts';
import type { Schedule, Tick } from './schedule.ts';

/** What {@link Ticks} are made of. */
export interface TicksOptions {
  /** Adds the job of a schedule. */
  readonly add: (due: Schedule, payload: unknown, options: TickOptions) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** How the job of a tick is added. */
export interface TickOptions {
  /** The same in every process. */
  readonly id: string;
  /** For how long the store has to know it, in milliseconds. */
  readonly rememberedFor: number;
}

const backoff = { delay: 500, max: 30_000 };

/** Nobody tries longer than that to add the job of a tick: stores know an id for twice as long at least. */
const longestTry = 6 * 3_600_000;

/** By how much the clocks of two processes may differ, and a time to be slow in. */
const slack = 3_600_000;

const passing: ReadonlySet<string> = new Set(['JOB_QUEUE_UNAVAILABLE', 'JOB_QUEUE_FULL']);

export class Ticks {
  readonly #options: TicksOptions;
  readonly #closing = new AbortController();

  constructor(options: TicksOptions) {
    this.#options = options;
  }

  /** Adds the job, until it is there, the next tick is due or the ticks are closed. Never rejects. */
  async add(due: Schedule, { at, next }: Tick): Promise<void> {
    const { add, onError } = this.#options;
    const until = Math.min(at.getTime() + longestTry, next?.getTime() ?? Number.POSITIVE_INFINITY);
    // The id is the lock: every process tries, the store takes the first.
    const id = `schedule\n${due.name}\n${at.toISOString()}`;
    const rememberedFor = 2 * Math.max(0, until - at.getTime()) + slack;
    try {
      const payload = due.payload(at);
      for (let attempt = 1; !(await this.#try(() => add(due, payload, { id, rememberedFor }))); attempt += 1) {
        const wait = toWait(backoff, attempt);
        if (Date.now() + wait >= until) return;
        await sleep(wait, undefined, { signal: this.#closing.signal, ref: false });
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) onError(error);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  /** Whether it was added; what will not pass by itself is thrown. */
  async #try(add: () => Promise<unknown>): Promise<boolean> {
    try {
      await add();
      return true;
    } catch (error) {
      if (!(error instanceof JobError && passing.has(error.code)) || this.#closing.signal.aborted) throw error;
      this.#options.onError(error);
      return false;
    }
  }
}
