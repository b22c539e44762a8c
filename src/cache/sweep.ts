/** Frees what was cleared: it cannot be read any more, and would take room until it runs out. */
import type { RedisClient } from '../redis/redis-connection.ts';
import { dropEarlier } from './redis-scripts.ts';

/** What {@link sweep} goes through. */
export interface Sweep {
  readonly client: RedisClient;
  /** What the keys of values begin with, and nothing else. */
  readonly start: string;
  /** Where the epoch is: what is of the current one stays. */
  readonly epochKey: string;
  readonly signal: AbortSignal;
}

/** Goes through Redis a step at a time, each as long as a command may take. Rejects where Redis is lost. */
export async function sweep({ client, start, epochKey, signal }: Sweep): Promise<void> {
  const match = `${start.replaceAll(/[\\*?[\]]/g, '\\$&')}*`;
  const nodes =
    'nodes' in client ? (client as unknown as { nodes(role: string): RedisClient[] }).nodes('master') : [client];
  for (const node of nodes) {
    let cursor = '0';
    do {
      const [next, keys] = await (node as unknown as Scanner).scan(cursor, 'MATCH', match, 'COUNT', 500);
      // It may have been cleared again since.
      const epoch = (await client.get(epochKey)) ?? 'none';
      await Promise.all(keys.map((key) => client.eval(dropEarlier, 1, key, epoch)));
      cursor = next;
    } while (cursor !== '0' && !signal.aborted);
  }
}

interface Scanner {
  scan(cursor: string, ...options: (string | number)[]): Promise<[cursor: string, keys: string[]]>;
}
