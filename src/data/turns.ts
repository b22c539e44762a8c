/** One after the other, in the order they came. */
import type { MaybePromise } from '../types/schema.ts';
import { DatabaseError } from './database-error.ts';

/** What tells how much longer to wait. */
export interface Patience {
  /** In milliseconds, in all. */
  readonly patience: number;
  /** In milliseconds, from now. */
  readonly remainingPatience: number;
}

/** @throws DatabaseError `TRANSACTION_ERROR` when the turn does not come before the patience is at its end. */
export async function endsWithin(turn: Promise<() => void>, limit: Patience): Promise<() => void> {
  let timer: NodeJS.Timeout | undefined;
  const outOfPatience = new Promise<never>((_, reject) => {
    const check = (): void => {
      const { remainingPatience } = limit;
      if (remainingPatience > 0) {
        timer = setTimeout(check, remainingPatience);
        return;
      }
      void turn.then((end) => end());
      const message = `A query waited for a savepoint in which nothing ran for ${limit.patience} ms. Does the savepoint wait for the query? Ask within it`;
      reject(new DatabaseError(message, { code: 'TRANSACTION_ERROR' }));
    };
    timer = setTimeout(check, limit.patience);
  });
  try {
    return await Promise.race([turn, outOfPatience]);
  } finally {
    clearTimeout(timer);
  }
}

/** A line of those who wait. */
export class Turns {
  #isTaken = false;
  readonly #waiting: (() => void)[] = [];

  /**
   * Waits for those before, where there are any. The function it gives lets the next one go on; to call it twice does
   * nothing.
   */
  take(): MaybePromise<() => void> {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(() => resolve(this.#toEnd())));
    this.#isTaken = true;
    return this.#toEnd();
  }

  #toEnd(): () => void {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#isTaken = false;
      else next();
    };
  }
}
