import type { CheckedPath } from './path.ts';
import type { Method, MethodsSpec, RouteSpec } from './route-spec.ts';
import type { ContractOf, Handler, MethodsOf, Route } from './route.ts';
import type { CheckedSpec } from './spec-fault.ts';

/**
 * `app.get(path, handler)` and `app.get(path, spec, handler)`: the handler's argument and result are inferred from path
 * and spec, nothing needs an annotation. Gives the contract, which may be exported for a typed client.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { Covet, reply } from 'covet';
 *
 * const app = new Covet();
 * app.get('/files/{bucket}/{*key}', ({ params }) => `${params.bucket}: ${params.key}`);
 * app.post('/users', { body: z.object({ name: z.string() }) }, ({ body }) => reply(201, { name: body.name }));
 * ```
 */
export interface AddRoute<M extends Method> {
  <const P extends string>(path: CheckedPath<P>, handler: Handler<P, {}>): Route<M, P, {}>;
  <const P extends string, const S extends RouteSpec>(
    path: CheckedPath<P>,
    spec: CheckedSpec<P, S>,
    handler: Handler<P, S>,
  ): Route<M, P, S>;
}

/**
 * `app.route(path, handler)` and `app.route(path, { methods, ...spec }, handler)`: as {@link AddRoute}, for the methods
 * the spec names; `['GET']` by default.
 */
export interface AddRouteOfMethods {
  <const P extends string>(path: CheckedPath<P>, handler: Handler<P, {}>): Route<'GET', P, {}>;
  <const P extends string, const S extends MethodsSpec>(
    path: CheckedPath<P>,
    spec: CheckedSpec<P, S, keyof MethodsSpec>,
    handler: Handler<P, S>,
  ): Route<MethodsOf<S>, P, S>;
}

/** `app.handle(contract, handler)`: registers a handler for a contract made elsewhere. */
export type HandleRoute<This> = <P extends string, S extends RouteSpec>(
  route: ContractOf<P, S>,
  handler: Handler<P, S>,
) => This;
