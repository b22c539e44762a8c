/** Makes a value: alone among the processes where Redis can be asked, and in any case. */
import { setTimeout as sleep } from 'node:timers/promises';

import { TimeoutError } from '../error.ts';
import type { Entry } from './entry.ts';
import { Lock } from './lock.ts';
import type { RedisLayer } from './redis-layer.ts';

/** What {@link makeAlone} is asked to do. */
export interface Making {
  readonly key: string;
  readonly layer: RedisLayer;
  /** The fresh entry that is there by now. */
  readonly find: () => Promise<Entry | undefined>;
  /** What is given, instead of waiting, while another process makes the value. */
  readonly stale: Entry | undefined;
  /** How long to wait for another process, in milliseconds. Without it as long as that is at it. */
  readonly limit: number | undefined;
  readonly make: (lock: Lock | undefined) => Promise<Entry>;
}

/** The entry made here, or by another process that was at it already. */
export async function makeAlone(making: Making): Promise<Entry> {
  const { key, layer, find, stale, limit = Infinity, make } = making;
  const deadline = performance.now() + limit;
  for (let wait = 5; ; wait = Math.min(100, wait * 1.5)) {
    const lock = await Lock.take(layer, key);
    if (lock === undefined) return make(undefined);
    if (lock !== 'held') return makeLocked(making, lock);
    if (stale !== undefined) return stale;
    if (performance.now() > deadline) {
      throw new TimeoutError(`Another process took longer than ${limit} ms to make the value`);
    }
    await sleep(wait * (0.75 + Math.random() / 2));
    const entry = await find();
    if (entry !== undefined) return entry;
  }
}

async function makeLocked({ find, make }: Making, lock: Lock): Promise<Entry> {
  try {
    // Between our look and our lock another may have been done.
    return (await find()) ?? (await make(lock));
  } finally {
    await lock.release();
  }
}
