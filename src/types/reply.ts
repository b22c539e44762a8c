import type { CookieSetter } from './cookie.ts';

/** Brands replies for the compiler: an ordinary `{ status, data }` object is data, not a reply. Has no value at run time. */
export declare const kReplyType: unique symbol;

/** The headers of a reply that has not left yet. Names are case-insensitive; a value with CR, LF or NUL is refused. */
export interface ReplyHeaders {
  get(name: string): string | null;
  has(name: string): boolean;
  /** Replaces every value of the name. */
  set(name: string, value: string): void;
  /** Adds one more value. `set-cookie` keeps a line for each. */
  append(name: string, value: string): void;
  delete(name: string): void;
  /** Every name, in lower case, with its values, one for each line. */
  entries(): IterableIterator<[string, string[]]>;
}

/** A body that is there whole. */
export interface ReplyContent {
  /** Its content type; undefined where it has none. */
  readonly type: string | undefined;
  readonly body: string | Uint8Array | undefined;
}

/**
 * A response with its status, as `reply(status, data)` makes it and as middleware sees it.
 *
 * The status literal is part of the type: it chooses the schema of a route's response map that `data` must fit.
 */
export interface ReplyLike<out Status extends number = number, out T = unknown> extends CookieSetter {
  readonly [kReplyType]: true;
  readonly status: Status;
  readonly data: T;
  readonly headers: ReplyHeaders;
  /** The body as it is sent. Undefined for one that comes in pieces or from a file, and until the reply is on its way out. */
  readonly content?: ReplyContent | undefined;
  /** What the handler threw, when this reply answers an error. Middleware reads it; it is never sent. */
  readonly error?: unknown;
}

/**
 * The type `reply(status, data)` gives: for a status of several literals one reply each, so that
 * `reply(created ? 201 : 200, user)` fits a response map that has both.
 */
export type ReplyOf<Status extends number, T> = Status extends number ? ReplyLike<Status, T> : never;

/** The statuses that send a client on to a `Location` (RFC 9110, 15.4). */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/** A redirect without a body, as `redirect(location)` makes it. A handler may return one whatever its route's response is. */
export type RedirectReply<Status extends RedirectStatus = RedirectStatus> = ReplyOf<Status, undefined>;
