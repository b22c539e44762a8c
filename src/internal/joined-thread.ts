/** Threads that `listen({ workers })` has started, told from those of the program. */
import { workerData } from 'node:worker_threads';

/** What such a thread is told is under a name that no program's own data has. */
export const joinKey = 'covet:server';

/** The server this thread is to join: its number, or undefined on a thread of the program's own. */
export function serverToJoin(): number | undefined {
  const data: unknown = workerData;
  if (typeof data !== 'object' || data === null || !(joinKey in data)) return undefined;
  return typeof data[joinKey] === 'number' ? data[joinKey] : undefined;
}
