/** Options in, an ioredis client out, not connected yet. */
import type * as AllOfIoredis from 'ioredis';

import { toClientOptions, toClusterOptions, toSentinelOptions } from './redis-options.ts';
import type { CheckedOptions } from './redis-options.ts';

/** What is used of the module `ioredis`. */
export type Ioredis = Pick<typeof AllOfIoredis, 'Cluster' | 'Command' | 'Redis'>;

/** Who uses a client: everybody at once, one caller at a time, or the subscriptions. */
export type Role = 'shared' | 'dedicated' | 'subscriber';

export function createClient(
  ioredis: Ioredis,
  options: CheckedOptions,
  role: Role,
): AllOfIoredis.Redis | AllOfIoredis.Cluster {
  const { url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', sentinel, cluster } = options;
  // Of commands that may block the guard sets the clock.
  const commandTimeout = role === 'shared' ? options.commandTimeout : undefined;
  if (cluster !== undefined) {
    const nodes = cluster.nodes.map(({ host, port = 6379 }) => ({ host, port }));
    return new ioredis.Cluster(nodes, toClusterOptions(options, commandTimeout) as object);
  }
  const clientOptions = toClientOptions(options, commandTimeout);
  if (sentinel === undefined) return new ioredis.Redis(url, clientOptions);
  return new ioredis.Redis({ ...clientOptions, ...toSentinelOptions(sentinel, options) });
}
