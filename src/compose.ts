/**
 * Middleware and an endpoint in, one function out; built at registration, so that a request only calls it.
 * Every layer gets a reply from the one inside it, never an exception: the way out is always walked (M1).
 */
import type { RequestContext } from './context.ts';
import { CovetError } from './error.ts';
import { isThenable } from './internal/promise.ts';
import type { Reply } from './reply.ts';
import { plainReply, toReply } from './response.ts';
import type { MiddlewareClass, MiddlewareFunction, Next } from './types/middleware.ts';
import type { ReplyLike } from './types/reply.ts';
import type { MaybePromise } from './types/schema.ts';

/** Answers a request. Never throws, never rejects. */
export type Chain = (context: RequestContext) => MaybePromise<Reply>;

/** Makes the reply to an error. Never throws, never rejects. */
export type Fail = (error: unknown, context: RequestContext) => MaybePromise<Reply>;

/** Puts `layers` around `endpoint`, the first outermost. Classes among them have been made objects. */
export function compose(layers: readonly (MiddlewareFunction | MiddlewareClass)[], endpoint: Chain, fail: Fail): Chain {
  const functions = layers.flatMap(toFunctions);
  return functions.reduceRight<Chain>((inner, middleware) => around(middleware, inner, fail), endpoint);
}

function around(middleware: MiddlewareFunction, inner: Chain, fail: Fail): Chain {
  return (context) => {
    let inside: MaybePromise<Reply> | undefined;
    const next = (): MaybePromise<Reply> => {
      if (inside !== undefined) throw new CovetError('next() was called twice by the same middleware');
      return (inside = inner(context));
    };
    // A route's schemas are for its handler: what middleware answers of its own is not of their shape. Nothing returned
    // keeps the inner reply, if there is one.
    const settle = (value: unknown): MaybePromise<Reply> => {
      if (value !== undefined) return toReply(value, plainReply, context);
      if (inside !== undefined) return inside;
      throw new CovetError(`Middleware '${middleware.name}' neither returned an answer nor called next()`);
    };
    return guard(() => settled(middleware(context, next as unknown as Next), settle), fail, context);
  };
}

/** Runs the step on its value, waiting where the value is a promise. */
function settled(value: unknown, step: (value: unknown) => MaybePromise<Reply>): MaybePromise<Reply> {
  return isThenable(value) ? Promise.resolve(value).then(step) : step(value);
}

/** Runs `work`; whatever it throws or rejects with becomes a reply. */
export function guard(work: () => MaybePromise<Reply>, fail: Fail, context: RequestContext): MaybePromise<Reply> {
  try {
    const reply = work();
    return reply instanceof Promise ? reply.catch((error: unknown) => fail(error, context)) : reply;
  } catch (error) {
    return fail(error, context);
  }
}

/** An object's phases as layers of their own: the way out then also sees what the way in answered, or threw. */
function toFunctions(layer: MiddlewareFunction | MiddlewareClass): MiddlewareFunction[] {
  if (typeof layer === 'function') return [layer];
  const functions: MiddlewareFunction[] = [];
  if (layer.onResponse !== undefined) {
    functions.push((context, next) => {
      const leave = (reply: unknown): unknown => layer.onResponse!(reply as ReplyLike, context);
      const reply = next();
      return reply instanceof Promise ? reply.then(leave) : leave(reply);
    });
  }
  if (layer.onRequest !== undefined) {
    functions.push((context, next) => {
      const enter = (early: unknown): unknown => (early === undefined ? next() : early);
      const early = layer.onRequest!(context);
      return isThenable(early) ? Promise.resolve(early).then(enter) : enter(early);
    });
  }
  return functions;
}
