/** Redis as a dependency, and as a value for those who have no application. */
import { announce } from '../connections/announced.ts';
import { connections } from '../connections/connections.ts';
import { Depends } from '../di/depends.ts';
import { CovetError } from '../error.ts';
import type { Dep, InjectSpec, Resolve } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Ioredis } from './create-client.ts';
import { RedisConnection } from './redis-connection.ts';
import { checkOptions } from './redis-options.ts';
import type { RedisOptions } from './redis-options.ts';

/** Options of {@link openRedis}. */
export interface OpenRedisOptions extends RedisOptions {
  /** What errors and the log call it. Default `'main'`. */
  readonly name?: string | undefined;
}

/**
 * Opens a connection to Redis: a single server, a primary found by Sentinels, or a cluster. Needs the package `ioredis`.
 *
 * It does not wait for the server. One that is away is connected to when it comes back; until then commands fail at once.
 *
 * @throws CovetError `INVALID_OPTION` for an option that cannot be, or when `ioredis` is not installed.
 *
 * @example
 * ```ts
 * import { openRedis } from 'covet/redis';
 *
 * const redis = await openRedis({ url: 'redis://127.0.0.1:6379', commandTimeout: 1000 });
 * await redis.client.set('greeting', 'hello', 'EX', 60);
 * await redis.close();
 * ```
 */
export async function openRedis(options: OpenRedisOptions = {}): Promise<RedisConnection> {
  const checked = checkOptions(options.name ?? 'main', options);
  return new RedisConnection(await loadClient(), checked);
}

async function loadClient(): Promise<Ioredis> {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new CovetError('covet/redis needs a package: run `npm install ioredis`', { cause });
  }
}

/**
 * A connection to Redis as a dependency: one for the application, opened when it is first needed, closed with it. It shows
 * among `connections` as `redis_{name}`.
 *
 * Keep what it returns in a constant, and use that everywhere: each call makes a dependency, and so a connection, of its own.
 *
 * @param name tells several apart; default `'main'`.
 * @param options or what they are made of, such as settings, and the function that makes them.
 *
 * @example
 * ```ts
 * import { Covet, defineSettings } from 'covet';
 * import { redis } from 'covet/redis';
 * import { z } from 'zod';
 *
 * const Settings = defineSettings(z.object({ REDIS_URL: z.url().default('redis://127.0.0.1:6379') }));
 * const main = redis('main', { settings: Settings }, ({ settings }) => ({ url: settings.REDIS_URL }));
 *
 * const app = new Covet();
 * app.post('/visits', { deps: { redis: main } }, ({ redis }) => redis.client.incr('visits'));
 * ```
 */
export function redis(name?: string, options?: RedisOptions): Dep<RedisConnection>;
export function redis<const D extends InjectSpec>(
  name: string,
  needs: D,
  toOptions: (needs: Resolve<D>) => MaybePromise<RedisOptions>,
): Dep<RedisConnection>;
export function redis(
  name = 'main',
  second: RedisOptions | InjectSpec = {},
  toOptions?: (needs: never) => MaybePromise<RedisOptions>,
): Dep<RedisConnection> {
  // Faults of options that stand in the program are faults of the program: told at once.
  if (toOptions === undefined) checkOptions(name, second);
  const options =
    toOptions === undefined
      ? Depends(() => second as RedisOptions, { scope: 'singleton', name: `redis '${name}' options` })
      : Depends(second as InjectSpec, toOptions as (needs: unknown) => MaybePromise<RedisOptions>, {
          scope: 'singleton',
          name: `redis '${name}' options`,
        });
  const dependency: Dep<RedisConnection> = Depends(
    { connections, options },
    async function* ({ connections, options }) {
      const connection = await openRedis({ ...options, name });
      try {
        const leave = connections.add(`redis_${name}`, connection);
        yield connection;
        leave();
      } finally {
        await connection.close();
      }
    },
    { scope: 'singleton', name: `redis '${name}'` },
  );
  return announce(dependency, `redis_${name}`);
}
