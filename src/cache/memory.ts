/** Where a cache has values without asking Redis: this thread's memory, or that of all threads of the application. */
import type { Entry } from './entry.ts';
import type { Slot } from './memory-layer.ts';

/** A `MemoryLayer`, or a `SharedMemory`. */
export interface Memory {
  readonly bytes: number;
  readonly size: number;
  readonly evictions: number;
  /** The entry of a key, as long as it may be given at all. */
  get(key: string, now: number): Slot | undefined;
  /** Keeps an entry. Where threads share it, not one that any of them has invalidated since the change of that number. */
  set(key: string, entry: Entry, since?: number): void;
  delete(key: string): void;
  deleteByTag(tag: string): void;
  clear(): void;
}
