/** Dependencies as functions: what a handler needs, made once a request (or once an application) and cleaned up. */
import type { Dep, InjectSpec, Resolve, Scope, Yielded } from '../types/injectable.ts';
import { DependencyError } from './dependency-error.ts';
import { isClass } from './is-class.ts';

/** Options of {@link Depends}. */
export interface DependsOptions {
  /**
   * How long one value lives. Default `'request'`.
   * - `'request'`: made once for each request that needs it, shared by everything in that request.
   * - `'singleton'`: made at first need, shared by all requests, disposed when the application closes. A creation
   *   that failed is tried again by the next request.
   * - `'transient'`: made anew for every single need.
   */
  readonly scope?: Scope | undefined;
  /**
   * When the code after `yield` runs. Default `'before'`: before the response leaves, so that a failing commit is
   * still a 500. `'after'`: when the response has left, for values a streamed body goes on using. Only for generators
   * that live as long as a request.
   */
  readonly teardown?: 'before' | 'after' | undefined;
  /** `false` makes a new value for every need within a request. Default `true`. */
  readonly useCache?: boolean | undefined;
  /** What error messages call it. Default: the factory's name, else the name it is needed by. */
  readonly name?: string | undefined;
}

/**
 * A dependency made by `factory`, which may be plain, async, a generator or an async generator. What a generator
 * yields is the value; the code after the `yield` runs as teardown, in reverse order of creation, and sees an error
 * of the request at the `yield`: it may throw another in its place, but cannot hide it by catching it.
 *
 * The returned object itself is the cache key: everything in one request that needs this very object shares one
 * value. So a function that returns dependencies should return the same one for the same arguments.
 *
 * @example
 * ```ts
 * import { Covet, Depends, Header, HttpError } from 'covet';
 *
 * const users = new Map([['Bearer 1', { id: 1, name: 'Ada' }]]);
 *
 * const session = Depends(async function* () {
 *   const log: string[] = [];
 *   try {
 *     yield log;
 *     log.push('commit');
 *   } catch (error) {
 *     log.push('rollback');
 *     throw error;
 *   }
 * });
 * const currentUser = Depends({ token: Header('authorization'), session }, async ({ token = '', session: log }) => {
 *   log.push(`who is ${token}?`);
 *   const user = users.get(token);
 *   if (!user) throw new HttpError(401, 'Invalid authentication');
 *   return user;
 * });
 *
 * const app = new Covet();
 * app.get('/me', { deps: { me: currentUser } }, ({ me }) => me);
 * ```
 *
 * A generator must yield exactly once; anything else fails the request with an error that names it.
 *
 * @throws DependencyError when `factory` is no function or a class (a class goes into `deps` as it is), or when
 * options contradict each other.
 */
export function Depends<R>(factory: () => R, options?: DependsOptions): Dep<Yielded<R>>;
export function Depends<const D extends InjectSpec, R>(
  needs: D,
  factory: (needs: Resolve<D>) => R,
  options?: DependsOptions,
): Dep<Yielded<R>>;
export function Depends(
  first: InjectSpec | (() => unknown),
  second?: DependsOptions | ((needs: never) => unknown),
  third?: DependsOptions,
): Dep<unknown> {
  if (typeof first === 'function') return createDep({}, first, (second as DependsOptions | undefined) ?? {});
  return createDep(first, second as (needs: never) => unknown, third ?? {});
}

function createDep(needs: InjectSpec, factory: (needs: never) => unknown, options: DependsOptions): Dep<unknown> {
  if (typeof factory !== 'function') throw refusal(`the factory must be a function, not ${typeof factory}`);
  if (isClass(factory)) {
    throw refusal(`${factory.name || 'a class'} is a class; put it into \`deps\` as it is, without Depends()`);
  }
  const scope = options.scope ?? 'request';
  if (scope !== 'request' && scope !== 'singleton' && scope !== 'transient') {
    throw refusal(`scope must be 'singleton', 'request' or 'transient', not '${String(scope)}'`);
  }
  const teardown = options.teardown ?? 'before';
  if (teardown !== 'before' && teardown !== 'after') {
    throw refusal(`teardown must be 'before' or 'after', not '${String(teardown)}'`);
  }
  if (scope === 'singleton' && options.useCache === false) {
    throw refusal("a singleton is shared by definition; use scope 'transient' instead of useCache: false");
  }
  if (scope === 'singleton' && options.teardown !== undefined) {
    throw refusal('a singleton is torn down when the application closes; `teardown` does not apply to it');
  }
  // `needs` is kept, not copied: a getter in it is a forward reference to a dependency declared further down.
  return Object.freeze({
    kind: 'dep',
    needs,
    factory: factory as Dep<unknown>['factory'],
    scope,
    teardown,
    useCache: options.useCache ?? true,
    name: options.name ?? factory.name,
  });
}

function refusal(reason: string): DependencyError {
  return new DependencyError('DEPENDENCY_ERROR', `Depends(): ${reason}`);
}
