/**
 * What was thrown in, the reply to it out, and a line in the log.
 * The application's own handler is asked first; whatever it does not answer gets the framework's format.
 */
import { RequestContext } from './context.ts';
import { toErrorFormat, toErrorReply } from './error-reply.ts';
import type { ErrorFormat } from './error-reply.ts';
import { TimeoutError, toCovetError } from './error.ts';
import type { CovetError } from './error.ts';
import { isThenable } from './internal/promise.ts';
import { tenantOfRequest } from './internal/work-scope.ts';
import { logRequestError } from './logger.ts';
import type { Logger } from './logger.ts';
import { Reply } from './reply.ts';
import type { Request } from './request.ts';
import { plainReply, toReply } from './response.ts';
import type { MiddlewareContext } from './types/middleware.ts';
import type { MaybePromise } from './types/schema.ts';

/** `app.onError`: gives the answer to an error, or nothing to leave it to the framework. */
export type ErrorHandler = (error: CovetError, ctx: MiddlewareContext) => unknown;

/** What an {@link ErrorResponder} is made with. */
export interface ErrorResponderOptions {
  readonly logger: Logger;
  readonly format: ErrorFormat;
  readonly handlers: readonly ErrorHandler[];
  /** Milliseconds one of them may take; 0 for no limit. */
  readonly timeout: number;
}

const TYPE_NONE = 0;
const TYPE_JSON = 1;
const TYPE_PROBLEM = 5;

/** In the log alone, as nginx has it: no client is there to get it. */
const CLIENT_GONE = 499;

export class ErrorResponder {
  readonly #logger: Logger;
  readonly #format: ErrorFormat;
  readonly #handlers: readonly ErrorHandler[];
  readonly #timeout: number;

  constructor(options: ErrorResponderOptions) {
    this.#logger = options.logger;
    this.#format = options.format;
    this.#handlers = options.handlers;
    this.#timeout = options.timeout;
  }

  /** The reply to anything thrown. Never throws, never rejects. */
  readonly fail = (thrown: unknown, context: RequestContext): MaybePromise<Reply> => {
    const request = RequestContext.requestOf(context);
    request.dropTasks();
    if (request.isGone) return this.#noteLate(thrown, context);
    const error = toCovetError(thrown);
    if (this.#handlers.length === 0) return this.#respond(error, thrown, context);
    return this.#ask(error, thrown, context);
  };

  async #ask(error: CovetError, thrown: unknown, context: RequestContext): Promise<Reply> {
    try {
      for (const handler of this.#handlers) {
        const answer = handler(error, context);
        const value = isThenable(answer) ? await this.#within(answer) : answer;
        if (value === undefined) continue;
        const reply = await toReply(value, plainReply, context);
        this.#log(error, thrown, context, reply.headers.get('x-error-id') ?? undefined);
        return reply;
      }
    } catch (fault) {
      // The handler itself failed: its error is logged beside the one it was asked about.
      this.#log(error, thrown, context, undefined);
      return this.#respond(toCovetError(fault), fault, context);
    }
    return this.#respond(error, thrown, context);
  }

  #respond(error: CovetError, thrown: unknown, context: RequestContext): Reply {
    const request = RequestContext.requestOf(context);
    const format = toErrorFormat(request.header('accept'), this.#format);
    const { status, headers, body, errorId } = toErrorReply(error, {
      format,
      traceparent: request.header('traceparent'),
    });
    const reply = new Reply(status, undefined, thrown);
    reply.owner = context;
    try {
      for (const name in headers) {
        if (name !== 'content-type') reply.headers.set(name, headers[name]!);
      }
      // It is what has chosen the format.
      reply.headers.append('vary', 'Accept');
    } catch (fault) {
      // The error carries a header no response may have; the fault about it carries none.
      this.#log(error, thrown, context, undefined);
      return this.#respond(toCovetError(fault), fault, context);
    }
    reply.encoded = { type: format === 'problem' ? TYPE_PROBLEM : TYPE_JSON, body };
    this.#log(error, thrown, context, errorId);
    return reply;
  }

  /** What an error handler gives, if it does so in time: a request must not wait for it for ever. */
  #within(answer: PromiseLike<unknown>): PromiseLike<unknown> {
    const timeout = this.#timeout;
    if (timeout === 0) return answer;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TimeoutError('An error handler did not answer in time')), timeout);
      void Promise.resolve(answer)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** Middleware has answered without waiting for what is inside it: nobody gets this reply. */
  #noteLate(thrown: unknown, context: RequestContext): Reply {
    const request = RequestContext.requestOf(context);
    logRequestError(this.#logger, thrown, { route: request.route, tenant: tenantOfRequest(request) });
    const reply = new Reply(500, undefined, thrown);
    reply.owner = context;
    reply.encoded = { type: TYPE_NONE, body: undefined };
    return reply;
  }

  #log(error: CovetError, thrown: unknown, context: RequestContext, errorId: string | undefined): void {
    const request: Request = RequestContext.requestOf(context);
    logRequestError(this.#logger, thrown, {
      errorId,
      status: isAbort(thrown, request) ? CLIENT_GONE : error.status,
      method: request.method,
      path: request.path,
      route: request.route,
      ip: request.ip,
      tenant: tenantOfRequest(request),
    });
  }
}

/** Whether a handler that ended because the client had gone says just that. */
function isAbort(thrown: unknown, { abortReason }: Request): boolean {
  if (abortReason === undefined || abortReason.name !== 'AbortError') return false;
  try {
    return thrown === abortReason || (thrown instanceof Error && thrown.name === 'AbortError');
  } catch {
    // What throws when it is looked at is not an AbortError.
    return false;
  }
}
