import type { Payload } from './native/slots.ts';
/**
 * An answer with its status, and the handler's way to make one.
 */
import { ReplyHeaders } from './reply-headers.ts';
import type { kReplyType, ReplyLike, ReplyOf } from './types/reply.ts';

/** Header names and values for {@link reply}; an array gives a name several lines. */
export type ReplyHeadersInit =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [string, string]>;

/** Options of {@link reply}. */
export interface ReplyInit {
  readonly headers?: ReplyHeadersInit;
}

/** The body as it is sent, and the number of its content type; set by `response.ts` alone. */
export interface Encoded {
  readonly type: number;
  readonly body: Payload;
}

/** What users see as a {@link ReplyLike}. */
export class Reply<Status extends number = number, T = unknown> implements Omit<
  ReplyLike<Status, T>,
  typeof kReplyType
> {
  readonly status: Status;
  readonly data: T;
  readonly error: unknown;
  #headers: ReplyHeaders | undefined;
  /** Not there until `response.ts` has put it there. */
  encoded: Encoded | undefined;
  /** The context of the one request that it answers; undefined while user code has it, which may give it many times. */
  owner: object | undefined;
  #afterwards: (() => unknown)[] | undefined;

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
  return answer as unknown as ReplyOf<Status, T>;
}

function appendHeaders(headers: ReplyHeaders, init: ReplyHeadersInit): void {
  const pairs = Symbol.iterator in init ? init : Object.entries(init);
  for (const [name, value] of pairs) {
    if (typeof value === 'string') headers.append(name, value);
    else for (const line of value) headers.append(name, line);
  }
}
