/** Values by key: in memory, then in Redis, then made once for everybody who asks. */
import { assertKeyed, currentTenant, makeKeyed } from '../internal/work-scope.ts';
import { byDefault, toPlan } from './cache-options.ts';
import type { CacheOptions, EntryOptions, EntryPlan, GetOrSetOptions } from './cache-options.ts';
import { toCanonicalKey, toWellFormed } from './canonical-key.ts';
import type { CacheKey } from './canonical-key.ts';
import { Made } from './flight.ts';
import type { FactoryContext } from './flight.ts';
import { Loader } from './loader.ts';
import { Store } from './store.ts';

/** What a cache has done since it was made, on this thread, and what it holds. */
export interface CacheStats {
  /** Answers from memory. */
  readonly memory_hits: number;
  /** Answers from Redis. */
  readonly redis_hits: number;
  /** Calls that found nothing fresh; those that waited for a value another call was making are among them. */
  readonly misses: number;
  /** Answers given in their grace. */
  readonly stale_hits: number;
  /** Factories called. */
  readonly loads: number;
  /** Factories that failed, and faults of Redis. */
  readonly errors: number;
  /** Values in memory given up for others: by all threads of the application, like what follows. */
  readonly evictions: number;
  /** Values in memory. */
  readonly entries: number;
  /** What they take, as they are written, with the copies that threads have of them. */
  readonly bytes: number;
}

/**
 * A cache in memory, and in Redis if it was given one. See `createCache`.
 *
 * Keys are strings, or plain data (arrays, objects) of which a stable text is made. A fault of Redis is a miss, never an
 * error of the caller; what a factory throws is, unless there is a value in its grace.
 */
export class Cache {
  readonly #name: string;
  readonly #plan: EntryPlan;
  readonly #tenant: CacheOptions['tenant'];
  readonly #store: Store;
  readonly #loader: Loader;

  /** @internal Made by `createCache`. */
  constructor(name: string, options: CacheOptions) {
    this.#name = name;
    this.#plan = toPlan(name, options, byDefault);
    this.#tenant = options.tenant;
    this.#store = new Store(name, options);
    this.#loader = new Loader(this.#store);
  }

  /** The name it was made with. */
  get name(): string {
    return this.#name;
  }

  /** What it has done, and what it holds in memory. */
  stats(): CacheStats {
    const { size, bytes, evictions } = this.#store.memory;
    return { ...this.#store.counts, evictions, entries: size, bytes };
  }

  /** Resolves when what other processes delete is heard here. Needed by tests, and by nobody who can wait for `ttl`. */
  ready(): Promise<void> {
    return this.#store.ready();
  }

  /** The value of a key while it is fresh, else undefined. `null` and `undefined` are kept like any value; see {@link has}. */
  async get<T = unknown>(key: CacheKey): Promise<T | undefined> {
    const found = await this.#store.find(this.#keyOf(key));
    if (found === undefined) this.#store.counts.misses += 1;
    return found?.value as T | undefined;
  }

  /** Whether there is a fresh value, be it `null` or `undefined`. */
  async has(key: CacheKey): Promise<boolean> {
    return (await this.#store.find(this.#keyOf(key))) !== undefined;
  }

  /**
   * Keeps a value, here and in Redis, and has the other memories drop theirs. With a time to live of 0 the key is deleted.
   *
   * @throws TypeError for what is no data, such as a function.
   */
  async set(key: CacheKey, value: unknown, options: EntryOptions = {}): Promise<void> {
    await this.#loader.set(this.#keyOf(key), value, this.#toPlan(options));
  }

  /** Deletes a value everywhere. One that is being made is given to those who wait for it, and not kept. */
  async delete(key: CacheKey): Promise<void> {
    await this.#store.remove({ keys: [this.#keyOf(key)] });
  }

  /** Deletes all values with this tag. */
  deleteByTag(tag: string): Promise<void> {
    return this.deleteByTags([tag]);
  }

  /** Deletes all values with one of these tags. */
  async deleteByTags(tags: readonly string[]): Promise<void> {
    await this.#store.remove({ tags: tags.map((tag) => this.#tagOf(tag)) });
  }

  /**
   * Deletes everything, of all tenants, and nothing else that is in Redis. All values are gone at once; the room they take
   * there is freed behind it.
   */
  async clear(): Promise<void> {
    await this.#store.remove({ all: true });
  }

  /**
   * The value of a key, made by `factory` where there is none. However many ask for it at the same time, in however many
   * processes that share Redis, the factory runs once.
   *
   * Once it is no longer fresh, a value in its `grace` is given while a new one is made behind it, and when that fails.
   * What the factory throws is thrown to all who wait for it, and not kept. What it gives is what can be written down: data,
   * with dates, bigints, Maps, Sets and bytes.
   *
   * @throws TypeError for a key or a value that is no data; TimeoutError beyond the hard limit; what the factory throws.
   *
   * @example
   * ```ts
   * import { createCache } from 'covet/cache';
   *
   * const cache = createCache();
   * const load = (id: number) =>
   *   cache.getOrSet(['user', id], async () => ({ id, name: 'Ada' }), { ttl: 60, tags: [`user:${id}`] });
   * console.log((await load(1)).name, (await load(1)).name, cache.stats().loads); // Ada Ada 1
   * await cache.deleteByTag('user:1');
   * await load(1);
   * console.log(cache.stats().loads); // 2
   * await cache.close();
   * ```
   */
  async getOrSet<T>(
    key: CacheKey,
    factory: (context: FactoryContext) => T | PromiseLike<T>,
    options: GetOrSetOptions = {},
  ): Promise<T> {
    const full = this.#keyOf(key);
    const hit = options.ttl === 0 ? undefined : this.#store.hit(full);
    if (hit !== undefined) return hit.value as T;
    const plan = this.#toPlan(options);
    const tenants = this.tenants();
    const make = (context: FactoryContext): Promise<T | Made<T, string>> =>
      makeKeyed(tenants, async (making) => {
        const value = await factory(context);
        return making.isUncommitted ? new Made<T, string>(value, { ttl: 0, grace: 0 }) : value;
      });
    // What is not kept becomes nobody else's.
    if (plan.ttl === 0) return this.#loader.call(factory, plan);
    return this.#store.decode(await this.#loader.load(full, make, plan)) as T;
  }

  /**
   * @internal As `getOrSet`, and the caller that runs the factory waits for it, whatever is there in its grace: that is for
   * the others, and for when the factory fails.
   */
  async lead<T>(key: CacheKey, factory: () => Promise<Made<T>>, options: EntryOptions): Promise<T> {
    const full = this.#keyOf(key);
    const hit = this.#store.hit(full);
    if (hit !== undefined) return hit.value as T;
    const entry = await this.#loader.lead(full, () => this.#placed(factory), this.#toUnlimited(options));
    return this.#store.decode(entry) as T;
  }

  /** @internal Makes a value for this caller alone, and keeps it unless it is invalidated meanwhile. */
  async replace<T>(key: CacheKey, factory: () => Promise<Made<T>>, options: EntryOptions): Promise<void> {
    await this.#loader.replace(this.#keyOf(key), () => this.#placed(factory), this.#toUnlimited(options));
  }

  /** Stops listening to other memories. What it holds in Redis stays, and so does the connection. */
  close(): Promise<void> {
    return this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #placed<T>(factory: () => Promise<Made<T>>): Promise<Made<T, string>> {
    const { value, times, key } = await factory();
    return new Made(value, times, key === undefined ? undefined : this.#keyOf(key));
  }

  /** For what has limits of its own. */
  #toUnlimited(options: EntryOptions): EntryPlan {
    return { ...this.#toPlan({ ...options, jitter: 0 }), hard: undefined };
  }

  #toPlan(options: GetOrSetOptions): EntryPlan {
    const plan = toPlan(this.#name, options, this.#plan);
    return plan.tags.length === 0 ? plan : { ...plan, tags: plan.tags.map((tag) => this.#tagOf(tag)) };
  }

  #keyOf(key: CacheKey): string {
    return `${this.#scope()}${toCanonicalKey(key)}`;
  }

  #tagOf(tag: string): string {
    return `${this.#scope()}${toWellFormed(tag)}`;
  }

  /** What keys and tags of the current tenant begin with. */
  #scope(): string {
    return this.tenants()
      .map((tenant) => `t:${encodeURIComponent(tenant)}:`)
      .join('');
  }

  /**
   * The tenants that keys made here name.
   *
   * @internal
   */
  tenants(): readonly string[] {
    if (this.#tenant === 'shared') return [];
    const here = currentTenant();
    // Within a value that is kept for others, too, there is no value of this tenant to be had.
    if (here !== undefined) assertKeyed(here);
    if (this.#tenant === undefined) return here === undefined ? [] : [here];
    const own = this.#tenant();
    if (typeof own !== 'string' || own === '') {
      throw new TypeError(
        `cache '${this.#name}': there is no tenant here, and its values belong to tenants (option \`tenant\`)`,
      );
    }
    return here === undefined || here === own ? [own] : [own, here];
  }
}
