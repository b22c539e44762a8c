/**
 * Files that one holder has at a time, among all processes of a machine.
 * In: a path. Out: a way to let go of it. What dies with it in its hands lets go of it, too.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { lockFile } from './index.ts';

/** How often a file that somebody else has is tried again, in milliseconds. */
const EVERY = 100;

/**
 * Takes the file, which is made where it is not there, and waits so many milliseconds for whoever has it; undefined where that
 * was not enough.
 *
 * @returns what lets go of it.
 * @throws Error where the file cannot be made, or lies where there are no locks.
 */
export async function holdFile(file: string, patience: number): Promise<(() => void) | undefined> {
  const deadline = performance.now() + patience;
  for (;;) {
    const lock = lockFile(file);
    if (lock !== null) return () => lock.release();
    if (performance.now() >= deadline) return undefined;
    await sleep(EVERY);
  }
}
