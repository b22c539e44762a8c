/**
 * The JS half of a request, from the slot it comes in to the reply it leaves with.
 * In: events of the link. Out: replies to it. One reply a request, whatever a handler does: late and second answers, and
 * those to clients that have gone, end here.
 */
import type { Chain } from './compose.ts';
import type { Fail } from './compose.ts';
import { RequestContext } from './context.ts';
import { TimeoutError } from './error.ts';
import type { NativeRefusals } from './native/index.ts';
import type { Link, Receiver } from './native/link.ts';
import type { Reply } from './reply.ts';
import { Request } from './request.ts';
import type { RequestRoute } from './request.ts';

/** A route ready to be served. */
export interface ServedRoute extends RequestRoute {
  readonly run: Chain;
}

/** What a {@link Dispatcher} is made with. */
export interface DispatchOptions {
  /** By the number the router gave them. */
  readonly routes: readonly ServedRoute[];
  /** Serves what has no route; the slot says which miss it is. */
  readonly miss: (event: number, allow: string) => ServedRoute;
  readonly fail: Fail;
  /** Milliseconds a handler may take; 0 for no limit. */
  readonly handlerTimeout: number;
  readonly onRefusals: (refusals: NativeRefusals) => void;
  /** Hears of errors that have no request to answer any more. */
  readonly onFault: (error: unknown) => void;
}

/** A request whose handler has not answered yet. */
interface Pending {
  readonly context: RequestContext;
  /** 0 until the first sweep: a clock read for each request would cost more, and none may be cut short. */
  deadline: number;
}

/** How often overdue handlers are looked for, in milliseconds: a timer for each request would cost more than most. */
const SWEEP = 100;

export class Dispatcher implements Receiver {
  readonly #options: DispatchOptions;
  readonly #pending = new Map<number, Pending>();
  #link: Link | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Where replies go; the sweep for overdue handlers begins. */
  start(link: Link): void {
    this.#link = link;
    this.#sweep = setInterval(() => this.#answerOverdue(), SWEEP);
    // The server's own hold keeps the process alive, not this.
    this.#sweep.unref();
  }

  /** The server has closed: handlers still at work are told that nobody waits for them. */
  stop(): void {
    clearInterval(this.#sweep);
    const reason = new DOMException('The server was closed before this was answered', 'AbortError');
    for (const { context } of this.#pending.values()) RequestContext.requestOf(context).abort(reason);
  }

  onRequest(slot: number): void {
    const { slots } = this.#link!;
    const number = slots.route(slot);
    const route = number >= 0 ? this.#options.routes[number]! : this.#options.miss(number, slots.allow(slot));
    const request = new Request(slots, slot, route);
    const context = new RequestContext(request);
    const reply = route.run(context);
    if (!(reply instanceof Promise)) {
      this.#send(request, reply);
      return;
    }
    const pending: Pending = { context, deadline: 0 };
    this.#pending.set(slot, pending);
    reply.then(
      (value) => this.#settle(pending, request, value),
      // A chain never rejects; if it does, that is our own fault, and still the client gets its answer.
      (error: unknown) => this.#settleFailed(pending, request, error),
    );
  }

  onAbort(slot: number): void {
    const pending = this.#pending.get(slot);
    if (pending === undefined) return;
    const reason = new DOMException('The client went away before it was answered', 'AbortError');
    RequestContext.requestOf(pending.context).abort(reason);
  }

  onRefusals(refusals: NativeRefusals): void {
    this.#options.onRefusals(refusals);
  }

  onFault(error: unknown): void {
    this.#options.onFault(error);
  }

  #settle(pending: Pending, request: Request, reply: Reply): void {
    // Answered already: it took too long. The slot may be another request's by now.
    if (this.#pending.get(request.slot) !== pending) {
      this.#runAfterwards(reply);
      return;
    }
    this.#pending.delete(request.slot);
    this.#send(request, reply);
  }

  async #settleFailed(pending: Pending, request: Request, error: unknown): Promise<void> {
    this.#settle(pending, request, await this.#options.fail(error, pending.context));
  }

  #send(request: Request, reply: Reply): void {
    const { type, body } = reply.encoded!;
    request.detach();
    try {
      // A content type that somebody has set, be it on the way out, stands alone.
      const interned = reply.hasHeader('content-type') ? 0 : type;
      this.#link!.reply(request.slot, reply.status, interned, reply.headerBlock(), body);
    } catch (error) {
      // Whatever it was, the client must not wait for ever, nor the slot.
      this.#options.onFault(error);
      this.#link!.reply(request.slot, 500, 0, '', undefined);
    }
    if (reply.afterwards !== undefined) this.#runAfterwards(reply);
  }

  #runAfterwards(reply: Reply): void {
    // Behind the flush, so that nothing waits for it.
    for (const task of reply.afterwards ?? []) setImmediate(() => void this.#runTask(task));
  }

  async #runTask(task: () => unknown): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #answerOverdue(): void {
    const { handlerTimeout } = this.#options;
    if (handlerTimeout === 0) return;
    const now = performance.now();
    for (const [slot, pending] of this.#pending) {
      if (pending.deadline === 0) pending.deadline = now + handlerTimeout;
      if (pending.deadline > now) continue;
      // From here on the handler's own answer comes too late.
      this.#pending.delete(slot);
      void this.#answerTimeout(pending);
    }
  }

  async #answerTimeout(pending: Pending): Promise<void> {
    // The handler is still at work, and may read on.
    const request = RequestContext.requestOf(pending.context).share();
    const error = new TimeoutError(`The handler of ${request.method} ${request.route} did not answer in time`);
    const reply = await this.#options.fail(error, pending.context);
    request.abort(error);
    this.#send(request, reply);
  }
}
