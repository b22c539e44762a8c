import type { FormOptions } from './form-options.ts';
import type { FilesByName, FormPart, MultipartOptions } from './upload.ts';

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
  /**
   * The whole address: scheme, host and port as the client named them, path and query. The scheme is `http` unless a proxy
   * of `trustProxy` says `https`; host and port are those it says the client asked for. Throws an error of status 400 for a
   * host that no URL can have, such as `xn--`.
   */
  readonly url: URL;
  /** Every header under its lower-case name. Several lines of one name are joined by `, ` (RFC 9110, 5.3). */
  readonly headers: RawFields;
  /** Query parameters, decoded. A repeated name keeps its first value; `url.searchParams.getAll` or a schema gives all. */
  readonly query: RawFields;
  /** Path parameters, decoded; `{id:int}` is a number. */
  readonly params: Readonly<Record<string, string | number>>;
  /** Cookies of the `cookie` header (RFC 6265). A repeated name keeps its first value. */
  readonly cookies: RawFields;
  /**
   * The client's address: the socket's peer, or whom the proxies of `trustProxy` name. `unix` for the peer of a Unix socket.
   */
  readonly ip: string;
  /**
   * Aborted when the client goes away, the request runs out of time, or the server closes: for endless answers when that
   * begins, for all others when its grace ends. Never when a request simply ends.
   */
  readonly signal: AbortSignal;
  /**
   * The id of the last server-sent event that a reconnecting client has seen (`Last-Event-ID`); undefined where there is
   * none. It is the client's word: check it like any other input, here or by a schema in the route's `headers`. Throws an
   * error of status 400 for what is not UTF-8.
   */
  readonly lastEventId: string | undefined;
  /** One header's value, or `undefined`. The name's case does not matter. Cheaper than `headers` for a few names. */
  header(name: string): string | undefined;
  /** The body as text. Rejects with a 400 error when it is not valid UTF-8, with a 413 error when it exceeds the limit. */
  text(): Promise<string>;
  /**
   * The body parsed as JSON, `undefined` when there is none. Rejects with an error of status 400 for malformed JSON, 415
   * for another content type, 413 beyond the limit. Keys named `__proto__` are dropped.
   */
  json(): Promise<unknown>;
  /**
   * The fields of a form (`application/x-www-form-urlencoded`, or `multipart/form-data` without its files): a value each, all values in order for a repeated name. The
   * object has no prototype. Rejects with an error of status 400 for what does not decode, 415 for another content type, 413
   * beyond a limit. A route's `form` schema gives them checked.
   *
   * @example
   * ```ts
   * import { Covet } from 'covet';
   *
   * const app = new Covet();
   * app.post('/search', async ({ req }) => ({ looked_for: (await req.form())['q'] ?? '' }));
   * ```
   */
  form(options?: FormOptions): Promise<Readonly<Record<string, string | readonly string[] | undefined>>>;
  /**
   * The form as a standard `FormData`, for code that takes one: fields as text, files as `File`, which are read into memory.
   * Fields come first, then files; a name's values are in order. A file has the safe name and the type that `files()` gives
   * it, and one that was not chosen is left out. Rejects as `files()` does. Prefer `files()`, or a route's `files`, for
   * what need not be in memory.
   *
   * @example
   * ```ts
   * import { Covet } from 'covet';
   *
   * const app = new Covet({ logger: false });
   * app.post('/notes', async ({ req }) => {
   *   const form = await req.formData();
   *   const note = form.get('note');
   *   return note instanceof File ? { file: note.name, size: note.size } : { text: note };
   * });
   * const body = new FormData();
   * body.append('note', new File(['hello'], 'note.txt'));
   * console.log(await (await app.inject({ method: 'POST', url: '/notes', body })).text()); // {"file":"note.txt","size":5}
   * await app.close();
   * ```
   */
  formData(options?: MultipartOptions): Promise<FormData>;
  /**
   * The files of a multipart form by field, read whole: small ones are kept in memory, larger ones in temporary files, so
   * that they never cross JavaScript unless they are read. `form()` then gives its fields. Rejects with an error of status
   * 415 for another content type, 400 for what is malformed, 413 beyond a limit.
   *
   * @example
   * ```ts
   * import { Covet, MemoryStorage } from 'covet';
   *
   * const app = new Covet();
   * const storage = new MemoryStorage();
   * app.post('/files', { bodyLimit: 100 * 1024 ** 2 }, async ({ req }) => {
   *   const { attachments = [] } = await req.files({ maxFiles: 5, maxFileSize: 20 * 1024 ** 2 });
   *   return { urls: await Promise.all(attachments.map((file) => file.save(storage))) };
   * });
   * ```
   */
  files(options?: MultipartOptions): Promise<FilesByName>;
  /**
   * The parts of a multipart form as they come, one after the other: fields whole, files as streams. The client is asked for
   * more only as they are read; what is not read of a file is passed over, and leaving the loop ends it. The iterator rejects
   * as `files` does.
   *
   * @example
   * ```ts
   * import { Covet, MemoryStorage } from 'covet';
   *
   * const app = new Covet();
   * const storage = new MemoryStorage();
   * app.post('/import', { bodyLimit: 10 * 1024 ** 3 }, async ({ req }) => {
   *   const urls: string[] = [];
   *   for await (const part of req.parts({ maxFileSize: 5 * 1024 ** 3 })) {
   *     if (part.kind === 'file') urls.push(await part.save(storage));
   *   }
   *   return { urls };
   * });
   * ```
   */
  parts(options?: MultipartOptions): AsyncIterableIterator<FormPart>;
  /** The body as bytes. Rejects with a 413 error when it exceeds the limit (1 MiB unless set otherwise). */
  bytes(): Promise<Uint8Array>;
  /**
   * The body as it comes, for what should not be in memory whole. The client is asked for more only as fast as this is
   * read, also once the answer has begun; behind the answer, what nobody reads for 5 seconds is let go, and a later read
   * fails. It can be read once; `text`, `json` and `bytes` then reject, as it throws after
   * them where the body was large. A read fails with a 413 error beyond the limit, a 408 error where the client is too slow.
   *
   * @example
   * ```ts
   * import { createWriteStream } from 'node:fs';
   * import { Readable } from 'node:stream';
   * import { pipeline } from 'node:stream/promises';
   * import { Covet } from 'covet';
   *
   * const app = new Covet();
   * app.put('/backup', { bodyLimit: 10 * 1024 ** 3 }, async ({ req }) => {
   *   await pipeline(Readable.fromWeb(req.stream as never), createWriteStream('/tmp/backup.tar'));
   *   return { stored: true };
   * });
   * ```
   */
  readonly stream: ReadableStream<Uint8Array>;
  /**
   * The request as a web `Request`, for code that takes one: an application of another framework, a library for signing in.
   * What that answers with, a web `Response`, is returned as it is. Each call gives the same object: method, `url`, every
   * header, `signal`, and the body as a stream, which a request without one, and any GET or HEAD, has not.
   *
   * The body is that of the other readers and is taken when it is first read: until then `text`, `json`, `form` and the
   * others may be called, and after them, where they keep the bytes, it is there again. Once it has been read they fail, as
   * reading it does after `stream` or `parts`. A read fails with the errors of `stream`. Throws an error of status 400 for a
   * host that no URL can have.
   *
   * @example
   * ```ts
   * import { Covet } from 'covet';
   *
   * // Anything with a handler of web requests.
   * const auth = { handler: async (request: Request) => new Response(`${request.method} ${await request.text()}`) };
   *
   * const app = new Covet({ logger: false });
   * app.any('/auth/{*rest}', ({ req }) => auth.handler(req.toWeb()));
   * console.log(await (await app.inject({ method: 'POST', url: '/auth/sign-in', body: 'me' })).text()); // POST me
   * await app.close();
   * ```
   */
  toWeb(): Request;
}
