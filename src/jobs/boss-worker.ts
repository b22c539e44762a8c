/**
 * Takes jobs from pg-boss as room comes free. pg-boss' own loop waits for the slowest of a batch before it takes the next.
 */
import type PgBoss from 'pg-boss';

import type { JobWorker, WorkOptions } from './job-driver.ts';
import { UnrecoverableError } from './job-error.ts';

/** What a {@link BossWorker} is made of. */
export interface BossWorkerOptions extends WorkOptions {
  readonly queue: string;
  /** Milliseconds between two looks while nothing else says that there may be a job. */
  readonly interval: number;
  readonly boss: () => Promise<PgBoss>;
}

type Taken = PgBoss.JobWithMetadata<{ readonly name: string; readonly payload: string }>;

export class BossWorker implements JobWorker {
  readonly #options: BossWorkerOptions;
  readonly #active = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;
  #isClosed = false;

  constructor(options: BossWorkerOptions) {
    this.#options = options;
    this.look();
  }

  /** Looks for jobs now. Never rejects. */
  look(): void {
    this.#isAskedAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#active);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#isAskedAgain && !this.#isClosed) {
      this.#isAskedAgain = false;
      const room = this.#options.concurrency - this.#active.size;
      if (room > 0) await this.#take(room);
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.look(), this.#options.interval);
    this.#timer.unref();
  }

  async #take(room: number): Promise<void> {
    let jobs: Taken[];
    try {
      const boss = await this.#options.boss();
      jobs = await boss.fetch<Taken['data']>(this.#options.queue, {
        batchSize: room,
        includeMetadata: true,
      });
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    for (const job of jobs) {
      const running = this.#attempt(job).finally(() => {
        this.#active.delete(running);
        this.look();
      });
      this.#active.add(running);
    }
  }

  async #attempt({ id, data, retryCount }: Taken): Promise<void> {
    const { queue, run, onError, boss } = this.#options;
    let failure: { readonly error: unknown } | undefined;
    try {
      await run({ id, name: data.name, payload: data.payload, attempt: retryCount + 1 });
    } catch (error) {
      failure = { error };
    }
    try {
      const store = await boss();
      if (failure === undefined) await store.complete(queue, id);
      else if (failure.error instanceof UnrecoverableError) await store.cancel(queue, id);
      else await store.fail(queue, id, { message: toText(failure.error) });
    } catch (error) {
      // It is done again when its time has run out: at least once is what jobs are promised.
      onError(error);
    }
  }
}

function toText(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
