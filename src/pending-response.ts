/**
 * What dependencies add to a response before there is one.
 * In: cookies, headers and tasks, from dependencies. Out: the same on the reply that is sent, whichever it is.
 */
import { CovetError } from './error.ts';
import { isThenable } from './internal/promise.ts';
import { toSetCookie } from './internal/set-cookie.ts';
import { ReplyHeaders } from './reply-headers.ts';
import type { Reply } from './reply.ts';
import type { CookieOptions, DeleteCookieOptions } from './types/cookie.ts';
import type { AfterResponse } from './types/middleware.ts';
import type { PendingResponse as PendingResponseType } from './types/pending-response.ts';
import type { MaybePromise } from './types/schema.ts';

/** What `afterResponse` takes. */
export type AfterTask = () => unknown;

/** The request that is to be answered. */
export interface PendingRequest {
  addTask(task: AfterTask): void;
}

type Task = () => MaybePromise<void>;

export class PendingResponse implements PendingResponseType {
  readonly #request: PendingRequest;
  #headers: ReplyHeaders | undefined;
  #tasks: Task[] | undefined;
  #hasLeft = false;
  /** The reply that has it all: a layer around it may have taken something off again. */
  #appliedTo: Reply | undefined;

  constructor(request: PendingRequest) {
    this.#request = request;
  }

  get headers(): ReplyHeaders {
    this.#check();
    return (this.#headers ??= new ReplyHeaders());
  }

  get afterResponse(): AfterResponse {
    return (task) => this.#request.addTask(task);
  }

  setCookie(name: string, value: string, options?: CookieOptions): this {
    this.headers.setCookie(toSetCookie(name, value, options));
    return this;
  }

  deleteCookie(name: string, options?: DeleteCookieOptions): this {
    return this.setCookie(name, '', { ...options, maxAge: 0, expires: new Date(0) });
  }

  beforeSend(task: Task): void {
    if (typeof task !== 'function') throw new TypeError(`beforeSend() takes a function, not ${typeof task}`);
    this.#check();
    (this.#tasks ??= []).push(task);
  }

  /** Runs the tasks, those included that they add, then puts everything on the reply and gives it back. */
  complete(reply: Reply): MaybePromise<Reply> {
    for (let task = this.#tasks?.shift(); task !== undefined; task = this.#tasks?.shift()) {
      const ended = task();
      if (isThenable(ended)) return Promise.resolve(ended).then(() => this.complete(reply));
    }
    return this.applyTo(reply);
  }

  /** Puts cookies and headers on the reply, once, and gives it back. */
  applyTo(reply: Reply): Reply {
    if (this.#headers === undefined || this.#appliedTo === reply) return reply;
    this.#appliedTo = reply;
    reply.headers.addFrom(this.#headers);
    return reply;
  }

  /** {@link applyTo}, for the last time. */
  leaveWith(reply: Reply): void {
    this.applyTo(reply);
    this.#hasLeft = true;
  }

  #check(): void {
    if (this.#hasLeft) {
      throw new CovetError('The response has left: cookies, headers and tasks for it come too late');
    }
  }
}
