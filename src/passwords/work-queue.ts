/**
 * Costly work in, so much of it under way at once, the rest in line; what finds the line full is refused at once.
 */
import { CovetError } from '../error.ts';

/** Bounds of a {@link WorkQueue}. */
export interface WorkQueueOptions {
  /** How many run at once. */
  readonly concurrency: number;
  /** How many may wait. */
  readonly maxQueue: number;
  /** What the refusal calls the work: `Password hashing`. */
  readonly name: string;
}

interface Waiting {
  readonly start: () => void;
}

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order they came. A set, so that one who leaves the line costs nothing. */
  readonly #waiting = new Set<Waiting>();
  #running = 0;
  /** Milliseconds one piece of work took of late. */
  #duration = 0;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @throws CovetError 503 `SERVICE_UNAVAILABLE` with `Retry-After` when the line is full; the signal's reason when it
   * fires before the turn has come.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    await this.#turn(signal);
    const start = performance.now();
    try {
      return await work();
    } finally {
      const took = performance.now() - start;
      this.#duration = this.#duration === 0 ? took : this.#duration * 0.9 + took * 0.1;
      this.#leave();
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { concurrency, maxQueue } = this.#options;
    if (this.#running < concurrency) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= maxQueue) throw this.#refusal();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(waiting);
        reject(signal!.reason as Error);
      };
      const waiting: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The place goes to the first in line, if there is one. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(next);
    next.start();
  }

  #refusal(): CovetError {
    const { concurrency, name } = this.#options;
    const seconds = Math.max(1, Math.ceil((this.#waiting.size * this.#duration) / concurrency / 1000));
    return new CovetError(`${name} is at its limit: ${this.#waiting.size} wait already`, {
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      headers: { 'retry-after': String(seconds) },
    });
  }
}
