/** The Redis that `npm test` found or started, and servers of a test's own. */
import { randomBytes } from 'node:crypto';

import { Redis } from 'ioredis';

export { createOwnRedis } from '../../scripts/redis.mjs';

/** A corner of the shared server. */
export interface TestRedis {
  /** What an application takes as `REDIS_URL`. */
  readonly url: string;
  /** What all keys of the test begin with. */
  readonly prefix: string;
  /** Deletes them. */
  clear(): Promise<void>;
}

/** A prefix of the test's own on the shared server. Clear it in the test's teardown. */
export function useRedis(): TestRedis {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('no Redis: run the tests as `npm test -- <file>`, which brings one up');
  const prefix = `covet_${randomBytes(8).toString('hex')}:`;
  return {
    url,
    prefix,
    clear: async () => {
      const client = new Redis(url);
      try {
        for await (const keys of client.scanStream({ match: `${prefix}*`, count: 500 }) as AsyncIterable<string[]>) {
          if (keys.length > 0) await client.unlink(...keys);
        }
      } finally {
        client.disconnect();
      }
    },
  };
}
