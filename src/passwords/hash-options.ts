/** Options of a hasher in, checked and with defaults out. */
import { CovetError } from '../error.ts';

/** Options of {@link PasswordHasher}. */
export interface PasswordHasherOptions {
  /** KiB of memory one hash fills. Default 19456 (19 MiB); at most 262144, and at least what `timeCost` leaves to it. */
  readonly memoryCost?: number | undefined;
  /**
   * How often the memory is passed over. Default 2, at most 16. The fewer passes, the more memory is asked for: 47104 KiB
   * for 1, 19456 for 2, 12288 for 3, 9216 for 4, 7168 from 5 on, the settings of equal strength of OWASP's cheat sheet.
   */
  readonly timeCost?: number | undefined;
  /** Lanes of one hash. Default 1, at most 16. */
  readonly parallelism?: number | undefined;
  /**
   * How many passwords are worked on at once, in this thread of JavaScript. Default: half of libuv's threads
   * (`UV_THREADPOOL_SIZE`, 4 unless set), at least 1, so that files and names are still looked up meanwhile. With
   * `listen({ workers })` every worker has as many.
   */
  readonly concurrency?: number | undefined;
  /** How many may wait for their turn; whoever comes then gets a 503. Default 1000; 0 lets none wait. */
  readonly maxQueue?: number | undefined;
}

/** What one hash is made with. */
export interface Cost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** {@link PasswordHasherOptions}, complete. */
export interface HasherSettings extends Cost {
  readonly concurrency: number;
  readonly maxQueue: number;
}

/**
 * KiB of memory by passes, from 1 on: settings of equal strength (OWASP Password Storage Cheat Sheet, argon2id).
 */
const LEAST_MEMORY = [47_104, 19_456, 12_288, 9216, 7168] as const;

/** What is still worked on: a hash that asks for more was not made to be checked, but to stop whoever checks it. */
export const MOST: Cost = { memoryCost: 262_144, timeCost: 16, parallelism: 16 };

/** libuv's default, and the most it takes. */
const POOL = { size: 4, most: 1024 };

/** @throws CovetError `INVALID_OPTION` for a setting that is too weak, too costly or no number. */
export function toHasherSettings(options: PasswordHasherOptions): HasherSettings {
  const timeCost = checkNumber('timeCost', options.timeCost ?? 2, 1, MOST.timeCost);
  const parallelism = checkNumber('parallelism', options.parallelism ?? 1, 1, MOST.parallelism);
  const least = LEAST_MEMORY[Math.min(timeCost, LEAST_MEMORY.length) - 1]!;
  const memoryCost = checkNumber('memoryCost', options.memoryCost ?? Math.max(19_456, least), 1, MOST.memoryCost);
  if (memoryCost < least) {
    throw invalid(`A memoryCost of ${memoryCost} KiB is too weak with timeCost ${timeCost}: take ${least} or more`);
  }
  return {
    memoryCost,
    timeCost,
    parallelism,
    concurrency: checkNumber('concurrency', options.concurrency ?? defaultConcurrency(), 1, POOL.most),
    maxQueue: checkNumber('maxQueue', options.maxQueue ?? 1000, 0, 1_000_000),
  };
}

function defaultConcurrency(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? POOL.size);
  return Number.isInteger(threads) ? Math.min(POOL.most, Math.max(1, Math.floor(threads / 2))) : POOL.size / 2;
}

function checkNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`The ${name} of a password hasher is a whole number from ${least} to ${most}, not ${String(value)}`);
}

const invalid = (message: string): CovetError => new CovetError(message, { code: 'INVALID_OPTION' });
