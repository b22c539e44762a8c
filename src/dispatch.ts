/**
 * The JS half of a request, from the slot it comes in to the reply it leaves with.
 * In: events of the link. Out: replies to it. One reply a request, whatever a handler does: late and second answers, and
 * those to clients that have gone, end here.
 */
import { AfterTasks } from './after-tasks.ts';
import { RequestContext } from './context.ts';
import type { DispatchOptions } from './dispatch-options.ts';
import { CovetError, TimeoutError } from './error.ts';
import { FileBody } from './files/file-body.ts';
import { tenantOfRequest } from './internal/work-scope.ts';
import type { FlowWriter } from './native/flows.ts';
import type { NativeRefusals } from './native/index.ts';
import { isLarge } from './native/lent-bytes.ts';
import type { Link, Receiver } from './native/link.ts';
import { PendingRequest } from './pending-request.ts';
import type { AfterTask } from './pending-response.ts';
import { toTrailerBlock } from './reply-headers.ts';
import { StreamBody } from './reply-stream.ts';
import type { Reply } from './reply.ts';
import { Request } from './request.ts';
import { RunningWork } from './running-work.ts';
import type { Run } from './running-work.ts';

/** How often overdue handlers are looked for, in milliseconds: a timer for each request would cost more than most. */
const SWEEP = 100;

/**
 * Milliseconds in which a source that only `HEAD` began may end by itself, its dependencies committed: to most that is a
 * matter of their next piece. One that waits for longer is told by the signal that nobody waits for it.
 */
const HEAD_GRACE = 1000;

export class Dispatcher implements Receiver {
  readonly #options: DispatchOptions;
  readonly #pending = new Map<number, PendingRequest>();
  /** Requests whose answers are under way, and these. */
  readonly #streaming = new Map<Request, StreamBody>();
  readonly #afterTasks: AfterTasks;
  /** What runs on without a client that waits for it; handlers that one does wait for are pending, which costs them less. */
  readonly #work: RunningWork;
  /** Those whose first reply could not be sent. */
  readonly #failed = new WeakSet<Request>();
  #closing: DOMException | undefined;
  #link: Link | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#work = new RunningWork(options.onFault);
    this.#afterTasks = new AfterTasks(options.onFault, this.#work);
  }

  /** Where replies go; the sweep for overdue handlers begins. */
  start(link: Link): void {
    this.#link = link;
    this.#sweep = setInterval(() => this.#answerOverdue(), SWEEP);
    // The server's own hold keeps the process alive, not this.
    this.#sweep.unref();
  }

  /** The server is about to close: streams without an end are told, so that they can end. The others have the grace for it. */
  tellClosing(): void {
    this.#closing ??= new DOMException('The server is closing', 'AbortError');
    for (const [request, body] of this.#streaming) tellOfClose(request, body, this.#closing);
  }

  /**
   * No client is left: waits for what still runs, be it a handler whose client has gone. After `grace` milliseconds that is
   * told so, reported, and nobody's any more.
   */
  async settled(grace: number): Promise<void> {
    for (const pending of this.#pending.values()) this.#work.add(pending);
    this.#pending.clear();
    await this.#work.idle(grace);
    clearInterval(this.#sweep);
    this.#link!.flows.close();
    await this.#work.cutOff();
  }

  onRequest(slot: number): void {
    const link = this.#link!;
    const { slots } = link;
    const number = slots.route(slot);
    const route = number >= 0 ? this.#options.routes[number]! : this.#options.miss(number, slots.allow(slot));
    const request = new Request(link, slot, route);
    const context = new RequestContext(request);
    const reply = route.run(context);
    if (!(reply instanceof Promise)) {
      this.#send(request, reply);
      return;
    }
    const pending = new PendingRequest(context, request);
    this.#pending.set(slot, pending);
    reply.then(
      (value) => this.#settle(pending, value),
      // A chain never rejects; if it does, that is our own fault, and still the client gets its answer.
      (error: unknown) => this.#settleFailed(pending, error),
    );
  }

  onAbort(slot: number): void {
    this.#pending.get(slot)?.request.abort(clientGone());
  }

  onRefusals(refusals: NativeRefusals): void {
    this.#options.onRefusals(refusals);
  }

  onFault(error: unknown): void {
    this.#options.onFault(error);
  }

  #settle(pending: PendingRequest, reply: Reply): void {
    const { request } = pending;
    // Answered already: it took too long. The slot may be another request's by now.
    if (this.#pending.get(request.slot) !== pending) {
      const body = reply.encoded?.body;
      if (body instanceof StreamBody) void this.#abandon(request, body, request.abortReason ?? clientGone());
      this.#runAfterwards(request, reply);
      this.#work.end(pending);
      return;
    }
    this.#pending.delete(request.slot);
    this.#send(request, reply);
  }

  /** Ends a stream that is not sent, and everything that its source uses. */
  async #abandon(request: Request, body: StreamBody, reason: unknown): Promise<void> {
    const run: Run = { request, what: () => 'a stream that was not sent' };
    this.#work.add(run);
    const failure = await body.abandon(reason);
    if (failure !== undefined) this.#options.onFault(failure);
    this.#work.end(run);
  }

  async #settleFailed(pending: PendingRequest, error: unknown): Promise<void> {
    this.#settle(pending, await this.#options.fail(error, pending.context));
  }

  #send(request: Request, reply: Reply): void {
    // Where middleware has put another reply in the place of the one that has it.
    request.pending?.leaveWith(reply);
    const { type, body } = reply.encoded!;
    if (request.streams !== undefined) {
      const reason = new DOMException('Another reply was sent', 'AbortError');
      for (const other of request.streams) if (other !== body) void this.#abandon(request, other, reason);
    }
    if (body instanceof StreamBody) {
      this.#stream(request, reply, type, body);
      return;
    }
    const link = this.#link!;
    const name = isLarge(body) ? `${request.method} ${request.route}` : '';
    let isLent = false;
    try {
      // A content type that somebody has set, be it on the way out, stands alone.
      const interned = reply.hasHeader('content-type') ? 0 : type;
      const headers = reply.headerBlock();
      if (body instanceof FileBody) link.attachFile(request.slot, body.source);
      request.detach(false);
      if (isLarge(body)) {
        link.lend(request.slot, body, (error) => {
          if (error !== undefined) this.#onBroken(name, error, request);
          // Its tasks may change the bytes, or give them away.
          this.#runAfterwards(request, reply);
        });
        isLent = true;
      }
      const whole = isLent || body instanceof FileBody ? undefined : body;
      link.reply(request.slot, reply.status, interned, headers, whole);
    } catch (error) {
      this.#sendFailed(request, reply, error);
      return;
    }
    if (!isLent) this.#runAfterwards(request, reply);
  }

  /** A reply that cannot be sent is an error like any other, once: the client must not wait for ever, nor the slot. */
  #sendFailed(request: Request, { owner, afterwards = [] }: Reply, error: unknown): void {
    if (owner instanceof RequestContext && !this.#failed.has(request)) {
      this.#failed.add(request);
      void this.#answerFailed(new PendingRequest(owner, request), afterwards, error);
      return;
    }
    this.#options.onFault(error);
    this.#link!.reply(request.slot, 500, 0, '', undefined);
    this.#afterTasks.run(request, request.tasks, afterwards);
  }

  async #answerFailed(pending: PendingRequest, afterwards: readonly AfterTask[], error: unknown): Promise<void> {
    this.#work.add(pending);
    const answer = await this.#options.fail(error, pending.context);
    for (const task of afterwards) answer.onSent(task);
    this.#send(pending.request, answer);
    this.#work.end(pending);
  }

  #onBroken(name: string, cause: unknown, request: Request): void {
    const error = new CovetError(`The reply to ${name} broke off`, { cause });
    this.#options.onFault(error, undefined, tenantOfRequest(request));
  }

  /** Sends the head, and then the body as it is made. The slot is free from the head on. */
  #stream(request: Request, reply: Reply, type: number, body: StreamBody): void {
    const link = this.#link!;
    const name = `${request.method} ${request.route}`;
    const isHead = request.method === 'HEAD';
    const onClosed = (): void => {
      if (isHead) {
        body.skip();
        // A source that goes on waiting hears of it by the signal alone.
        setTimeout(() => {
          if (this.#streaming.has(request)) request.abort(clientGone());
        }, HEAD_GRACE).unref();
        return;
      }
      body.noteListeners(request.signal);
      request.abort(clientGone());
      body.stop();
    };
    let writer: FlowWriter;
    try {
      if (reply.trailers !== undefined) reply.headers.set('trailer', Object.keys(reply.trailers).join(', '));
      const headers = reply.headerBlock();
      // Behind what may fail by the user's doing, and before the slot has a stream that a refusal could not take back.
      request.detach(true);
      writer = link.openWriter(request.slot, body.length, onClosed);
      link.reply(request.slot, reply.status, reply.hasHeader('content-type') ? 0 : type, headers, undefined);
    } catch (error) {
      void this.#abandon(request, body, error);
      this.#sendFailed(request, reply, error);
      return;
    }
    const run: Run = { request, what: () => `the stream of ${name}`, stop: () => body.stop() };
    this.#work.add(run);
    this.#streaming.set(request, body);
    // One that begins while the others are ended must hear of it as well.
    if (this.#closing !== undefined) tellOfClose(request, body, this.#closing);
    const sent = body.sendTo(writer, () => toTrailerBlock(reply.trailers ?? {}));
    void this.#follow(name, run, reply, sent);
  }

  async #follow(name: string, run: Run, reply: Reply, sent: Promise<unknown>): Promise<void> {
    const error = await sent;
    this.#streaming.delete(run.request);
    if (error !== undefined) this.#onBroken(name, error, run.request);
    this.#runAfterwards(run.request, reply);
    this.#work.end(run);
  }

  #runAfterwards(request: Request, reply: Reply): void {
    const { tasks } = request;
    const { afterwards } = reply;
    if (tasks === undefined && afterwards === undefined) request.release();
    else this.#afterTasks.run(request, tasks, afterwards);
  }

  #answerOverdue(): void {
    const { handlerTimeout } = this.#options;
    if (handlerTimeout === 0) return;
    const now = performance.now();
    for (const [slot, pending] of this.#pending) {
      if (pending.deadline === 0 || pending.request.isReceiving) pending.deadline = now + handlerTimeout;
      if (pending.deadline > now) continue;
      // From here on the handler's own answer comes too late.
      this.#pending.delete(slot);
      this.#work.add(pending);
      void this.#answerTimeout(pending);
    }
  }

  async #answerTimeout(pending: PendingRequest): Promise<void> {
    // The handler is still at work, and may read on.
    const request = pending.request.share();
    const error = new TimeoutError(`The handler of ${request.method} ${request.route} did not answer in time`);
    const reply = await this.#options.fail(error, pending.context);
    request.abort(error);
    this.#send(request, reply);
  }
}

function tellOfClose(request: Request, body: StreamBody, reason: DOMException): void {
  if (!body.isEndless) return;
  body.noteListeners(request.signal);
  request.abort(reason);
  body.tellClosing();
}

const clientGone = (): DOMException => new DOMException('The client went away before it was answered', 'AbortError');
