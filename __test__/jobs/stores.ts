/** The stores that every test of jobs runs on: this process, real Redis, real PostgreSQL. */
import { randomBytes } from 'node:crypto';

import { bossJobs, bullJobs, memoryJobs } from '../../src/jobs/index.ts';
import type { JobDriver } from '../../src/jobs/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { useRedis } from '../helpers/redis.ts';

export interface Store {
  readonly name: string;
  /** Another driver on the same store; in memory each is a store of its own. */
  driver(): JobDriver;
  readonly clear: () => Promise<void>;
}

/** By name. Clear it in the test's teardown. */
export const stores: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => ({ name: 'memory', driver: () => memoryJobs(), clear: async () => {} }),
  BullMQ: async () => {
    const redis = useRedis();
    const { url, prefix } = redis;
    return { name: 'BullMQ', driver: () => bullJobs({ url, prefix: `${prefix}jobs` }), clear: () => redis.clear() };
  },
  'pg-boss': async () => {
    const database = await createDatabase();
    const { url } = database;
    const schema = `jobs_${randomBytes(4).toString('hex')}`;
    return {
      name: 'pg-boss',
      driver: () => bossJobs({ url, schema, pollingInterval: 100 }),
      clear: () => database.drop(),
    };
  },
};

/** Resolves when `condition` holds. @throws Error after `timeout` ms. */
export async function until(condition: () => boolean | Promise<boolean>, timeout = 45_000): Promise<void> {
  for (const deadline = Date.now() + timeout; !(await condition());) {
    if (Date.now() > deadline) throw new Error('it did not come to pass in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
