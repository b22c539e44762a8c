/**
 * Query parameters, headers or cookies as they arrived, where the route has no schema for them.
 *
 * Any name may be missing, so the value is `string | undefined` whether or not a project sets `noUncheckedIndexedAccess`.
 * The object has no prototype: `toString` or `__proto__` are names like any other.
 */
export type RawFields = Readonly<Record<string, string | undefined>>;

/**
 * The request. Handlers and middleware find it as `req`; each part is read from the wire when it is first asked for.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 *
 * const app = new Covet();
 * app.get('/whoami', ({ req }) => ({ agent: req.header('user-agent') ?? 'unknown', address: req.ip }));
 * ```
 */
export interface CovetRequest {
  /** The method in upper case, such as `GET`. A HEAD request served by a GET route stays `HEAD`. */
  readonly method: string;
  /** The path: canonical, decoded once, without the query. What the router matched is what is read here. */
  readonly path: string;
  /** The template of the route that matched, such as `/users/{id}`. Use it, not `path`, to label logs and metrics. */
  readonly route: string;
  /** The whole address: scheme, host and port as the client named them, path and query. */
  readonly url: URL;
  /** Every header under its lower-case name. Several lines of one name are joined by `, ` (RFC 9110, 5.3). */
  readonly headers: RawFields;
  /** Query parameters, decoded. A repeated name keeps its first value; `url.searchParams.getAll` or a schema gives all. */
  readonly query: RawFields;
  /** Path parameters, decoded; `{id:int}` is a number. */
  readonly params: Readonly<Record<string, string | number>>;
  /** Cookies of the `cookie` header (RFC 6265). A repeated name keeps its first value. */
  readonly cookies: RawFields;
  /** The client's address: the socket's peer, unless trusted proxies are configured. */
  readonly ip: string;
  /** Aborted when the client goes away or the request runs out of time; never when a request simply ends. */
  readonly signal: AbortSignal;
  /** One header's value, or `undefined`. The name's case does not matter. Cheaper than `headers` for a few names. */
  header(name: string): string | undefined;
  /** The body as text. Rejects with a 400 error when it is not valid UTF-8, with a 413 error when it exceeds the limit. */
  text(): Promise<string>;
  /**
   * The body parsed as JSON, `undefined` when there is none. Rejects with an error of status 400 for malformed JSON, 415
   * for another content type, 413 beyond the limit. Keys named `__proto__` are dropped.
   */
  json(): Promise<unknown>;
  /** The body as bytes. Rejects with a 413 error when it exceeds the limit (1 MiB unless set otherwise). */
  bytes(): Promise<Uint8Array>;
}
