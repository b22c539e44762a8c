import type { MaybePromise } from './schema.ts';

/**
 * A format beside JSON: writes answers for clients that ask for it in `Accept`, and may read bodies that come in it. Given to
 * an application as `serializers`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import type { Serializer } from 'covet';
 *
 * const csv: Serializer = {
 *   type: 'text/csv; charset=utf-8',
 *   serialize(value) {
 *     const rows = Array.isArray(value) ? value : [value];
 *     return rows.map((row) => Object.values(row as object).join(',')).join('\r\n');
 *   },
 * };
 * const app = new Covet({ serializers: [csv] });
 * app.get('/points', () => [{ x: 1, y: 2 }]);
 * ```
 */
export interface Serializer {
  /** The media type, with its parameters, as it is sent: `text/csv; charset=utf-8`. */
  readonly type: string;
  /**
   * The body of an answer, text or bytes.
   *
   * `value` is what JSON would have said: the fields that the route's response schema names and no others, dates as text,
   * what has a `toJSON` as that says. Integers beyond 2^53 are bigints. What it throws is a 500, logged.
   */
  serialize(value: unknown): MaybePromise<string | Uint8Array>;
  /**
   * The value of a request's body of this type, to be checked by the route's `body` schema. Without it such a body is 415.
   *
   * `body` is never empty, and no longer than the route's `bodyLimit`; it may be kept. What `parse` throws is a 400, unless it
   * is an error of Covet's with a status of its own. It gets a stranger's bytes: bound how deep they nest.
   */
  parse?(body: Uint8Array): unknown;
}
