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
}

/**
 * A response with its status, as `reply(status, data)` makes it and as middleware sees it.
 *
 * The status literal is part of the type: it chooses the schema of a route's response map that `data` must fit.
 */
export interface ReplyLike<out Status extends number = number, out T = unknown> {
  readonly [kReplyType]: true;
  readonly status: Status;
  readonly data: T;
  readonly headers: ReplyHeaders;
  /** What the handler threw, when this reply answers an error. Middleware reads it; it is never sent. */
  readonly error?: unknown;
}

/**
 * The type `reply(status, data)` gives: for a status of several literals one reply each, so that
 * `reply(created ? 201 : 200, user)` fits a response map that has both.
 */
export type ReplyOf<Status extends number, T> = Status extends number ? ReplyLike<Status, T> : never;
