/** Streams of JSON values, a line each. */
import { CovetError } from './error.ts';
import { isSchema } from './internal/is-schema.ts';
import { isIterable } from './internal/pieces.ts';
import { compileResponse } from './serialise.ts';
import type { ResponseOptions } from './serialise.ts';
import { StreamContract, StreamedValues } from './stream-format.ts';
import type { EncodeItem, StreamFormat } from './stream-format.ts';
import type { InputOf, Schema } from './types/schema.ts';
import type { StreamOf, StreamResponse, Streamed } from './types/stream.ts';

/**
 * Streams values as `application/x-ndjson`: JSON, and a line feed behind each.
 *
 * With a schema it is a route's `response`: the handler is a generator, or returns anything that can be iterated, of values
 * that fit the schema, and what the schema does not declare is left out of every line. With values, it is a body for a
 * handler to return where the route has no response schema.
 *
 * Lines leave when the source waits, as fast as the client takes them. An error before the first line is answered like any
 * other if the source fails at once; later the answer breaks off, so that the client can tell, and it is logged.
 *
 * @throws CovetError for anything else.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { Covet, ndjson } from 'covet';
 *
 * const Row = z.object({ id: z.number() });
 * const app = new Covet({ logger: false });
 * app.get('/rows', { response: ndjson(Row) }, async function* () {
 *   for (let id = 1; id <= 2; id++) yield { id, secret: 'stays here' };
 * });
 * app.get('/log', () => ndjson([{ level: 'info' }, { level: 'warn' }]));
 *
 * const { url, close } = await app.listen({ port: 0 });
 * const rows = await (await fetch(`${url}/rows`)).text();
 * console.log(rows.split('\n')); // [ '{"id":1}', '{"id":2}', '' ]
 * await close();
 * ```
 */
export function ndjson<const X extends Schema | StreamOf<unknown>>(
  what: X,
): X extends Schema ? StreamResponse<InputOf<X>> : Streamed;
export function ndjson(what: Schema | StreamOf<unknown>): unknown {
  if (isSchema(what)) return new StreamContract({ ...format, compile: (options) => compile(what, options) });
  if (isIterable(what)) return new StreamedValues(what, { ...format, encode: encodePlain });
  throw new CovetError('ndjson() takes a schema, or a generator, a stream or a list of values');
}

const toLine = (json: string): string => `${json}\n`;

const format: StreamFormat = { name: 'ndjson()', contentType: 'application/x-ndjson', headers: {}, options: {} };

function compile(schema: Schema, options: ResponseOptions): EncodeItem {
  const serialise = compileResponse(schema, options)!.for(200)!;
  return (item) => {
    const json = serialise(item);
    return typeof json === 'string' ? toLine(json) : json.then(toLine);
  };
}

const encodePlain: EncodeItem = (item) => {
  const json = item instanceof Uint8Array ? undefined : JSON.stringify(item);
  if (json === undefined) {
    throw new CovetError(`ndjson() sends values JSON has, not ${item instanceof Uint8Array ? 'bytes' : typeof item}`);
  }
  return toLine(json);
};
