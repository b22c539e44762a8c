/**
 * The JS threads behind one address, as far as they share anything beside it: `listen({ workers })` makes a group of the thread
 * that calls it and of those it starts.
 *
 * Not all threads of the process: a program's own, such as a test runner's, that happen to use the same names must not find
 * each other's values.
 */
import { randomUUID } from 'node:crypto';
import { workerData } from 'node:worker_threads';

/** What a thread is told; under a name no program's own data has. */
const KEY = 'covet:threads';

/** Words of {@link ThreadGroup.marks}: 16 KiB, so that the changes of a busy cache rarely hit the word of another key. */
const WORDS = 4096;

/** The threads this one shares with. */
export interface ThreadGroup {
  /** Tells groups apart. */
  readonly id: string;
  /** How many threads they are meant to be. */
  readonly threads: number;
  /** Words that all of them read and count up, for whoever has copies to know that they are old. */
  readonly marks: Int32Array<SharedArrayBuffer>;
}

/** That of this thread; undefined as long as it is alone. */
let group = toGroup(workerData);
const listeners = new Set<(group: ThreadGroup) => void>();

/** Calls `listener` once this thread is in a group: now, or never, or when it is about to start others. What it throws prevents that. */
export function onThreadGroup(listener: (group: ThreadGroup) => void): () => void {
  if (group !== undefined) {
    listener(group);
    return () => {};
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Before this thread starts others: what each of them is to find in its `workerData`. */
export function formThreadGroup(threads: number): Readonly<Record<string, ThreadGroup>> {
  // One that listens at a second address has its first group still: its caches are in it.
  if (group === undefined) {
    const formed = { id: randomUUID(), threads, marks: new Int32Array(new SharedArrayBuffer(WORDS * 4)) };
    for (const listener of listeners) listener(formed);
    group = formed;
    listeners.clear();
  }
  return { [KEY]: group };
}

function toGroup(data: unknown): ThreadGroup | undefined {
  if (typeof data !== 'object' || data === null || !(KEY in data)) return undefined;
  return data[KEY] as ThreadGroup;
}
