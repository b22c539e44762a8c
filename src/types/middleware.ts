import type { Class } from './injectable.ts';
import type { ReplyLike } from './reply.ts';
import type { CovetRequest } from './request.ts';
import type { MaybePromise } from './schema.ts';

/**
 * Has `task` run once the response has left: mail, counters, whatever a client need not wait for.
 *
 * Tasks of a request run one after the other, in the order they were given, behind the last byte of a stream, and before
 * dependencies with `teardown: 'after'` are closed. One that fails is logged with an `error_id`, and the next one runs.
 * None runs where the request ended in an error that was thrown, or timed out: what they were to follow has not happened.
 * `close` waits for them within its grace, and logs those it does not wait out. They live in this process alone: what must
 * survive its end belongs in a queue.
 *
 * @throws CovetError once the request is answered; TypeError for what is no function.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 *
 * const app = new Covet({ logger: false });
 * app.get('/', ({ afterResponse }) => {
 *   afterResponse(() => console.log('after')); // after
 *   return 'home';
 * });
 * const { url, close } = await app.listen({ port: 0 });
 * await fetch(url);
 * await close();
 * ```
 */
export type AfterResponse = (task: () => unknown) => void;

/** What middleware sees. It runs around validation, so the parts of the request are as they arrived. */
export interface MiddlewareContext {
  readonly req: CovetRequest;
  /** Has a task run once the response has left: see {@link AfterResponse}. */
  readonly afterResponse: AfterResponse;
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
