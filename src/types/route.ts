import type { Context, Returns } from './context.ts';
import type { DecoratorFault, NotAMethod } from './decorator-fault.ts';
import type { Class } from './injectable.ts';
import type { CheckedPath } from './path.ts';
import type { Method, MethodsSpec, RouteSpec } from './route-spec.ts';
import type { MaybePromise } from './schema.ts';
import type { CheckedSpec } from './spec-fault.ts';

/** A contract as plain data, whatever its types: what the app registers and the API document describes. */
export interface Contract {
  readonly methods: readonly Method[];
  readonly path: string;
  readonly spec: RouteSpec;
}

/** A contract whose path and spec the compiler knows; enough of a {@link Route} to type a handler for it. */
export interface ContractOf<P extends string, S extends RouteSpec> extends Contract {
  readonly path: P;
  readonly spec: S;
}

/**
 * A route contract: one value that is decorator, handler type, registration and API operation at once.
 *
 * Made by `get`, `post`, `put`, `patch`, `del`, `head`, `options`, `any` and `route`. Its type stands alone: nothing
 * accumulates on the app, so checking stays linear in the number of routes.
 *
 * As a decorator it works in the standard form and under `experimentalDecorators`. A method that does not fit the contract
 * is a compile error that names the part that differs.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { controller, get, type In } from 'covet';
 *
 * const GetUser = get('/users/{id:int}', { response: z.object({ id: z.number(), name: z.string() }) });
 *
 * @controller('/api')
 * class UsersController {
 *   @GetUser
 *   async getUser({ params }: In<typeof GetUser>) {
 *     return { id: params.id, name: 'Ada' };
 *   }
 * }
 * ```
 */
export interface Route<
  M extends Method = Method,
  P extends string = string,
  S extends RouteSpec = any,
> extends ContractOf<P, S> {
  /** `experimentalDecorators` form. */
  <T, V>(
    target: T,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<V>,
  ): T extends Class ? { readonly mismatch: NotAMethod } : DecoratorFault<V, Context<P, S>, Returns<S>>;
  /** Standard (TC39) form. */
  <V, C>(
    value: V,
    context: C,
  ): C extends { readonly kind: 'method'; readonly static: false; readonly private: false }
    ? DecoratorFault<V, Context<P, S>, Returns<S>>
    : { readonly mismatch: NotAMethod };
  /** On a class under `experimentalDecorators`: always an error, stated here as everywhere. */
  (target: Class): { readonly mismatch: NotAMethod };
  readonly methods: readonly M[];
  /** The handler's argument. For the compiler alone: there is no such property at run time. See {@link In}. */
  readonly $ctx: Context<P, S>;
  /** What the handler may return. For the compiler alone: there is no such property at run time. */
  readonly $returns: Returns<S>;
}

/**
 * The type of a decorated method's parameter.
 *
 * @example
 * ```ts
 * import { get, type In } from 'covet';
 *
 * const GetFile = get('/files/{bucket}/{*key}');
 *
 * class Files {
 *   @GetFile
 *   read({ params }: In<typeof GetFile>) {
 *     return `${params.bucket}: ${params.key}`;
 *   }
 * }
 * ```
 */
export type In<R extends { readonly $ctx: unknown }> = R['$ctx'];

/**
 * A function that handles a route: takes its {@link Context}, gives what {@link Returns} allows, itself or as a promise.
 *
 * The condition is always true. It makes the compiler resolve `S` before it reads the function's body: without it a
 * returned `{ role: 'admin' }` would widen to `{ role: string }` and no longer fit an enumeration.
 */
export type Handler<P extends string, S> = S extends unknown ? (ctx: Context<P, S>) => MaybePromise<Returns<S>> : never;

/** Makes a contract for one method (or, for `any`, all of them). */
export interface RouteVerb<M extends Method> {
  <const P extends string>(path: CheckedPath<P>): Route<M, P, {}>;
  <const P extends string, const S extends RouteSpec>(path: CheckedPath<P>, spec: CheckedSpec<P, S>): Route<M, P, S>;
}

/** The methods of a spec for `route()`: `'GET'` when it names none. */
export type MethodsOf<S> = S extends { readonly methods: readonly (infer M extends Method)[] } ? M : 'GET';

/** Makes a contract for the methods its spec names, `GET` by default. */
export interface RouteOfMethods {
  <const P extends string>(path: CheckedPath<P>): Route<'GET', P, {}>;
  <const P extends string, const S extends MethodsSpec>(
    path: CheckedPath<P>,
    spec: CheckedSpec<P, S, keyof MethodsSpec>,
  ): Route<MethodsOf<S>, P, S>;
}
