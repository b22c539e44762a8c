/**
 * Values in this thread's memory, the least recently used given up first. All there is where the application has one thread;
 * where it has several, the copies that `SharedMemory` has.
 *
 * Not in Rust: a hit is found in 13 ns, where handing the key alone to Rust costs 235 ns, before the text has come back; it has
 * to be parsed either way, for 0.4 µs (benchmark/micro/cache.ts).
 */
import type { Entry } from './entry.ts';

/** What an entry costs beside its text: the Map's slot, the objects, the times. Measured: 260 bytes. */
const overhead = 300;

/** What an entry costs for each of its tags, and a tag itself beside its text. Measured: 73 and 180 bytes. */
const tagOverhead = 80;
const newTagOverhead = 250;

/** An entry in memory. */
export interface Slot {
  readonly key: string;
  readonly entry: Entry;
  readonly size: number;
  /** The value itself, where it is shared; made at the first hit. */
  value: unknown;
  hasValue: boolean;
  /** Used after this one. */
  newer: Slot | undefined;
  /** Used before this one. */
  older: Slot | undefined;
}

export class MemoryLayer {
  readonly #maxBytes: number;
  readonly #weight: number;
  /**
   * A chain in the order of use goes through the slots. The Map's own order, by taking a key out and putting it in again at
   * each hit, costs 14 µs a hit with 10,000 entries, since the Map is built anew again and again; the chain costs 13 ns.
   */
  readonly #slots = new Map<string, Slot>();
  readonly #keysByTag = new Map<string, Set<string>>();
  #newest: Slot | undefined;
  #oldest: Slot | undefined;
  #bytes = 0;
  #evictions = 0;

  /** @param weight what a byte of a payload costs: more than itself where the value is kept beside it. */
  constructor(maxBytes: number, weight = 1) {
    this.#maxBytes = maxBytes;
    this.#weight = weight;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#slots.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** The entry of a key, as long as it may be given at all. */
  get(key: string, now: number): Slot | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    if (slot.entry.staleUntil <= now) {
      this.#remove(slot);
      return undefined;
    }
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#link(slot);
    }
    return slot;
  }

  /** Keeps an entry, giving up others for it. One larger than all there is room for is not kept. */
  set(key: string, entry: Entry): void {
    this.delete(key);
    const text = entry.payload;
    const payload = (typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength) * this.#weight;
    const size = key.length + payload + overhead + entry.tags.size * tagOverhead;
    let sizeOfTags = 0;
    for (const tag of entry.tags.keys()) sizeOfTags += toTagSize(tag);
    if (size + sizeOfTags > this.#maxBytes) return;
    const slot: Slot = { key, entry, size, value: undefined, hasValue: false, newer: undefined, older: undefined };
    this.#slots.set(key, slot);
    this.#link(slot);
    this.#bytes += size;
    for (const tag of entry.tags.keys()) {
      const keys = this.#keysByTag.get(tag);
      if (keys === undefined) {
        this.#keysByTag.set(tag, new Set([key]));
        this.#bytes += toTagSize(tag);
      } else keys.add(key);
    }
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) {
      this.#remove(this.#oldest);
      this.#evictions += 1;
    }
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) this.#remove(slot);
  }

  deleteByTag(tag: string): void {
    for (const key of this.#keysByTag.get(tag) ?? []) this.delete(key);
  }

  clear(): void {
    this.#slots.clear();
    this.#keysByTag.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
    this.#bytes = 0;
  }

  /** All there is, the least recently used first. */
  *slots(): Generator<Slot> {
    for (let slot = this.#oldest; slot !== undefined; slot = slot.newer) yield slot;
  }

  #remove(slot: Slot): void {
    this.#slots.delete(slot.key);
    this.#unlink(slot);
    this.#bytes -= slot.size;
    for (const tag of slot.entry.tags.keys()) {
      const keys = this.#keysByTag.get(tag);
      keys?.delete(slot.key);
      if (keys?.size !== 0) continue;
      this.#keysByTag.delete(tag);
      this.#bytes -= toTagSize(tag);
    }
  }

  #link(slot: Slot): void {
    slot.older = this.#newest;
    slot.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = slot;
    this.#newest = slot;
    this.#oldest ??= slot;
  }

  #unlink({ newer, older }: Slot): void {
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
  }
}

const toTagSize = (tag: string): number => tag.length + newTagOverhead;
