import type { InjectSpec } from './injectable.ts';
import type { Middleware } from './middleware.ts';
import type { Schema } from './schema.ts';

/** The methods a route may answer. The server refuses others with 501. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** The names a handler's argument has of itself; no dependency may take one. */
export type ReservedName = 'req' | 'params' | 'query' | 'headers' | 'cookies' | 'body';

/** One schema a status: `{ 200: UserOut, 404: Problem }`. */
export type ResponseMap = { readonly [status: number]: Schema };

/**
 * What a route takes and gives. Every field may be left out.
 *
 * Inputs are checked before the handler and before any dependency runs; all faults of all places come back in one 422.
 * `params`, `query`, `headers` and `cookies` are coerced to the numbers, booleans and lists their schema asks for, a body
 * never is.
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
  /** The JSON body. Without it the body is not read, and `req.json()` gives it unchecked. */
  readonly body?: Schema;
  /** What the handler needs beside the request, under the names it will have: dependencies, sources, tokens, classes. */
  readonly deps?: InjectSpec;
  /**
   * The response body: one schema, or one a status. A map is the whole list: a plain return and every `reply(status, …)`
   * must be in it. Checked in development; in production fields the schema does not name are left out of the answer.
   */
  readonly response?: Schema | ResponseMap;
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
