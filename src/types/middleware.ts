import type { Class } from './injectable.ts';
import type { ReplyLike } from './reply.ts';
import type { CovetRequest } from './request.ts';
import type { MaybePromise } from './schema.ts';

/** What middleware sees. It runs around validation, so the parts of the request are as they arrived. */
export interface MiddlewareContext {
  readonly req: CovetRequest;
}

/**
 * Runs the rest of the chain: later middleware, then the handler. Always gives a reply, also when the handler threw (then
 * `reply.error` holds what it threw), so code after it always runs.
 */
export type Next = () => MaybePromise<ReplyLike>;

/**
 * Middleware as a function. What it returns is the response; returning nothing keeps the reply of `next()`.
 *
 * @example
 * ```ts
 * import type { MiddlewareFunction } from 'covet';
 *
 * export const timing: MiddlewareFunction = async (_ctx, next) => {
 *   const start = performance.now();
 *   const reply = await next();
 *   reply.headers.set('server-timing', `app;dur=${(performance.now() - start).toFixed(1)}`);
 *   return reply;
 * };
 * ```
 */
export type MiddlewareFunction = (ctx: MiddlewareContext, next: Next) => unknown;

/**
 * Middleware as an object with up to two phases.
 *
 * `onRequest` runs on the way in; a value other than `undefined` answers at once and the handler is not called.
 * `onResponse` runs on the way out, for every reply, early answers and errors included; what it returns, unless
 * `undefined`, takes the reply's place.
 */
export interface MiddlewareClass {
  onRequest?(ctx: MiddlewareContext): MaybePromise<unknown>;
  onResponse?(reply: ReplyLike, ctx: MiddlewareContext): MaybePromise<unknown>;
}

/** A function, an object with `onRequest`/`onResponse`, or a class of such objects, which the app constructs once. */
export type Middleware = MiddlewareFunction | MiddlewareClass | Class<MiddlewareClass>;
