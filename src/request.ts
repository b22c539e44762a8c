/**
 * A request as handlers see it: lazy views over a slot.
 * In: a slot the Rust side filled. Out: its parts, each read and decoded only when somebody asks, and once.
 */
import { CovetError } from './error.ts';
import { readFields, readFormData } from './form-readers.ts';
import { parseCookies } from './internal/cookies.ts';
import { Fields } from './internal/fields.ts';
import { findHeader, toHeaderFields, toWebHeaders } from './internal/header-block.ts';
import { toLastEventId } from './internal/last-event-id.ts';
import { parseQuery, toFirstValues } from './internal/query.ts';
import { toRequestUrl } from './internal/request-url.ts';
import { keepWorkScope } from './internal/work-scope.ts';
import type { FlowReader } from './native/flow-reader.ts';
import { toIpText } from './native/ip-text.ts';
import type { IpNumbers } from './native/ip-text.ts';
import type { Link } from './native/link.ts';
import type { Slots } from './native/slots.ts';
import type { AfterTask, PendingResponse } from './pending-response.ts';
import type { StreamBody } from './reply-stream.ts';
import { RequestBody } from './request-body.ts';
import type { BodySource } from './request-body.ts';
import { readParams } from './request-params.ts';
import type { PathParam } from './request-params.ts';
import type { FormOptions } from './types/form-options.ts';
import type { CovetRequest, RawFields } from './types/request.ts';
import type { MaybePromise } from './types/schema.ts';
import type { FilesByName, FormPart, MultipartOptions } from './types/upload.ts';
import { toFormOptions } from './upload/form-options.ts';
import { toWebRequest } from './web-request.ts';

/** What a request must know of the route that it goes to. */
export interface RequestRoute {
  /** The template, `/users/{id}`; for a request without a route, its path cannot stand in for it, so `*`. */
  readonly path: string;
  readonly params: readonly PathParam[];
}

export class Request implements CovetRequest, BodySource {
  readonly slot: number;
  readonly #link: Link;
  readonly #slots: Slots;
  readonly #route: RequestRoute;
  /** Somebody outside the framework holds this object, and may read it after the reply. */
  #isShared = false;
  /** The slot has been given back: from now on it is another request's. */
  #isDetached = false;
  /** Path, query and header block in one text; read once, whichever is asked for first. */
  #head: string | undefined;
  #queryStart = 0;
  #headersStart = 0;
  /** Set where the path's text is not its bytes in the head. */
  #utf8Path: string | undefined;
  #ip: IpNumbers | undefined;
  #isSecure: boolean | undefined;
  #fullQuery: Record<string, string | string[]> | undefined;
  #query: Record<string, string> | undefined;
  #headers: Record<string, string> | undefined;
  #cookies: Record<string, string> | undefined;
  #params: Record<string, string | number> | undefined;
  #body: RequestBody | undefined;
  #abort: AbortController | undefined;
  #abortReason: Error | undefined;
  #method: string | undefined;
  #web: globalThis.Request | undefined;
  /** The streams that were begun to answer it: of these at most one is sent. */
  streams: StreamBody[] | undefined;
  /** What dependencies have added to the response, if any asked for it. */
  pending: PendingResponse | undefined;
  /** What runs after the response; a failed request has none, and an answered one takes none. */
  #tasks: AfterTask[] | 'failed' | undefined;

  constructor(link: Link, slot: number, route: RequestRoute) {
    this.#link = link;
    this.#slots = link.slots;
    this.slot = slot;
    this.#route = route;
  }

  get method(): string {
    return (this.#method ??= this.#live().method(this.slot));
  }

  get path(): string {
    const head = this.#readHead();
    return this.#utf8Path ?? head.slice(0, this.#queryStart);
  }

  get route(): string {
    return this.#route.path;
  }

  get url(): URL {
    return toRequestUrl(this.#readSecure(), this.header('host'), this.path, this.#rawQuery());
  }

  get ip(): string {
    return toIpText((this.#ip ??= this.#live().ip(this.slot)));
  }

  get headers(): Record<string, string> {
    return (this.#headers ??= toHeaderFields(this.#readHead(), this.#headersStart));
  }

  header(name: string): string | undefined {
    const head = this.#readHead();
    return findHeader(head, name, this.#headersStart);
  }

  get lastEventId(): string | undefined {
    return toLastEventId(this.header('last-event-id'));
  }

  get query(): RawFields {
    return (this.#query ??= toFirstValues(this.fullQuery()));
  }

  /** The query with all values of repeated names. */
  fullQuery(): Record<string, string | string[]> {
    return (this.#fullQuery ??= parseQuery(this.#rawQuery()));
  }

  get cookies(): Record<string, string> {
    return (this.#cookies ??= parseCookies(this.header('cookie')));
  }

  get params(): Readonly<Record<string, string | number>> {
    const { params } = this.#route;
    return (this.#params ??= params.length === 0 ? new Fields() : readParams(params, this.#live(), this.slot));
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  // A promise in any case: what cannot be read rejects, and never throws.
  async text(): Promise<string> {
    return this.body.text();
  }

  async json(): Promise<unknown> {
    return this.body.json();
  }

  async bytes(): Promise<Uint8Array> {
    return this.body.copy();
  }

  async form(options?: FormOptions): Promise<Record<string, string | string[]>> {
    return this.parsedForm(options);
  }

  /** The fields of the form; a promise where the body is still on its way. Throws as `form()` rejects. */
  parsedForm(options?: FormOptions): MaybePromise<Record<string, string | string[]>> {
    return readFields(this.body, options);
  }

  async formData(options?: MultipartOptions): Promise<FormData> {
    return readFormData(this.body, options);
  }

  async files(options?: MultipartOptions): Promise<FilesByName> {
    return (await this.body.multipart(toFormOptions(options))).filesByName();
  }

  parts(options?: MultipartOptions): AsyncIterableIterator<FormPart> {
    return this.body.parts(toFormOptions(options));
  }

  /** Whether the request waits for its client's upload, which has limits of its own. */
  get isReceiving(): boolean {
    return this.#body?.isReceiving ?? false;
  }

  /** Has `task` run after the response. */
  addTask(task: AfterTask): void {
    if (typeof task !== 'function') throw new TypeError(`afterResponse() takes a function, not ${typeof task}`);
    if (this.#isDetached) throw new CovetError('afterResponse() was called after the request was answered');
    const tasks = (this.#tasks ??= []);
    if (tasks !== 'failed') tasks.push(keepWorkScope(task));
  }

  /** The request has failed: what was to follow its success does not. */
  dropTasks(): void {
    this.#tasks = 'failed';
  }

  /** What runs after the response, if anything. */
  get tasks(): readonly AfterTask[] | undefined {
    return this.#tasks === 'failed' ? undefined : this.#tasks;
  }

  /** Answered, and the tasks after it are done: what its body has left is let go. */
  release(): void {
    this.#body?.release();
  }

  get stream(): ReadableStream<Uint8Array> {
    return this.body.stream();
  }

  toWeb(): globalThis.Request {
    return (this.#web ??= toWebRequest(this, toWebHeaders(this.#readHead(), this.#headersStart)));
  }

  /** The body, however it is to be read. */
  get body(): RequestBody {
    if (this.#body === undefined && this.#isDetached) {
      throw new CovetError('The body was not read before the request was answered; read it in the handler first');
    }
    return (this.#body ??= new RequestBody(this, this.header('content-type')));
  }

  /** Bytes of the body; -1 where it comes in pieces. */
  get length(): number {
    return this.#live().bodyLength(this.slot);
  }

  /** The body as it lies in the slot. */
  read(): Uint8Array {
    return this.#live().body(this.slot);
  }

  /** The reader of a body that comes in pieces. */
  open(): FlowReader {
    return this.#link.openReader(this.slot);
  }

  /** The object as users get it: one they may keep. */
  share(): this {
    this.#isShared = true;
    return this;
  }

  /** The client has gone, or the time has run out. */
  abort(reason: Error): void {
    this.#abortReason = reason;
    this.#abort?.abort(reason);
  }

  /** What {@link abort} was given, if it was called. */
  get abortReason(): Error | undefined {
    return this.#abortReason;
  }

  /** Answered, and nobody was to read it after that: its parts are gone. */
  get isGone(): boolean {
    return this.#isDetached && !this.#isShared;
  }

  /**
   * Before the slot is given back: copies what somebody may still ask for, and lets go of the rest. With `isStreaming` the
   * answer has only begun, and the body may be read beside it.
   */
  detach(isStreaming: boolean): void {
    if (this.#isShared) {
      void this.method;
      void this.params;
      this.#readHead();
      this.#ip ??= this.#slots.ip(this.slot);
      this.#readSecure();
    }
    if (isStreaming && this.#isShared) this.body.detach(true);
    else this.#body?.detach(false);
    this.#isDetached = true;
  }

  /** The slots, as long as ours is ours. */
  #live(): Slots {
    if (!this.#isDetached) return this.#slots;
    throw new CovetError(
      'This part of the request was not read before the request was answered; read it in the handler',
    );
  }

  #readSecure(): boolean {
    return (this.#isSecure ??= this.#live().isSecure(this.slot));
  }

  #rawQuery(): string {
    const head = this.#readHead();
    return this.#headersStart === this.#queryStart ? '' : head.slice(this.#queryStart, this.#headersStart);
  }

  #readHead(): string {
    if (this.#head !== undefined) return this.#head;
    const slots = this.#live();
    this.#queryStart = slots.pathLength(this.slot);
    this.#headersStart = this.#queryStart + slots.queryLength(this.slot);
    if (slots.isPathUtf8(this.slot)) this.#utf8Path = slots.path(this.slot);
    return (this.#head = slots.head(this.slot));
  }
}
