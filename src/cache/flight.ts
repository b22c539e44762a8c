/** One value being made, and everybody who waits for it. */
import { TimeoutError } from '../error.ts';
import type { EntryPlan } from './cache-options.ts';
import type { CacheKey } from './canonical-key.ts';
import type { Entry } from './entry.ts';
import type { Watch } from './watches.ts';

/** What a factory is told. */
export interface FactoryContext {
  /** Fires when the factory has taken longer than its hard limit. */
  readonly signal: AbortSignal;
}

/** Makes a value. */
export type Factory<T> = (context: FactoryContext) => T | PromiseLike<T>;

/** What a factory gives that knows more of its value than its caller did. */
export class Made<T, Key = CacheKey> {
  readonly value: T;
  /** Times in milliseconds; `ttl` 0 does not keep it. */
  readonly times: Pick<EntryPlan, 'grace' | 'ttl'>;
  /** Where it is kept, if not under the key it was asked for by. */
  readonly key: Key | undefined;

  constructor(value: T, times: Pick<EntryPlan, 'grace' | 'ttl'>, key?: Key) {
    this.value = value;
    this.times = times;
    this.key = key;
  }
}

export interface Flight {
  /** The value that may be given meanwhile, as soon as it is known whether there is one. */
  readonly stale: Promise<Entry | undefined>;
  readonly tags: readonly string[];
  /** From its beginning to its end. */
  readonly watch: Watch;
  readonly result: Promise<Entry>;
}

/** Runs `work`; rejects with a TimeoutError when it takes longer than `limit` milliseconds. The work goes on, told by its signal. */
export async function withLimit<T>(
  work: (context: FactoryContext) => Promise<T>,
  limit: number | undefined,
  onTimeout: (late: Promise<T>) => void,
): Promise<T> {
  const abort = new AbortController();
  const result = work({ signal: abort.signal });
  if (limit === undefined) return result;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new TimeoutError(`The value took longer than ${limit} ms to make`);
      onTimeout(result);
      reject(error);
      abort.abort(error);
    }, limit);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `result` gives within `limit` milliseconds, else undefined; also where it fails. */
export async function orAfter<T>(result: Promise<T>, limit: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limit);
  });
  try {
    // That it failed is told by whoever made it.
    return await Promise.race([result.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
