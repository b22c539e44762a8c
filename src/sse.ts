/** Server-sent events: for one client, as its `EventSource` reads them (HTML, 9.2). */
import { CovetError } from './error.ts';
import { HEARTBEAT, checkName, toEventText } from './internal/event-text.ts';
import { isSchema } from './internal/is-schema.ts';
import { isIterable } from './internal/pieces.ts';
import { reply } from './reply.ts';
import { compileResponse } from './serialise.ts';
import type { ResponseOptions, Serialise } from './serialise.ts';
import { StreamContract, StreamedValues } from './stream-format.ts';
import type { EncodeItem, StreamFormat } from './stream-format.ts';
import type { ReplyLike } from './types/reply.ts';
import type { Schema } from './types/schema.ts';
import type { SseItem, SseSchemas, StreamOf, StreamResponse, Streamed } from './types/stream.ts';

/** Options of {@link sse}. */
export interface SseOptions {
  /**
   * Milliseconds without an event after which a comment is sent, so that nothing between the two takes the connection for
   * dead; `false` for never. Default 15,000; most is 2^31 - 1.
   */
  readonly heartbeat?: number | false;
}

const HEARTBEAT_INTERVAL = 15_000;
const MAX_INTERVAL = 2 ** 31 - 1;

/**
 * Sends server-sent events.
 *
 * With a schema it is a route's `response`: the handler is a generator, or returns anything that can be iterated, of events
 * `{ data, event?, id?, retry?, comment? }` whose data fits the schema. With a schema for each name, `event` says which.
 * Data is sent as JSON, and what its schema does not declare is left out. An item without data is none to the client's
 * script: it moves the id, sets the time to reconnect, or is a comment.
 *
 * With events, it is a body for a handler to return where the route has no response schema; data that is text is then sent
 * as it is, whatever its lines.
 *
 * An event leaves at once. A slow client slows the handler; one that goes aborts `req.signal` and ends the generator, one
 * that waits as soon as it goes on: see `untilAborted`. When the server closes, `req.signal` fires, and the stream ends in
 * order 100 ms later at the latest. What the client saw last is `req.lastEventId`; `stopEvents()` has it not come again.
 *
 * Headers, unless the reply has its own: `cache-control: no-cache, no-transform` and `x-accel-buffering: no`.
 *
 * @throws CovetError for anything else, and for a name no event can have.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { Covet, sse } from 'covet';
 *
 * const Price = z.object({ price: z.number() });
 * const app = new Covet({ logger: false });
 * app.get('/prices', { response: sse({ price: Price, end: z.string() }) }, async function* ({ req }) {
 *   const seen = Number(req.lastEventId ?? 0);
 *   for (let id = seen + 1; id <= 2; id++) yield { event: 'price', data: { price: id * 10 }, id };
 *   yield { event: 'end', data: 'market closed' };
 * });
 *
 * const { url, close } = await app.listen({ port: 0 });
 * const text = await (await fetch(`${url}/prices`, { headers: { 'last-event-id': '1' } })).text();
 * console.log(text.split('\n\n')[0]?.split('\n')); // [ 'event: price', 'id: 2', 'data: {"price":20}' ]
 * await close();
 * ```
 */
export function sse<const X extends Schema | SseSchemas | StreamOf<SseItem<unknown>>>(
  what: X,
  options?: SseOptions,
): X extends Schema ? StreamResponse<SseItem<X>> : X extends StreamOf<unknown> ? Streamed : StreamResponse<SseItem<X>>;
export function sse(what: Schema | SseSchemas | StreamOf<unknown>, { heartbeat }: SseOptions = {}): unknown {
  const format = toFormat(checkHeartbeat(heartbeat ?? HEARTBEAT_INTERVAL));
  if (isSchema(what)) return new StreamContract({ ...format, compile: (options) => compileData(what, options) });
  if (isIterable(what)) return new StreamedValues(what, { ...format, encode: encodePlain });
  const schemas = checkSchemas(what);
  return new StreamContract({ ...format, compile: (options) => compileNamed(schemas, options) });
}

/**
 * Answers 204: an `EventSource` that gets it does not reconnect (HTML, 9.2.3). For a handler of a route with
 * `response: sse(…)` to return where there is nothing more to come; beside other statuses in a response map, the map has
 * `204` too.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { Covet, sse, stopEvents } from 'covet';
 *
 * const app = new Covet();
 * app.get('/countdown', { response: sse(z.number()) }, ({ req }) => {
 *   if (req.lastEventId === '0') return stopEvents();
 *   return [3, 2, 1, 0].map((data) => ({ data, id: data }));
 * });
 * ```
 */
export function stopEvents(): ReplyLike<204, never> {
  return reply(204) as unknown as ReplyLike<204, never>;
}

function toFormat(every: number | false): StreamFormat {
  return {
    name: 'sse()',
    contentType: 'text/event-stream',
    headers: { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' },
    options: { isEndless: true, heartbeat: every === false ? undefined : { piece: HEARTBEAT, every } },
  };
}

function compileData(schema: Schema, options: ResponseOptions): EncodeItem {
  const serialise = compileResponse(schema, options)!.for(200)!;
  return (item) => encodeWith(item, () => serialise);
}

function compileNamed(schemas: SseSchemas, options: ResponseOptions): EncodeItem {
  const byName = new Map<unknown, Serialise>();
  for (const [name, schema] of Object.entries(schemas)) byName.set(name, compileResponse(schema, options)!.for(200)!);
  const find = (name: unknown): Serialise => {
    const serialise = byName.get(name);
    if (serialise !== undefined) return serialise;
    const sent = name === undefined ? 'an event without a name' : `an event ${JSON.stringify(name)}`;
    throw new CovetError(`${options.route} sent ${sent}; its response has ${[...byName.keys()].join(', ')}`, {
      code: 'RESPONSE_VALIDATION_ERROR',
    });
  };
  return (item) => encodeWith(item, find);
}

function encodeWith(item: unknown, find: (name: unknown) => Serialise): string | Promise<string> {
  const event = checkItem(item);
  if (event.data === undefined && event.event === undefined) return toEventText({ ...event, data: undefined });
  const json = find(event.event)(event.data);
  if (typeof json === 'string') return toEventText({ ...event, data: json });
  return json.then((data) => toEventText({ ...event, data }));
}

const encodePlain: EncodeItem = (item) => {
  const event = checkItem(item);
  const { data } = event;
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  if (text === undefined && (data !== undefined || event.event !== undefined)) {
    throw new CovetError(`An event's data is a value JSON has, not ${typeof data}`);
  }
  return toEventText({ ...event, data: text });
};

interface Item {
  readonly data?: unknown;
  readonly event?: unknown;
}

function checkItem(item: unknown): Item {
  if (typeof item === 'object' && item !== null) return item;
  throw new CovetError(`An event is an object such as { data }, not ${item === null ? 'null' : `a ${typeof item}`}`);
}

function checkSchemas(what: unknown): SseSchemas {
  const entries = typeof what === 'object' && what !== null ? Object.entries(what) : [];
  if (entries.length === 0) {
    throw new CovetError('sse() takes a schema, schemas by name, or a generator, a stream or a list of events');
  }
  for (const [name, schema] of entries) {
    checkName(name);
    if (!isSchema(schema)) throw new CovetError(`sse() has no schema for the event '${name}'`);
  }
  return what as SseSchemas;
}

function checkHeartbeat(every: unknown): number | false {
  if (every === false) return false;
  if (Number.isInteger(every) && (every as number) > 0 && (every as number) <= MAX_INTERVAL) return every as number;
  throw new RangeError(
    `The heartbeat is a whole number of milliseconds from 1 to 2^31 - 1, or false, not ${String(every)}`,
  );
}
