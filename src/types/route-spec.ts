import type { FormOptions } from './form-options.ts';
import type { InjectSpec } from './injectable.ts';
import type { Middleware } from './middleware.ts';
import type { Schema } from './schema.ts';
import type { FilesSpec } from './upload.ts';
import type { DecompressOptions } from './wire.ts';

/** The methods a route may answer. The server refuses others with 501. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** The names a handler's argument has of itself; no dependency may take one. */
export type ReservedName =
  | 'req'
  | 'params'
  | 'query'
  | 'headers'
  | 'cookies'
  | 'body'
  | 'form'
  | 'files'
  | 'afterResponse';

/** One schema a status: `{ 200: UserOut, 404: Problem }`. */
export type ResponseMap = { readonly [status: number]: Schema };

/**
 * What a route takes and gives. Every field may be left out.
 *
 * Inputs are checked before the handler and before any dependency runs; all faults of all places come back in one 422.
 * `params`, `query`, `headers`, `cookies` and `form` are coerced to the numbers, booleans and lists their schema asks for, a
 * `body` never is.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { get } from 'covet';
 *
 * const UserOut = z.object({ id: z.number().int(), name: z.string() });
 * const Problem = z.object({ error: z.object({ message: z.string() }) });
 *
 * export const GetUser = get('/users/{id:int}', {
 *   query: z.object({ verbose: z.boolean().default(false) }),
 *   response: { 200: UserOut, 404: Problem },
 *   summary: 'Read one user',
 *   tags: ['users'],
 * });
 * ```
 */
export interface RouteSpec {
  /** Path parameters, under the names the path has. Wins over the types the template gives. */
  readonly params?: Schema;
  readonly query?: Schema;
  /** Request headers, under lower-case names. */
  readonly headers?: Schema;
  readonly cookies?: Schema;
  /**
   * The JSON body, or one of another format that one of the application's `serializers` parses. Without it the body is not
   * read, and `req.json()` gives it unchecked.
   */
  readonly body?: Schema;
  /**
   * The fields of a form, in place of a JSON body: `application/x-www-form-urlencoded` or `multipart/form-data`. Coerced as
   * `query` is; a repeated field is a list where the schema asks for one. Another content type is 415. Not together with
   * `body`.
   */
  readonly form?: Schema;
  /**
   * The files of a `multipart/form-data` body, by the names of their fields; made with `file` and `files`. They are read
   * after middleware, after all other inputs and after the dependencies, so that whoever may not upload is refused before a
   * byte is stored; a `form` beside them is read then too. Files of other fields are passed over. Not together with `body`.
   */
  readonly files?: FilesSpec;
  /** Limits of the fields of a `form`, also of one beside `files`, in the place of those of every form. Past them: 413. */
  readonly formLimits?: FormOptions;
  /**
   * Bytes the body may have: in the place of `limits.bodyLimit`, and up to 2^53 - 1. Past it: 413. A route with `files` and
   * without a limit takes as many as its files may have together, and 1 MiB for fields.
   */
  readonly bodyLimit?: number;
  /**
   * Takes bodies with a `Content-Encoding`: `true` for zstd, br and gzip, or some of them. They are decoded before anyone
   * reads them, in whatever way, while `req.headers` keep what the client sent. `bodyLimit` bounds what is sent and what
   * comes of it alike; what is no such body is 400. Default `false`: such a body is 415 with `Accept-Encoding`.
   */
  readonly decompress?: boolean | DecompressOptions;
  /** `false`: answers of this route are never compressed, for instance since they show a secret beside what was sent. */
  readonly compress?: false;
  /** What the handler needs beside the request, under the names it will have: dependencies, sources, tokens, classes. */
  readonly deps?: InjectSpec;
  /**
   * The response body: one schema, or one a status. A map is the whole list: a plain return and every `reply(status, …)`
   * must be in it. Checked in development; in production fields the schema does not name are left out of the answer.
   */
  readonly response?: Schema | ResponseMap;
  /**
   * The media types of the route's answers, most preferred first: some of `application/json` and those of the application's
   * `serializers`. By default all of them. A client that takes none gets 406, before the handler runs.
   */
  readonly produces?: readonly string[];
  /** Status of a plain return. By default the lowest 2xx of the response map, else 200. */
  readonly status?: number;
  /** Runs around this route alone, inside the app's and the controller's, first one outermost. */
  readonly middleware?: readonly Middleware[];
  /** One line for the API document. */
  readonly summary?: string;
  /** More lines for the API document; CommonMark. */
  readonly description?: string;
  readonly tags?: readonly string[];
  /** The operation's name in the API document; unique within it. By default made from method and path. */
  readonly operationId?: string;
  readonly deprecated?: boolean;
}

/** The spec of `route()`, which may answer several methods. */
export interface MethodsSpec extends RouteSpec {
  /** The methods the route answers; `['GET']` by default. */
  readonly methods?: readonly [Method, ...Method[]];
}

/** The type of field `K` of a spec, `undefined` where the spec has none. */
export type FieldOf<S, K extends string> = S extends { readonly [P in K]: infer V } ? V : undefined;
