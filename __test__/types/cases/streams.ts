import { z } from 'zod';

import { ndjson } from '../../../src/ndjson.ts';
import { del, get } from '../../../src/route.ts';
import { sse, stopEvents } from '../../../src/sse.ts';
import type { Returns } from '../../../src/types/context.ts';
import type { ReplyLike } from '../../../src/types/reply.ts';
import type {
  NamedSseEvent,
  SseEvent,
  SseItem,
  SseNote,
  StreamOf,
  StreamResponse,
  Streamed,
} from '../../../src/types/stream.ts';
import { untilAborted } from '../../../src/until-aborted.ts';
import { type Eq, is } from './equal.ts';
import { app, Problem, reply } from './shop.ts';

const Row = z.object({ id: z.number(), kind: z.enum(['a', 'b']) });
type RowIn = { id: number; kind: 'a' | 'b' };
const Price = z.object({ price: z.number(), side: z.enum(['buy', 'sell']) });
type PriceIn = { price: number; side: 'buy' | 'sell' };
const row: RowIn = { id: 1, kind: 'a' };

const lines = ndjson(Row);
is<Eq<typeof lines, StreamResponse<RowIn>>>();
is<Eq<Exclude<Returns<{ response: typeof lines }>, Response | ReplyLike>, StreamOf<RowIn>>>();
is<Eq<SseItem<typeof Price>, SseNote | SseEvent<PriceIn>>>();
is<
  Eq<SseItem<{ a: typeof Price; b: z.ZodString }>, SseNote | NamedSseEvent<'a', PriceIn> | NamedSseEvent<'b', string>>
>();
const body = ndjson([1]);
is<Eq<typeof body, Streamed>>();

// Literals keep their types in what is yielded or listed.
app.get('/', { response: ndjson(Row) }, async function* () {
  yield { id: 1, kind: 'a' };
});
app.get('/', { response: ndjson(Row) }, function* () {
  yield { id: 1, kind: 'b' };
});
app.get('/', { response: ndjson(Row) }, () => [{ id: 1, kind: 'a' }]);
app.get('/', { response: ndjson(Row) }, async () => [{ id: 1, kind: 'a' }]);
app.get('/', { response: ndjson(Row) }, () => ReadableStream.from([row]));
app.get('/', { response: { 200: ndjson(Row), 404: Problem } }, ({ req }) =>
  req.ip === '' ? reply(404, { error: { message: 'x' } }) : [row],
);
app.get('/', () => ndjson([row]));
app.get('/', () => reply(201, ndjson(new Set([row]))));
// @ts-expect-error kind is missing
app.get('/', { response: ndjson(Row) }, async function* () {
  yield { id: 1 };
});
// @ts-expect-error a row is not rows
app.get('/', { response: ndjson(Row) }, () => row);
// @ts-expect-error the values themselves
app.get('/', { response: ndjson(Row) }, () => ndjson([row]));
// @ts-expect-error nothing to send
ndjson(5);

app.get('/', { response: sse(Price) }, async function* ({ req }) {
  yield { data: { price: Number(req.lastEventId ?? 1), side: 'buy' } };
  yield { data: { price: 1, side: 'sell' }, event: 'any', id: 1, retry: 1000, comment: 'x' };
  yield { comment: 'x' };
  yield { id: 'x', retry: 1 };
});
app.get('/', { response: sse(Price) }, ({ req }) => (req.ip === '' ? stopEvents() : []));
app.get('/', { response: { 200: sse(Price), 204: z.undefined() } }, () => stopEvents());
app.get('/', { response: sse({ price: Price, end: z.string() }, { heartbeat: false }) }, async function* ({ req }) {
  for await (const price of untilAborted([1, 2], req.signal)) yield { event: 'price', data: { price, side: 'buy' } };
  yield { event: 'end', data: 'x', id: 'y' };
});
app.get('/', () => sse([{ data: 'x' }, { comment: 'y' }]));
// @ts-expect-error data of another type
app.get('/', { response: sse(Price) }, async function* () {
  yield { data: { price: '1', side: 'buy' } };
});
// @ts-expect-error data goes in `data`
app.get('/', { response: sse(Price) }, async function* () {
  yield { price: 1, side: 'buy' };
});
// @ts-expect-error the data of another name
app.get('/', { response: sse({ price: Price, end: z.string() }) }, async function* () {
  yield { event: 'price', data: 'x' };
});
// @ts-expect-error an event of such a response has a name
app.get('/', { response: sse({ price: Price, end: z.string() }) }, async function* () {
  yield { data: 'x' };
});
// @ts-expect-error not an id
app.get('/', { response: sse(Price) }, () => [{ id: true, data: { price: 1, side: 'buy' } }]);
// @ts-expect-error not events
app.get('/', () => sse([1, 2]));
// @ts-expect-error a map without 204
app.get('/', { response: { 200: sse(Price) } }, () => stopEvents());

// Decorated methods.
const Feed = get('/feed', { response: sse({ price: Price }) });
export class Feeds {
  @Feed
  async *feed() {
    yield { event: 'price' as const, data: { price: 1, side: 'buy' as const } };
  }

  @del('/rows', { response: ndjson(Row) })
  rows() {
    return [row];
  }
}
