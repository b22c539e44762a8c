/**
 * A request as handlers see it: lazy views over a slot.
 * In: a slot the Rust side filled. Out: its parts, each read and decoded only when somebody asks, and once.
 */
import { CovetError } from './error.ts';
import { parseCookies } from './internal/cookies.ts';
import { Fields } from './internal/fields.ts';
import { findHeader, toHeaderFields } from './internal/header-block.ts';
import { requireJson } from './internal/media-type.ts';
import { parseJson } from './internal/parse-json.ts';
import { parseQuery, toFirstValues } from './internal/query.ts';
import { toIpText } from './native/ip-text.ts';
import type { IpNumbers } from './native/ip-text.ts';
import type { Slots } from './native/slots.ts';
import type { CovetRequest, RawFields } from './types/request.ts';
import type { RawInputs } from './validation/raw-inputs.ts';

/** What a request must know of the route that it goes to. */
export interface RequestRoute {
  /** The template, `/users/{id}`; for a request without a route, its path cannot stand in for it, so `*`. */
  readonly path: string;
  readonly params: readonly { readonly name: string; readonly isInt: boolean }[];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const noBytes = new Uint8Array(0);

export class Request implements CovetRequest {
  readonly slot: number;
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
  #fullQuery: Record<string, string | string[]> | undefined;
  #query: Record<string, string> | undefined;
  #headers: Record<string, string> | undefined;
  #cookies: Record<string, string> | undefined;
  #params: Record<string, string | number> | undefined;
  #body: Uint8Array | undefined;
  #json: { readonly value: unknown } | undefined;
  #abort: AbortController | undefined;
  #abortReason: Error | undefined;
  #method: string | undefined;

  constructor(slots: Slots, slot: number, route: RequestRoute) {
    this.#slots = slots;
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
    const query = this.#rawQuery();
    const base = `http://${this.header('host') ?? 'localhost'}`;
    const url = new URL(base);
    // Set, not resolved: a path such as `//other.example` stays a path. A backslash would become a slash.
    url.pathname = this.path.replaceAll('\\', '%5C');
    url.search = query;
    return url;
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
    return (this.#params ??= this.#readParams());
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  // The body has come whole before the handler runs, so these reject and never throw, and else are done at once.
  async text(): Promise<string> {
    try {
      return utf8.decode(this.#bytes());
    } catch (cause) {
      if (cause instanceof CovetError) throw cause;
      throw new CovetError('The body is not valid UTF-8', { status: 400, code: 'BAD_REQUEST', cause });
    }
  }

  async json(): Promise<unknown> {
    return this.parsedJson();
  }

  async bytes(): Promise<Uint8Array> {
    // A copy: what lies in the slot belongs to another request after the reply.
    return Uint8Array.from(this.#bytes());
  }

  /** The JSON body, `undefined` when there is none. Throws as `json()` rejects. */
  parsedJson(): unknown {
    if (this.#json === undefined) {
      const bytes = this.#bytes();
      if (bytes.byteLength > 0) requireJson(this.header('content-type'));
      this.#json = { value: parseJson(bytes) };
    }
    return this.#json.value;
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

  /** Before the slot is given back: copies what somebody may still ask for, and lets go of the rest. */
  detach(): void {
    if (this.#isShared) {
      void this.method;
      void this.params;
      this.#readHead();
      this.#ip ??= this.#slots.ip(this.slot);
    }
    this.#isDetached = true;
    this.#body = undefined;
  }

  /** The slots, as long as ours is ours. */
  #live(): Slots {
    if (!this.#isDetached) return this.#slots;
    throw new CovetError(
      'This part of the request was not read before the request was answered; read it in the handler',
    );
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

  #readParams(): Record<string, string | number> {
    const values = new Fields<string | number>();
    const { params } = this.#route;
    if (params.length === 0) return values;
    const slots = this.#live();
    for (let index = 0; index < params.length; index++) {
      const { name, isInt } = params[index]!;
      values[name] = isInt ? slots.intParam(this.slot, index) : slots.textParam(this.slot, index);
    }
    return values;
  }

  #bytes(): Uint8Array {
    if (this.#body !== undefined) return this.#body;
    if (this.#isDetached) {
      throw new CovetError('The body was not read before the request was answered; read it in the handler first');
    }
    this.#body = this.#slots.bodyLength(this.slot) === 0 ? noBytes : this.#slots.body(this.slot);
    return this.#body;
  }
}

/** The raw parts of a request, as validation reads them. */
export class RequestInputs implements RawInputs {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  get request(): CovetRequest {
    return this.#request.share();
  }

  params(): Readonly<Record<string, unknown>> {
    return this.#request.params;
  }

  query(): Readonly<Record<string, string | readonly string[]>> {
    return this.#request.fullQuery();
  }

  headers(): Readonly<Record<string, string>> {
    return this.#request.headers;
  }

  cookies(): Readonly<Record<string, string>> {
    return this.#request.cookies;
  }

  body(): unknown {
    return this.#request.parsedJson();
  }
}
