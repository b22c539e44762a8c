/** Caches as values, and as a dependency. */
import { Depends } from '../di/depends.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { Dep, InjectSpec, Resolve } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { CacheOptions } from './cache-options.ts';
import { Cache } from './cache.ts';

/** Options of {@link createCache}. */
export interface CreateCacheOptions extends CacheOptions {
  /** What errors and the log call it, and the middle of its `prefix`. Default `'main'`. */
  readonly name?: string | undefined;
}

/**
 * A cache in memory, and in Redis where it gets a connection. The threads of `listen({ workers })` have one memory together,
 * for each `prefix`; other threads and other processes have their own, and tell each other what is deleted.
 *
 * @throws CovetError `INVALID_OPTION` for an option that cannot be.
 *
 * @example
 * ```ts
 * import { createCache } from 'covet/cache';
 *
 * const cache = createCache({ ttl: 60 });
 * await cache.set('greeting', { text: 'hello' });
 * console.log(await cache.get('greeting')); // { text: 'hello' }
 * await cache.close();
 * ```
 */
export function createCache(options: CreateCacheOptions = {}): Cache {
  return new Cache(options.name ?? 'main', options);
}

/** Options of {@link cache}: those of a cache, with Redis as a dependency. */
export interface CacheDependencyOptions extends Omit<CacheOptions, 'redis'> {
  /** What `redis()` of `covet/redis` made. Default: none. */
  readonly redis?: Dep<RedisConnection> | undefined;
}

/**
 * A cache as a dependency: one for the application, closed with it. Keep what it returns in a constant, and use that
 * everywhere: each call makes a dependency, and so a memory, of its own.
 *
 * @param name tells several apart; default `'main'`.
 * @param options or what they are made of, such as settings, and the function that makes them.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { cache } from 'covet/cache';
 * import { redis } from 'covet/redis';
 *
 * const main = cache('main', { ttl: 60, redis: redis() });
 *
 * const app = new Covet();
 * app.get('/rates', { deps: { cache: main } }, ({ cache }) =>
 *   cache.getOrSet('rates', async ({ signal }) => (await fetch('https://rates.example.com', { signal })).json()),
 * );
 * ```
 */
export function cache(name?: string, options?: CacheDependencyOptions): Dep<Cache>;
export function cache<const D extends InjectSpec>(
  name: string,
  needs: D,
  toOptions: (needs: Resolve<D>) => MaybePromise<CacheOptions>,
): Dep<Cache>;
export function cache(
  name = 'main',
  second: CacheDependencyOptions | InjectSpec = {},
  toOptions?: (needs: never) => MaybePromise<CacheOptions>,
): Dep<Cache> {
  const settings = { scope: 'singleton', name: `cache '${name}'` } as const;
  if (toOptions !== undefined) {
    const make = toOptions as (needs: unknown) => MaybePromise<CacheOptions>;
    return Depends(second as InjectSpec, async (needs) => createCache({ ...(await make(needs)), name }), settings);
  }
  const { redis, ...options } = second as CacheDependencyOptions;
  if (redis === undefined) return Depends(() => createCache({ ...options, name }), settings);
  return Depends({ redis }, ({ redis }) => createCache({ ...options, redis, name }), settings);
}
