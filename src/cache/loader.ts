import type { EntryPlan } from './cache-options.ts';
import type { Entry } from './entry.ts';
import { Made, orAfter, withLimit } from './flight.ts';
import type { Factory, Flight } from './flight.ts';
/** Values in the making: each once, for everybody who asks for it meanwhile. */
import type { Invalidation } from './invalidation.ts';
import type { Lock } from './lock.ts';
import { makeAlone } from './maker.ts';
import type { Turn } from './shared-memory.ts';
import type { Store } from './store.ts';

/** After a factory failed, a value in its grace is given for this long before it is tried again, in milliseconds. */
const rest = 5000;

/** The longest a timer can run: whoever leads waits for what it makes, however long that takes. */
const longest = 2 ** 31 - 1;

/** A value, or one that says how long and where it is kept. */
type Makes<T> = T | Made<T, string>;

export class Loader {
  readonly #store: Store;
  readonly #flights = new Map<string, Flight>();

  constructor(store: Store) {
    this.#store = store;
    store.onDrop = (invalidation) => this.#cancel(invalidation);
  }

  /** What `factory` gives, not kept. */
  call<T>(factory: Factory<T>, { hard }: EntryPlan, onTimeout: (late: Promise<T>) => void = () => {}): Promise<T> {
    this.#store.counts.loads += 1;
    return withLimit(async (context) => factory(context), hard, onTimeout);
  }

  /** The entry of a key that memory has no fresh one of. */
  load<T>(key: string, factory: Factory<T>, plan: EntryPlan): Promise<Entry> {
    return this.#give(this.#join(key, factory, plan, 'behind').flight, plan.soft);
  }

  /** The same, and the one that makes it waits for it: a value in its grace is for the others, and for when that fails. */
  lead<T>(key: string, factory: Factory<Makes<T>>, plan: EntryPlan): Promise<Entry> {
    const { flight, isFirst } = this.#join(key, factory, plan, 'ahead');
    return this.#give(flight, isFirst ? longest : 0);
  }

  /** Keeps a value in place of what is there. */
  async set(key: string, value: unknown, plan: EntryPlan): Promise<void> {
    const store = this.#store;
    const watch = store.watches.begin();
    try {
      const versions = await store.versionsOf(plan);
      await store.put(key, store.toEntry(value, plan, versions), watch);
    } finally {
      watch.end();
    }
  }

  /** Makes a value for one caller, whoever else is at it, and keeps it in place of what is there. */
  async replace<T>(key: string, factory: Factory<Made<T, string>>, plan: EntryPlan): Promise<void> {
    const store = this.#store;
    const watch = store.watches.begin();
    try {
      const versions = await store.versionsOf(plan);
      const { value, times, key: place = key } = await this.call(factory, plan);
      const entry = store.toEntry(value, { ...plan, ...times }, versions);
      if (store.inGrace(entry)) await store.put(place, entry, watch);
    } finally {
      watch.end();
    }
  }

  async #give(flight: Flight, soft: number): Promise<Entry> {
    const store = this.#store;
    const stale = await flight.stale;
    // Its grace may have ended since the flight began.
    if (stale === undefined || !store.inGrace(stale)) return flight.result;
    const made = soft > 0 ? await orAfter(flight.result, soft) : undefined;
    if (made !== undefined) return made;
    store.counts.stale_hits += 1;
    return stale;
  }

  #join<T>(
    key: string,
    factory: Factory<Makes<T>>,
    plan: EntryPlan,
    making: Flying['making'],
  ): { readonly flight: Flight; readonly isFirst: boolean } {
    const other = this.#flights.get(key);
    // Another thread may have invalidated it since: who asks from now on wants another.
    if (other !== undefined && !other.watch.isGoneByThreads(key, other.tags)) {
      this.#store.counts.misses += 1;
      return { flight: other, isFirst: false };
    }
    const flight = this.#start(key, factory, plan, making);
    this.#flights.set(key, flight);
    const end = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.result.then(end, end);
    return { flight, isFirst: true };
  }

  /** What is being made under these keys or tags is given to those who wait; who asks from now on wants another. */
  #cancel({ keys = [], tags = [], all }: Invalidation): void {
    if (all === true) this.#flights.clear();
    for (const key of keys) this.#flights.delete(key);
    if (tags.length === 0) return;
    for (const [key, flight] of this.#flights) {
      if (flight.tags.some((tag) => tags.includes(tag))) this.#flights.delete(key);
    }
  }

  #start<T>(key: string, factory: Factory<Makes<T>>, plan: EntryPlan, making: Flying['making']): Flight {
    const store = this.#store;
    const watch = store.watches.begin();
    const known = store.memory.get(key, store.now())?.entry;
    const found = store.fetch(key);
    const stale = found.then((entry) => {
      if (entry === undefined) return known;
      return store.inGrace(entry) && !store.isFresh(entry) ? entry : undefined;
    });
    const make = (lock: Lock | undefined): Promise<Entry> => this.#make(key, factory, plan, lock);
    const flying: Flying = { key, plan, making, found, stale, make, turn: undefined };
    const result = this.#fly(flying);
    void result
      .catch(async (error: unknown) => {
        // Where a value was given in its place nobody else tells of the error; and the factory is not asked again at once.
        store.counts.errors += 1;
        const entry = await stale;
        if (entry === undefined) return;
        store.warn('A value could not be made anew, and is given in its grace', error);
        const freshUntil = Math.min(entry.staleUntil, Math.floor(store.now()) + rest);
        store.remember(key, { ...entry, freshUntil }, watch);
      })
      .finally(() => {
        flying.turn?.end();
        watch.end();
      });
    return { stale, tags: plan.tags, watch, result };
  }

  async #fly(flying: Flying): Promise<Entry> {
    const { key, plan, making, found, stale, make } = flying;
    const store = this.#store;
    const entry = await found;
    if (entry !== undefined && store.isFresh(entry)) {
      store.counts.redis_hits += 1;
      return entry;
    }
    store.counts.misses += 1;
    const { redis, shared } = store;
    if (shared !== undefined) {
      const look = (): Entry | undefined => {
        const other = store.memory.get(key, store.now())?.entry;
        return other !== undefined && store.isFresh(other) ? other : undefined;
      };
      const { tags, hard } = plan;
      const given = making === 'ahead' ? await stale : undefined;
      const turn = await shared.untilTurn({ key, tags, hard, stale: given, look });
      if (!('end' in turn)) return turn;
      flying.turn = turn;
    }
    if (redis === undefined) return make(undefined);
    const find = async (): Promise<Entry | undefined> => {
      const other = await store.fetch(key);
      return other !== undefined && store.isFresh(other) ? other : undefined;
    };
    return makeAlone({ key, layer: redis, find, stale: await stale, limit: plan.hard, make });
  }

  async #make<T>(key: string, factory: Factory<Makes<T>>, plan: EntryPlan, lock: Lock | undefined): Promise<Entry> {
    const store = this.#store;
    const watch = store.watches.begin();
    const versions = await store.versionsOf(plan);
    const keep = async (value: Makes<T>): Promise<Entry> => {
      const made = value instanceof Made ? value : new Made<T, string>(value, plan);
      try {
        const entry = store.toEntry(made.value, { ...plan, ...made.times }, versions);
        if (made.key === undefined || made.key === key) await store.keepMade(key, entry, watch, lock);
        else await store.put(made.key, entry, watch);
        return entry;
      } finally {
        watch.end();
      }
    };
    let isLate = false;
    try {
      return await keep(
        await this.call(factory, plan, (late) => {
          isLate = true;
          void lock?.lend();
          late
            .then(keep)
            .catch((error: unknown) => store.warn('A value made behind a time-out failed', error))
            .finally(() => watch.end());
        }),
      );
    } finally {
      if (!isLate) watch.end();
    }
  }
}

/** One value on its way. */
interface Flying {
  readonly key: string;
  readonly plan: EntryPlan;
  /** Whether it is made ahead of a caller that waits for it in any case, unless others make it; or behind one. */
  readonly making: 'ahead' | 'behind';
  /** What is in Redis. */
  readonly found: Promise<Entry | undefined>;
  readonly stale: Promise<Entry | undefined>;
  readonly make: (lock: Lock | undefined) => Promise<Entry>;
  /** The right to make it, where the application has several threads. */
  turn: Turn | undefined;
}
