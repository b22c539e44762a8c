/** The options of a cache and of what is put into it, checked. */
import { CovetError } from '../error.ts';
import type { LoggerOption } from '../logger.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';

/** How long a factory may take, in milliseconds. */
export interface FactoryTimeout {
  /**
   * After this a value in its grace is given, and the factory goes on behind it. Default 0: it is given at once. Without a
   * value in its grace this has no effect.
   */
  readonly soft?: number | undefined;
  /**
   * After this callers get what is there in its grace, else a `TimeoutError` (504); the factory's `signal` fires. What it
   * gives later is kept all the same. Default: none.
   */
  readonly hard?: number | undefined;
}

/** How a value is kept. */
export interface EntryOptions {
  /** How long it is fresh, in seconds; 0 keeps nothing. Default: the cache's own, 300. */
  readonly ttl?: number | undefined;
  /**
   * How long after that it may still be given, in seconds: while a new one is being made, and when that fails. Default: the
   * cache's own, 0.
   */
  readonly grace?: number | undefined;
  /** How long `null` and `undefined` are fresh, in seconds; 0 does not keep them. Default: the cache's own, 30. Never longer than `ttl`. */
  readonly negativeTtl?: number | undefined;
  /**
   * The share of `ttl` that is taken off at random, so that what was made together does not end together: 0 to 1. Default:
   * the cache's own, 0.1.
   */
  readonly jitter?: number | undefined;
  /** Names by which `deleteByTag` finds it. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of `getOrSet`. */
export interface GetOrSetOptions extends EntryOptions {
  /** How long the factory may take: hard, or hard and soft. Default: the cache's own, no limit. */
  readonly timeout?: number | FactoryTimeout | undefined;
}

/** Options of `createCache` and `cache`. */
export interface CacheOptions extends Omit<GetOrSetOptions, 'tags'> {
  /**
   * What keys in Redis begin with, before the word `cache:`, so that nothing else of the application is among them. Default
   * `covet:{name}:`. Caches that share Redis and prefix share values.
   */
  readonly prefix?: string | undefined;
  /**
   * How much memory values may take, in all threads of the application together, in bytes, counted as they are written, with
   * their keys and tags; frozen ones four times where they are kept parsed as well. Default 32 MiB; 0 for none.
   */
  readonly maxBytes?: number | undefined;
  /**
   * What a hit in memory gives: `'copies'`, each its own, or `'frozen'`, one value for all that nobody can change. The latter
   * spares parsing it. Default `'copies'`.
   */
  readonly values?: 'copies' | 'frozen' | undefined;
  /** Redis as the second layer, shared by processes. Default: none. */
  readonly redis?: RedisConnection | Promise<RedisConnection> | undefined;
  /** How long Redis may take before a value counts as missing, in milliseconds. Default 500. */
  readonly redisTimeout?: number | undefined;
  /** How values are written. `'msgpack'` needs the package `@msgpack/msgpack`. Default `'json'`. */
  readonly format?: 'json' | 'msgpack' | undefined;
  /**
   * Whose values these are; it becomes part of the key and of tags. Default: the tenant of the request, once its `tenant`
   * dependency (`covet/data`) has been resolved, and nobody's elsewhere. A function is asked at each call besides; without an
   * answer the call is an error. `'shared'` keeps one value for all tenants: one made of a tenant's data is then an error.
   */
  readonly tenant?: 'shared' | (() => string | undefined) | undefined;
  /** Milliseconds since 1970, for tests that do not wait. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Where faults of Redis and of factories behind the scenes are told. Default: JSON lines on standard output. */
  readonly logger?: LoggerOption | undefined;
}

/** The same with defaults, times in milliseconds. */
export interface EntryPlan {
  readonly ttl: number;
  readonly grace: number;
  readonly negativeTtl: number;
  readonly jitter: number;
  readonly tags: readonly string[];
  readonly soft: number;
  readonly hard: number | undefined;
}

const longest = 10 * 365 * 86_400;

/** Options in, a plan out; what they leave out is as in `defaults`. @throws CovetError `INVALID_OPTION`. */
export function toPlan(cache: string, options: GetOrSetOptions, defaults: EntryPlan): EntryPlan {
  const seconds = (option: 'grace' | 'negativeTtl' | 'ttl'): number => {
    const value = options[option];
    if (value === undefined) return defaults[option];
    if (typeof value === 'number' && value >= 0 && value <= longest) return value * 1000;
    throw refusal(cache, `\`${option}\` is a number of seconds from 0, not ${String(value)}`);
  };
  const { jitter = defaults.jitter, tags = defaults.tags, timeout } = options;
  if (!(jitter >= 0 && jitter <= 1)) throw refusal(cache, `\`jitter\` is a number from 0 to 1, not ${String(jitter)}`);
  for (const tag of tags) {
    if (typeof tag !== 'string' || tag === '') throw refusal(cache, 'a tag is a text that is not empty');
  }
  const limits = typeof timeout === 'object' ? timeout : { hard: timeout };
  for (const limit of [limits.soft, limits.hard]) {
    if (limit !== undefined && !(limit >= 0 && limit < 2 ** 31)) {
      throw refusal(cache, `\`timeout\` is in milliseconds, not ${String(limit)}`);
    }
  }
  return {
    ttl: seconds('ttl'),
    grace: seconds('grace'),
    negativeTtl: seconds('negativeTtl'),
    jitter,
    tags,
    soft: limits.soft ?? defaults.soft,
    hard: limits.hard ?? defaults.hard,
  };
}

/** What the cache's own options leave out. Three hundred seconds and thirty are what most call short enough. */
export const byDefault: EntryPlan = {
  ttl: 300_000,
  grace: 0,
  negativeTtl: 30_000,
  jitter: 0.1,
  tags: [],
  soft: 0,
  hard: undefined,
};

/** An error about an option. */
export function refusal(cache: string, reason: string): CovetError {
  return new CovetError(`cache '${cache}': ${reason}`, { code: 'INVALID_OPTION' });
}
