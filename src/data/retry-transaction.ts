/** Transactions that are tried again. */
import { setTimeout as sleep } from 'node:timers/promises';

import { DatabaseError } from './database-error.ts';
import { toAborted } from './interrupt.ts';
import { ExhaustedError } from './sql-state.ts';
import type { RetryOptions } from './transaction-options.ts';

/**
 * Runs `attempt` until it succeeds, fails for another reason than a conflict or a lost connection, or has been tried often
 * enough.
 *
 * @throws RangeError when a number of `options` is none.
 */
export async function retryTransaction<T>(
  attempt: () => Promise<T>,
  options: number | RetryOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  const { retries = 5, delay = 20, maxDelay = 2000 } = typeof options === 'number' ? { retries: options } : options;
  if (!Number.isSafeInteger(retries) || retries < 0) {
    throw new RangeError(`retries must be a whole number of tries from 0 on, not ${retries}`);
  }
  if (!(delay >= 0 && maxDelay >= 0)) throw new RangeError('delay and maxDelay are milliseconds from 0 on');
  for (let tried = 0; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= retries || !isWorthRetrying(error)) throw error;
      await pause(Math.min(delay * 2 ** tried, maxDelay), signal);
    }
  }
}

/** A conflict, or a connection lost before the commit was sent: nothing of it has happened. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof ExhaustedError) return false;
  return error instanceof DatabaseError && (error.isConflict || error.code === 'DATABASE_UNAVAILABLE');
}

/** Up to `longest`, at random: those who clashed once would else clash again, in step. */
async function pause(longest: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.random() * longest, undefined, { signal });
  } catch (error) {
    if (signal?.aborted) throw toAborted(signal);
    throw error;
  }
}
