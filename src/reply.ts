/**
 * An answer with its status, and the handler's way to make one.
 */
import type { FileBody } from './files/file-body.ts';
import { toSetCookie } from './internal/set-cookie.ts';
import type { Payload } from './native/slots.ts';
import { ReplyHeaders, checkTrailers } from './reply-headers.ts';
import type { StreamBody } from './reply-stream.ts';
import type { CookieOptions, CookieSetter, DeleteCookieOptions } from './types/cookie.ts';
import type { kReplyType, ReplyContent, ReplyLike, ReplyOf } from './types/reply.ts';
import type { MaybePromise } from './types/schema.ts';

/** Header names and values for {@link reply}; an array gives a name several lines. */
export type ReplyHeadersInit =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [string, string]>;

/** Options of {@link reply}. */
export interface ReplyInit {
  readonly headers?: ReplyHeadersInit;
  /**
   * Fields behind the body (RFC 9110, 6.5): texts, or functions that give them once the body is complete. The reply is
   * then chunked; clients that did not say `TE: trailers` do not get them.
   */
  readonly trailers?: ReplyTrailers;
  /**
   * For a body that goes on until somebody stops it, as `sse()` does by itself: when the server begins to close, `req.signal`
   * fires, and the reply ends in order 100 ms later at the latest. Default `false`: the reply has the grace of `close` to come
   * to its end; then `req.signal` fires, and it is broken off.
   */
  readonly endless?: boolean;
}

/** Names and values of {@link ReplyInit.trailers}. */
export type ReplyTrailers = Readonly<Record<string, string | (() => MaybePromise<string>)>>;

/** The body as it is sent, and the number of its content type; set by `response.ts` alone. */
export interface Encoded {
  readonly type: number;
  readonly body: Payload | StreamBody | FileBody;
}

/** `Max-Age=0` is enough for every browser of today; a client that knows only `Expires` gets the first second there is. */
const LONG_AGO = new Date(0);

/** By the number of {@link Encoded.type}, as `crates/node` writes them. */
const contentTypes: Readonly<Record<number, string>> = {
  1: 'application/json',
  2: 'text/plain; charset=utf-8',
  4: 'application/octet-stream',
  5: 'application/problem+json',
};

/** What users see as a {@link ReplyLike}. */
export class Reply<Status extends number = number, T = unknown>
  implements Omit<ReplyLike<Status, T>, typeof kReplyType | keyof CookieSetter>, CookieSetter
{
  readonly status: Status;
  readonly data: T;
  readonly error: unknown;
  #headers: ReplyHeaders | undefined;
  /** Not there until `response.ts` has put it there. */
  encoded: Encoded | undefined;
  /** The context of the one request that it answers; undefined while user code has it, which may give it many times. */
  owner: object | undefined;
  #afterwards: (() => unknown)[] | undefined;
  trailers: ReplyTrailers | undefined;
  /** Its body is a stream without an end of its own. */
  isEndless = false;

  constructor(status: Status, data: T, error?: unknown) {
    this.status = status;
    this.data = data;
    this.error = error;
  }

  get headers(): ReplyHeaders {
    return (this.#headers ??= new ReplyHeaders());
  }

  /** The header block, without making headers for a reply that has none. */
  headerBlock(): string {
    return this.#headers === undefined ? '' : this.#headers.toBlock();
  }

  setCookie(name: string, value: string, options?: CookieOptions): this {
    this.headers.setCookie(toSetCookie(name, value, options));
    return this;
  }

  deleteCookie(name: string, options?: DeleteCookieOptions): this {
    return this.setCookie(name, '', { ...options, maxAge: 0, expires: LONG_AGO });
  }

  /** Whether {@link dropDefaultSecure} would change anything. */
  get hasDefaultSecure(): boolean {
    return this.#headers !== undefined && this.#headers.hasDefaultSecure;
  }

  /** Takes `Secure` off the cookies that have it by default only. */
  dropDefaultSecure(): void {
    this.#headers?.dropDefaultSecure();
  }

  get content(): ReplyContent | undefined {
    if (this.encoded === undefined || this.trailers !== undefined) return undefined;
    const { type, body } = this.encoded;
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined;
    return { type: this.#headers?.get('content-type') ?? contentTypes[type], body };
  }

  /** Runs `task` once the reply is on its way. */
  onSent(task: () => unknown): void {
    (this.#afterwards ??= []).push(task);
  }

  /** What {@link onSent} was given, if anything. */
  get afterwards(): readonly (() => unknown)[] | undefined {
    return this.#afterwards;
  }

  /** The same answer for one request: what its layers do to it must not show in the next. */
  copyFor(owner: object): Reply<Status, T> {
    const copy = new Reply(this.status, this.data, this.error);
    if (this.#headers !== undefined) copy.#headers = this.#headers.copy();
    copy.owner = owner;
    copy.trailers = this.trailers;
    copy.isEndless = this.isEndless;
    return copy;
  }

  hasHeader(name: string): boolean {
    return this.#headers !== undefined && this.#headers.has(name);
  }
}

/**
 * Answers with a status of its own, and headers if need be.
 *
 * Returned from a handler. `data` becomes the body by the same rules as a plain return value; where the route has a
 * response map, the status chooses the schema, and a status the map does not have is a compile error.
 *
 * @param status 200 to 599
 * @throws RangeError for another status: interim answers are the server's own.
 * @throws CovetError for a header name or value that no response may have.
 *
 * @example
 * ```ts
 * import { Covet, reply } from 'covet';
 *
 * const app = new Covet();
 * app.post('/users', () => reply(201, { id: 1 }, { headers: { location: '/users/1' } }));
 * ```
 */
export function reply<const Status extends number, T = undefined>(
  status: Status,
  data?: T,
  init: ReplyInit = {},
): ReplyOf<Status, T> {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`A reply's status is an integer from 200 to 599, not ${String(status)}`);
  }
  const answer = new Reply<Status, T>(status, data as T);
  if (init.headers !== undefined) appendHeaders(answer.headers, init.headers);
  if (init.trailers !== undefined && Object.keys(init.trailers).length > 0) {
    checkTrailers(init.trailers);
    answer.trailers = init.trailers;
  }
  answer.isEndless = init.endless === true;
  return answer as unknown as ReplyOf<Status, T>;
}

function appendHeaders(headers: ReplyHeaders, init: ReplyHeadersInit): void {
  const pairs = Symbol.iterator in init ? init : Object.entries(init);
  for (const [name, value] of pairs) {
    if (Array.isArray(value)) for (const line of value as readonly string[]) headers.append(name, line);
    // Whatever else it is: an error names the header.
    else headers.append(name, value as string);
  }
}
