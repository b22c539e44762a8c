/** Functions and methods whose results are kept. */
import type { GetOrSetOptions } from './cache-options.ts';
import type { Cache } from './cache.ts';
import type { CacheKey } from './canonical-key.ts';

/** Options of {@link cached}, for arguments `A` and a `this` of type `This`. */
export interface CachedOptions<A extends readonly unknown[] = any[], This = any> extends Omit<GetOrSetOptions, 'tags'> {
  /** Where results are kept: a cache, or a function that gives it, of a method from its instance. */
  readonly cache: Cache | ((self: This) => Cache);
  /**
   * A text in place of the function's name, or a function that makes the whole key of the arguments: needed where one of them
   * is no data, such as a connection. Default: the function's name, of a method with that of its class, and all arguments.
   */
  readonly key?: string | ((...args: A) => CacheKey) | undefined;
  /** Tags of a result, or a function that makes them of the arguments. */
  readonly tags?: readonly string[] | ((...args: A) => readonly string[]) | undefined;
}

/** A function whose results are kept. */
export interface CachedFunction<A extends readonly unknown[], R> {
  (...args: A): Promise<R>;
  /** Deletes the result for these arguments. */
  delete(...args: A): Promise<void>;
}

/** A method that {@link cached} decorates; it has to give a promise. */
export interface CachedDecorator {
  (target: object, name: PropertyKey, descriptor: TypedPropertyDescriptor<(...args: any[]) => Promise<any>>): void;
  <This, A extends unknown[], R>(
    method: (this: This, ...args: A) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
  ): (this: This, ...args: A) => Promise<R>;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What a name stands for in a cache. */
const owners = new WeakMap<Cache, Map<string, unknown>>();

/**
 * Keeps the results of a function, or of the method it decorates (in the standard form, and under `experimentalDecorators`).
 *
 * The key is made of names and arguments. Two functions, or two classes, of one name in one cache would get each other's
 * results: that is an error, and `key` tells them apart. Instances of a class share results: what a result depends on beside
 * its arguments belongs into `key`, and whether the caller may have it is to be asked before.
 *
 * @throws TypeError where there is no name and no `key`, for an argument that is no data, and for a name that is taken.
 *
 * @example
 * ```ts
 * import { cached, createCache } from 'covet/cache';
 *
 * const cache = createCache();
 * let calls = 0;
 * const square = cached(async function square(n: number) {
 *   calls += 1;
 *   return n * n;
 * }, { cache, ttl: 60 });
 *
 * console.log(await square(3), await square(3), calls); // 9 9 1
 * await square.delete(3);
 * console.log(await square(3), calls); // 9 2
 *
 * class Users {
 *   @cached({ cache, ttl: 60, tags: (id: number) => [`user:${id}`] })
 *   async find(id: number) {
 *     calls += 1;
 *     return { id, name: 'Ada' };
 *   }
 * }
 * const users = new Users();
 * await users.find(1);
 * await users.find(1);
 * console.log(calls); // 3
 * await cache.close();
 * ```
 */
export function cached<F extends (...args: any[]) => unknown>(
  fn: F,
  options: CachedOptions<Parameters<F>, undefined>,
): CachedFunction<Parameters<F>, Awaited<ReturnType<F>>>;
export function cached(options: CachedOptions): CachedDecorator;
export function cached(first: Method | CachedOptions, second?: CachedOptions): unknown {
  if (typeof first !== 'function') return decorate(first);
  if (second === undefined) throw new TypeError('cached(fn, { cache }) needs options that say which cache');
  const name = nameOf(second, first.name);
  const spot = (args: unknown[]): Spot => toSpot(second, undefined, { name, owner: first, args });
  const call = (...args: unknown[]): Promise<unknown> => run(spot(args), () => first(...args));
  return Object.assign(call, {
    delete: (...args: unknown[]) => {
      const { cache, key } = spot(args);
      return cache.delete(key);
    },
  });
}

function decorate(options: CachedOptions): unknown {
  return (target: unknown, context: PropertyKey | DecoratorContext, descriptor?: TypedPropertyDescriptor<Method>) => {
    if (typeof context === 'object') {
      if (context.kind !== 'method') throw new TypeError(`@cached goes on a method, not on a ${context.kind}`);
      return wrap(target as Method, String(context.name), options);
    }
    if (typeof descriptor?.value !== 'function') throw new TypeError('@cached goes on a method');
    descriptor.value = wrap(descriptor.value, String(context), options);
    return undefined;
  };
}

function wrap(method: Method, name: string, options: CachedOptions): Method {
  return async function (this: unknown, ...args) {
    // Of a static method `this` is the class itself.
    const owner = typeof this === 'function' ? this : (this as object).constructor;
    const full = nameOf(options, owner.name === '' ? '' : `${owner.name}${owner === this ? '.' : '#'}${name}`);
    return run(toSpot(options, this, { name: full, owner, args }), () => method.apply(this, args));
  };
}

interface Spot {
  readonly cache: Cache;
  readonly key: CacheKey;
  readonly options: GetOrSetOptions;
}

interface Called {
  readonly name: string;
  /** The function, or the class, that the name belongs to. */
  readonly owner: unknown;
  readonly args: unknown[];
}

function toSpot(options: CachedOptions, self: unknown, { name, owner, args }: Called): Spot {
  const { cache: place, key, tags, ...rest } = options;
  const cache = typeof place === 'function' ? place(self) : place;
  const entry = { ...rest, tags: typeof tags === 'function' ? tags(...args) : tags };
  if (typeof key === 'function') return { cache, key: key(...args), options: entry };
  claim(cache, name, owner);
  return { cache, key: ['cached', name, args], options: entry };
}

function run({ cache, key, options }: Spot, factory: () => unknown): Promise<unknown> {
  return cache.getOrSet(key, factory, options);
}

function nameOf({ key }: CachedOptions, name: string): string {
  if (typeof key === 'string' && key !== '') return key;
  if (name !== '' || typeof key === 'function') return name;
  throw new TypeError(
    'A function, or the class of a method, without a name cannot be told from others: give it a `key`',
  );
}

function claim(cache: Cache, name: string, owner: unknown): void {
  let names = owners.get(cache);
  if (names === undefined) owners.set(cache, (names = new Map()));
  const other = names.get(name);
  if (other === undefined) names.set(name, owner);
  else if (other !== owner) {
    throw new TypeError(
      `Two of the name '${name}' keep their results in cache '${cache.name}': give one of them a \`key\``,
    );
  }
}
