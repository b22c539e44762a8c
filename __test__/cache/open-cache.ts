/** Caches for one test, in memory only and with the real Redis alike, with a clock that stands until it is moved. */
import type { ExecutionContext } from 'ava';

import { createCache } from '../../src/cache/index.ts';
import type { Cache, CreateCacheOptions } from '../../src/cache/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { useRedis } from '../helpers/redis.ts';

export type Layers = 'memory' | 'memory and Redis' | 'Redis';

export const allLayers: readonly Layers[] = ['memory', 'memory and Redis', 'Redis'];

export interface Opened {
  readonly cache: Cache;
  /** Another process's memory of the same cache, as far as that can be had in one. */
  readonly another: (options?: CreateCacheOptions) => Promise<Cache>;
  /** Moves the clock on by so many seconds. */
  readonly pass: (seconds: number) => void;
  readonly lines: string[];
  readonly url: string;
  readonly prefix: string;
}

let count = 0;

export async function open(t: ExecutionContext, layers: Layers, options: CreateCacheOptions = {}): Promise<Opened> {
  const corner = useRedis();
  const lines: string[] = [];
  // Ahead of Redis's own clock nothing runs out there before it does here.
  let time = Date.now();
  const prefix = `${corner.prefix}${(count += 1)}:`;
  const another = async (more: CreateCacheOptions = {}): Promise<Cache> => {
    const redis = layers === 'memory' ? undefined : await openRedis({ url: corner.url, logger: false });
    const cache = createCache({
      prefix,
      jitter: 0,
      // A machine that is busy with all the other tests is no fault of Redis.
      redisTimeout: 10_000,
      clock: () => time,
      logger: { destination: { write: (line) => lines.push(line) } },
      ...(layers === 'Redis' ? { maxBytes: 0 } : {}),
      ...(redis === undefined ? {} : { redis }),
      ...options,
      ...more,
    });
    await cache.ready();
    t.teardown(async () => {
      await cache.close();
      await redis?.close();
    });
    return cache;
  };
  t.teardown(() => corner.clear());
  const cache = await another();
  return { cache, another, pass: (seconds) => (time += seconds * 1000), lines, url: corner.url, prefix };
}
