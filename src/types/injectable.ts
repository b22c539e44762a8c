import type { Schema } from './schema.ts';

declare const kOut: unique symbol;

/**
 * Anything that yields a `T`: a dependency made by `Depends`, a part of the request such as `Header('x-tenant')`, or a
 * `token`. Classes are injectable too and need no wrapping (see {@link Class}).
 */
export interface Injectable<out T> {
  readonly kind: 'dep' | 'source' | 'token';
  /** Carries `T` for the compiler. A function, since an optional plain property would lose `undefined` from `T`. */
  readonly [kOut]?: () => T;
}

/**
 * How long a dependency's value lives: `'singleton'` as long as the app, `'request'` one request (shared by all who ask
 * in it), `'transient'` one use.
 */
export type Scope = 'singleton' | 'request' | 'transient';

/**
 * When a generator dependency goes on after its `yield`: `'before'` the response leaves, so that a failed commit is still
 * a 500, or `'after'` it has left.
 */
export type Teardown = 'before' | 'after';

/** A dependency: a factory and what the factory needs. Its identity is its key, for the per-request cache and overrides. */
export interface Dep<out T> extends Injectable<T> {
  readonly kind: 'dep';
  readonly needs: InjectSpec;
  readonly factory: (needs: any) => unknown;
  readonly scope: Scope;
  readonly teardown: Teardown;
  /** `false` runs the factory once for each use within a request instead of once a request. */
  readonly useCache: boolean;
  /** How errors name it: the factory's own name, or the one given in its options. */
  readonly name: string;
}

/** One part of the request (or the response to it), checked together with the route's own inputs before any factory runs. */
export interface Source<out T> extends Injectable<T> {
  readonly kind: 'source';
  readonly in: 'header' | 'query' | 'cookie' | 'path' | 'body' | 'request' | 'response';
  /** Header, query, cookie or parameter name; empty for `body`, `request` and `response`. */
  readonly name: string;
  readonly schema?: Schema | undefined;
}

/** A typed name for something provided elsewhere: `app.provide(token, value)`. */
export interface Token<out T> extends Injectable<T> {
  readonly kind: 'token';
  readonly description: string;
}

/** A class that yields its instances, abstract ones included (those need a provider). */
export type Class<T = any> = abstract new (...args: any[]) => T;

/** Named needs: `{ db: getSession, audit: AuditLog }`. */
export type InjectSpec = { readonly [name: string]: Injectable<any> | Class };

/**
 * The type an injectable yields.
 *
 * @example
 * ```ts
 * import { Depends, type OutOf } from 'covet';
 *
 * const getClock = Depends(() => ({ now: () => Date.now() }));
 * const fake: OutOf<typeof getClock> = { now: () => 0 };
 * ```
 */
export type OutOf<D> = D extends Injectable<infer T> ? T : D extends Class<infer T> ? T : never;

/** The values of named needs, under the same names. */
export type Resolve<D> = { readonly [K in keyof D]: OutOf<D[K]> };

/** What a factory's return type yields: a generator its yielded value, a promise its awaited value, else the value. */
export type Yielded<R> = R extends AsyncGenerator<infer T> ? T : R extends Generator<infer T> ? T : Awaited<R>;
