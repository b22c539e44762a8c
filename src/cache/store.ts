/** Where values are: memory, Redis, and the word to other memories that some are gone. */
import { onThreadGroup } from '../native/thread-group.ts';
import { Bus } from './bus.ts';
import { refusal } from './cache-options.ts';
import type { CacheOptions, EntryPlan } from './cache-options.ts';
import { createMessagePackCodec, jsonCodec } from './codec.ts';
import type { Codec } from './codec.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { Entry, Versions } from './entry.ts';
import type { Invalidation } from './invalidation.ts';
import type { Lock } from './lock.ts';
import { MemoryLayer } from './memory-layer.ts';
import type { Slot } from './memory-layer.ts';
import type { Memory } from './memory.ts';
import { RedisLayer } from './redis-layer.ts';
import { SharedMemory } from './shared-memory.ts';
import { createWarner } from './warner.ts';
import type { Warn } from './warner.ts';
import { Watches } from './watches.ts';
import type { By, Watch } from './watches.ts';

/** What a byte of a value takes that is kept as text and parsed as well. Measured: 2 to 3.5, the more the smaller its fields. */
const parsedWeight = 4;

export class Store {
  memory: Memory;
  /** The same memory, where the application has several threads. */
  shared: SharedMemory | undefined;
  readonly redis: RedisLayer | undefined;
  readonly now: () => number;
  readonly warn: Warn;
  readonly watches: Watches = new Watches();
  readonly counts = { memory_hits: 0, redis_hits: 0, misses: 0, stale_hits: 0, loads: 0, errors: 0 };
  /** Told what is gone, by whomever. */
  onDrop: (invalidation: Invalidation) => void = () => {};
  readonly #codec: Codec;
  readonly #bus: Bus;
  readonly #stayAlone: () => void;
  readonly #isFrozen: boolean;

  constructor(name: string, options: CacheOptions) {
    const { maxBytes = 32 * 1024 * 1024, redisTimeout = 500, format = 'json', prefix = `covet:${name}:` } = options;
    if (!(maxBytes >= 0)) throw refusal(name, `\`maxBytes\` is a number from 0, not ${String(maxBytes)}`);
    if (!(redisTimeout > 0 && redisTimeout < 2 ** 31)) {
      throw refusal(name, `\`redisTimeout\` is a number of milliseconds, not ${String(redisTimeout)}`);
    }
    this.#codec = format === 'msgpack' ? createMessagePackCodec() : jsonCodec;
    this.#isFrozen = options.values === 'frozen';
    const weight = this.#isFrozen ? parsedWeight : 1;
    const alone = new MemoryLayer(maxBytes, weight);
    this.memory = alone;
    this.now = options.clock ?? Date.now;
    this.warn = createWarner(name, options.logger);
    const onFault = (error: unknown): void => {
      this.counts.errors += 1;
      this.warn('Redis gave the cache no answer', error);
    };
    // The source's prefix is also that of BullMQ's queue of the same name, and of sessions where the cache is called that.
    // Neither has anything under this word, and what is deleted by pattern is looked for under it alone.
    const base = `${prefix}cache:`;
    const channel = `${base}bus`;
    const connection = options.redis === undefined ? undefined : Promise.resolve(options.redis);
    const toMessage = (invalidation: Invalidation): string => this.#bus.toMessage(invalidation);
    const onPaid = (invalidation: Invalidation): void => this.#dropAgain(invalidation);
    const layer = { base, channel, toMessage, codec: this.#codec, timeout: redisTimeout, onPaid, onFault };
    this.redis = connection && new RedisLayer({ connection, ...layer });
    this.#bus = new Bus({
      channel,
      redis: connection && { connection, layer: this.redis! },
      origin: () => this.shared?.id,
      onInvalidation: (invalidation) => this.#drop(invalidation, 'other'),
      onStand: (stand) => this.#standAgain(stand),
      onFault,
    });
    this.#stayAlone = onThreadGroup((group) => {
      this.shared = new SharedMemory(group, { name: base, maxBytes, codec: this.#codec, weight });
      this.watches.share(this.shared);
      // The other threads are not there yet: nothing of it can have been deleted by one.
      for (const { key, entry } of alone.slots()) this.shared.set(key, entry);
      alone.clear();
      this.memory = this.shared;
    });
  }

  ready(): Promise<void> {
    return this.#bus.ready();
  }

  async close(): Promise<void> {
    await this.redis?.close();
    this.#stayAlone();
    this.#leave();
    await this.#bus.close();
  }

  isFresh(entry: Entry): boolean {
    return entry.freshUntil > this.now();
  }

  inGrace(entry: Entry): boolean {
    return entry.staleUntil > this.now();
  }

  /** The fresh value in memory, in an object since it may be undefined. */
  hit(key: string): { readonly value: unknown } | undefined {
    const slot = this.memory.get(key, this.now());
    if (slot === undefined || !this.isFresh(slot.entry)) return undefined;
    this.counts.memory_hits += 1;
    return { value: this.#valueOf(slot) };
  }

  /** The same from Redis, where memory has none. */
  async find(key: string): Promise<{ readonly value: unknown } | undefined> {
    const hit = this.hit(key);
    if (hit !== undefined) return hit;
    const entry = await this.fetch(key);
    if (entry === undefined || !this.isFresh(entry)) return undefined;
    this.counts.redis_hits += 1;
    return { value: this.decode(entry) };
  }

  /** The entry in Redis, fresh or in its grace. A fresh one is kept in memory, unless it was invalidated on its way here. */
  async fetch(key: string): Promise<Entry | undefined> {
    if (this.redis === undefined) return undefined;
    const watch = this.watches.begin();
    try {
      const entry = await this.redis.get(key);
      if (entry !== undefined && this.isFresh(entry)) this.remember(key, entry, watch);
      return entry;
    } finally {
      watch.end();
    }
  }

  /** Keeps in memory what was read or made while `watch` watched, unless it was invalidated meanwhile. */
  remember(key: string, entry: Entry, watch: Watch): void {
    if (!watch.mayBeGone(key, entry.tags.keys())) this.memory.set(key, entry, watch.since);
  }

  /** Keeps what was made while `watch` watched, under the lock if there is one. Redis refuses what was invalidated itself. */
  async keepMade(key: string, entry: Entry, watch: Watch, lock: Lock | undefined): Promise<void> {
    const life = entry.staleUntil - this.now();
    if (life <= 0) return;
    this.remember(key, entry, watch);
    if (lock === undefined || !hasVersions(entry)) return;
    const isKept = await lock.keep(entry, life);
    // Somebody's word that it is gone is on its way.
    if (isKept === false && this.#remembers(key, entry)) this.memory.delete(key);
  }

  /** Keeps a value that takes the place of what is there, and has other memories drop theirs. */
  async put(key: string, entry: Entry, watch: Watch): Promise<void> {
    const life = entry.staleUntil - this.now();
    // Invalidated since: what was there before it is no better.
    if (life <= 0 || watch.isDeleted(key, entry.tags.keys())) return this.remove({ keys: [key] });
    watch.end();
    // What is being read or made under this key is not what is to be kept.
    const since = this.watches.note({ keys: [key] }, 'other');
    this.onDrop({ keys: [key] });
    if (watch.hasGap) this.memory.delete(key);
    else this.memory.set(key, entry, since);
    // Another thread may have deleted it between the look and the word.
    if (watch.isDeleted(key, entry.tags.keys())) return this.remove({ keys: [key] });
    // Without versions it could not be told to be invalid.
    if (hasVersions(entry)) await this.redis?.set(key, entry, life);
    else await this.redis?.remove({ keys: [key] });
    if (this.shared !== undefined && this.redis !== undefined) {
      // As in #dropAgain, and so may one that was set at the same time: Redis knows which came later.
      this.watches.note({ keys: [key] }, 'other');
      if (!this.#remembers(key, entry)) this.memory.delete(key);
    }
    await this.tell({ keys: [key] });
  }

  /** Takes out of memory what is gone, here and everywhere. */
  async remove(invalidation: Invalidation): Promise<void> {
    this.#drop(invalidation, 'deletion');
    await this.redis?.remove(invalidation);
    this.#dropAgain(invalidation);
    await this.tell(invalidation);
  }

  /** Has other memories drop what they have. */
  tell(invalidation: Invalidation): Promise<void> {
    return this.#bus.tell(invalidation);
  }

  toEntry(value: unknown, plan: EntryPlan, { tags, epoch }: Versions): Entry {
    const payload = this.#codec.encode(value);
    // Whole milliseconds, as they are written.
    const createdAt = Math.floor(this.now());
    const isNegative = value === undefined || value === null;
    const ttl = (isNegative ? Math.min(plan.negativeTtl, plan.ttl) : plan.ttl) * (1 - plan.jitter * Math.random());
    const freshUntil = Math.floor(createdAt + ttl);
    const staleUntil = ttl === 0 ? freshUntil : Math.floor(freshUntil + plan.grace);
    return { payload, createdAt, freshUntil, staleUntil, tags, epoch };
  }

  decode(entry: Entry): unknown {
    return this.#codec.decode(entry.payload);
  }

  /** The versions before a value is made: what is invalidated meanwhile must find it invalid. */
  async versionsOf({ tags, ttl, grace }: EntryPlan): Promise<Versions> {
    const versions = await this.redis?.versionsOf(tags, ttl + grace);
    return versions ?? { epoch: '', tags: new Map(tags.map((tag) => [tag, ''])) };
  }

  #valueOf(slot: Slot): unknown {
    if (!this.#isFrozen) return this.decode(slot.entry);
    if (!slot.hasValue) {
      slot.value = deepFreeze(this.decode(slot.entry));
      slot.hasValue = true;
    }
    return slot.value;
  }

  #drop(invalidation: Invalidation, by: By): void {
    // Before it is gone: another thread that has not heard of it may put it back.
    this.watches.note(invalidation, by);
    this.#forget(invalidation);
    this.onDrop(invalidation);
  }

  /** Before it was gone from Redis, too, another thread may have read it there, and put it into the memory of all. */
  #dropAgain(invalidation: Invalidation): void {
    if (this.shared === undefined || this.redis === undefined) return;
    this.watches.note(invalidation, 'other');
    this.#forget(invalidation);
  }

  #forget({ keys = [], tags = [], all }: Invalidation): void {
    if (all === true) this.memory.clear();
    for (const key of keys) this.memory.delete(key);
    for (const tag of tags) this.memory.deleteByTag(tag);
  }

  /** Whether it is this entry that is in memory, which other threads may have put there as well. */
  #remembers(key: string, { createdAt, freshUntil }: Entry): boolean {
    const kept = this.memory.get(key, this.now())?.entry;
    return kept?.createdAt === createdAt && kept.freshUntil === freshUntil;
  }

  /** From now on this thread has no memory: it would not hear what the others invalidate. */
  #leave(): void {
    const { shared } = this;
    if (shared === undefined) return;
    this.memory = new MemoryLayer(0);
    this.shared = undefined;
    this.watches.share(undefined);
    shared.close();
  }

  /** What others said before was not heard: whatever is in memory may be gone. */
  #standAgain(stand: 'first' | 'again'): void {
    if (stand === 'again') this.#drop({ all: true }, 'other');
    else {
      // What is being made goes on: at the start everybody waits for it, and Redis refuses it if it was invalidated.
      this.memory.clear();
      this.watches.noteGap();
    }
    void this.redis?.wake();
  }
}

const hasVersions = ({ epoch }: Entry): boolean => epoch !== '';
