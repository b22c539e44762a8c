/**
 * Values in the memory of the process, for all JS threads of the application: one limit, one word for all when something is
 * gone, one thread at a time that makes a value.
 *
 * The values are in Rust, as bytes. Each thread has copies of those it uses as entries of its own, within a share of the limit,
 * and looks at a word of shared memory to know whether a copy is still the value. A hit on a copy costs 99 ns, where one thread's
 * `MemoryLayer` takes 33; without copies it were 3.7 µs until the bytes are out of Rust and 5.8 µs until they are an entry
 * (the fastest of nine rounds on a busy machine; benchmark/micro/cache.ts has the cases). An application on one thread
 * therefore has its `MemoryLayer` alone.
 */
import { CACHE_GONE, NativeCache } from '../native/index.ts';
import type { ThreadGroup } from '../native/thread-group.ts';
import type { Codec } from './codec.ts';
import { fromEnvelope, toEnvelope } from './entry.ts';
import type { Entry } from './entry.ts';
import { withLimit } from './flight.ts';
import type { Invalidation } from './invalidation.ts';
import { MemoryLayer } from './memory-layer.ts';
import type { Slot } from './memory-layer.ts';
import type { Memory } from './memory.ts';
import type { By, SharedChanges } from './watches.ts';

/** What a {@link SharedMemory} is made with. */
export interface SharedMemoryOptions {
  /** The same for all caches that share. */
  readonly name: string;
  /** For all threads together. */
  readonly maxBytes: number;
  readonly codec: Codec;
  /** What a byte of a payload costs in a copy, as in `MemoryLayer`. */
  readonly weight: number;
}

/** What {@link SharedMemory.untilTurn} is asked for. */
export interface TurnRequest {
  readonly key: string;
  readonly tags: readonly string[];
  /** How long another thread may take, in milliseconds. */
  readonly hard: number | undefined;
  /** What is given, instead of waiting, while another thread makes the value. */
  readonly stale: Entry | undefined;
  /** The entry of the key in memory that may be given without asking anybody. */
  readonly look: () => Entry | undefined;
}

/** The right to make a value, of one thread among all; no longer when it is ended. */
export interface Turn {
  readonly end: () => void;
}

/** The part of the limit that copies may have, of all threads together: what is used most is a small part of what is kept. */
const copyShare = 1 / 4;

/** A copy is looked up again after so many milliseconds, so that what is used here is not the least recently used there. */
const renewal = 1000;

/** The word that counts whatever is deleted otherwise than by its key; the others count for the keys that fall on them. */
const dropsWord = 0;

/** A value as this thread has copied it, with what says whether it still is the value. */
interface Copy extends Entry {
  readonly version: number;
  readonly word: number;
  mark: number;
  drops: number;
  readAt: number;
}

export class SharedMemory implements Memory, SharedChanges {
  readonly #codec: Codec;
  readonly #native: NativeCache;
  readonly #marks: Int32Array;
  readonly #copies: MemoryLayer;
  readonly #waiting = new Map<number, () => void>();
  /** The same in all threads that share it. */
  readonly id: string;
  #isClosed = false;

  constructor(group: ThreadGroup, { name, maxBytes, codec, weight }: SharedMemoryOptions) {
    this.id = group.id;
    this.#codec = codec;
    this.#marks = group.marks;
    this.#copies = new MemoryLayer(Math.floor((maxBytes * copyShare) / group.threads), weight);
    this.#native = NativeCache.join(`${group.id} ${name}`, maxBytes, () => this.#wake());
  }

  /** Of all threads, and so are {@link size} and {@link evictions}. */
  get bytes(): number {
    return this.#native.stats(this.#copies.bytes).bytes;
  }

  get size(): number {
    return this.#native.stats(this.#copies.bytes).entries;
  }

  get evictions(): number {
    return this.#native.stats(this.#copies.bytes).evictions;
  }

  get(key: string, now: number): Slot | undefined {
    const slot = this.#copies.get(key, now);
    if (slot === undefined) return this.#read(key, now);
    const { mark, word, drops, readAt } = slot.entry as Copy;
    const isCurrent = Atomics.load(this.#marks, word) === mark && Atomics.load(this.#marks, dropsWord) === drops;
    return isCurrent && now - readAt < renewal ? slot : this.#read(key, now, slot);
  }

  set(key: string, entry: Entry, since: number = Infinity): void {
    const word = this.#wordOf(key);
    const [mark, drops] = [Atomics.load(this.#marks, word), Atomics.load(this.#marks, dropsWord)];
    const bytes = toEnvelope(entry, this.#codec.tag);
    const tags = [...entry.tags.keys()];
    const version = this.#native.put(key, bytes, entry.staleUntil, tags, since, this.#copies.bytes);
    if (version === CACHE_GONE) return;
    this.#copies.delete(key);
    // Where another thread has counted as well, its value may have come after this one.
    if (Atomics.add(this.#marks, word, 1) !== mark || version <= 0) return;
    const copy: Copy = { ...entry, version, word, mark: mark + 1, drops, readAt: entry.createdAt };
    this.#copies.set(key, copy);
  }

  delete(key: string): void {
    this.#native.delete(key);
    Atomics.add(this.#marks, this.#wordOf(key), 1);
    this.#copies.delete(key);
  }

  deleteByTag(tag: string): void {
    this.#native.deleteByTag(tag);
    Atomics.add(this.#marks, dropsWord, 1);
    this.#copies.deleteByTag(tag);
  }

  clear(): void {
    this.#native.clear();
    Atomics.add(this.#marks, dropsWord, 1);
    this.#copies.clear();
  }

  /** The number of the last {@link note} of any thread. */
  get last(): number {
    return this.#native.lastChange();
  }

  note({ keys = [], tags = [], all }: Invalidation, by: By): number {
    if (all === true) return this.#native.noteAll();
    const [deleted, replaced] = by === 'deletion' ? [keys, []] : [[], keys];
    return this.#native.note([...deleted], [...replaced], [...tags]);
  }

  isGone(key: string, tags: string[], since: number): boolean {
    return this.#native.isGone(key, tags, since);
  }

  isDeleted(key: string, tags: string[], since: number): boolean {
    return this.#native.isDeleted(key, tags, since);
  }

  /**
   * Waits until it is this thread's turn to make a value; or until another thread has made it: that entry. A thread that fails,
   * gives up or dies is no longer waited for.
   *
   * @throws TimeoutError when others take longer than the hard limit.
   */
  async untilTurn({ key, tags, hard, stale, look }: TurnRequest): Promise<Turn | Entry> {
    while (!this.#isClosed) {
      const number = this.#native.takeTurn(key, [...tags]);
      if (number > 0) {
        const turn: Turn = { end: () => this.#endTurn(key, number) };
        // Between our look and our turn another may have been done.
        const entry = look();
        if (entry === undefined) return turn;
        turn.end();
        return entry;
      }
      if (stale !== undefined) return stale;
      const woken = new Promise<void>((resolve) => this.#waiting.set(number, resolve));
      await withLimit(
        () => woken,
        hard,
        () => this.#waiting.delete(number),
      );
      const entry = look();
      if (entry !== undefined) return entry;
    }
    return { end: () => {} };
  }

  /** Leaves the others, who may then make what this thread is making. */
  close(): void {
    this.#isClosed = true;
    this.#native.leave();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  #endTurn(key: string, number: number): void {
    if (!this.#isClosed) this.#native.endTurn(key, number);
  }

  #read(key: string, now: number, slot?: Slot): Slot | undefined {
    const copy = slot?.entry as Copy | undefined;
    const word = copy?.word ?? this.#wordOf(key);
    // Before the value: what changes after that makes the copy old.
    const [mark, drops] = [Atomics.load(this.#marks, word), Atomics.load(this.#marks, dropsWord)];
    const found = this.#native.get(key, now, copy?.version ?? 0, this.#copies.bytes);
    if (found !== null && found.bytes === undefined && copy !== undefined) {
      Object.assign(copy, { mark, drops, readAt: now });
      return slot;
    }
    if (copy !== undefined) this.#copies.delete(key);
    const entry = found?.bytes === undefined ? undefined : fromEnvelope(found.bytes, this.#codec.tag);
    if (entry === undefined) return undefined;
    const read: Copy = { ...entry, version: found!.version, word, mark, drops, readAt: now };
    this.#copies.set(key, read);
    // One that is too large to be copied is given all the same.
    return (
      this.#copies.get(key, now) ?? {
        key,
        entry,
        size: 0,
        value: undefined,
        hasValue: false,
        newer: undefined,
        older: undefined,
      }
    );
  }

  #wake(): void {
    if (this.#isClosed) return;
    for (const number of this.#native.takeWoken()) {
      this.#waiting.get(number)?.();
      this.#waiting.delete(number);
    }
  }

  /** FNV-1a. Who makes two keys fall on one word has copies looked up again, nothing worse. */
  #wordOf(key: string): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    return 1 + ((hash >>> 0) % (this.#marks.length - 1));
  }
}
