/** A request for `app.inject`. */
export interface InjectOptions {
  /** A path such as `/users?page=2`, as it is sent; a whole address also sets `Host`, and the scheme of `req.url`. */
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string;
  /** Added to the query of `url`; a list repeats the name, `undefined` leaves it out. */
  readonly query?: Readonly<Record<string, unknown>>;
  /** A value that is `undefined` is left out. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Added to the `cookie` header; values are percent-encoded. */
  readonly cookies?: Readonly<Record<string, unknown>>;
  /**
   * Text, bytes, a `Blob`, `URLSearchParams`, `FormData`, a stream or other async iterable of bytes; anything else is sent as JSON. The
   * content type is set to suit unless `headers` has one.
   */
  readonly body?: unknown;
  /** The same as `body`. */
  readonly payload?: unknown;
  /** The address the request seems to come from. Default `127.0.0.1`. */
  readonly remoteAddress?: string;
  /** Aborted, it drops the connection, as a client does that goes away. */
  readonly signal?: AbortSignal;
}

/**
 * A response to `app.inject`. The body is read when it is asked for, once, however often. One that nobody reads goes on holding
 * what makes it, until `close`: `stream().cancel()` lets go of it.
 */
export interface InjectResponse {
  readonly status: number;
  /** Under lower-case names; several lines of one name are joined by `, `, but for `set-cookie`: see `setCookies`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every `set-cookie` line. */
  readonly setCookies: readonly string[];
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  /** The body as JSON. Rejects with a `SyntaxError` where it is none. */
  json<T = any>(): Promise<T>;
  /** The body as it comes, in the place of the others. */
  stream(): ReadableStream<Uint8Array>;
  /** The trailers; they come behind the whole body. */
  trailers(): Promise<Readonly<Record<string, string>>>;
}

/**
 * `app.fetch(request)`: answers a web `Request` with a web `Response`, for those who bring their own server. Bodies stream both
 * ways; aborting `request.signal` aborts `req.signal`. It may be taken off the application. `remoteAddress` is the client's,
 * `127.0.0.1` unless it is given. A response whose body nobody reads goes on holding what makes it, until `close`: read it, or
 * `response.body?.cancel()`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 *
 * const app = new Covet({ logger: false });
 * app.get('/', () => 'hello');
 * const response = await app.fetch(new Request('http://localhost/'));
 * console.log(response.status, await response.text()); // 200 hello
 * await app.close();
 * ```
 */
export type CovetFetch = (request: Request, options?: { readonly remoteAddress?: string }) => Promise<Response>;
