/** What waits for values in, the same with an end out: when a signal fires. */
import { CovetError } from './error.ts';
import { isIterable, openPieces } from './internal/pieces.ts';
import type { StreamOf } from './types/stream.ts';

/**
 * The values of `source` until `signal` fires: then the loop ends, also one that waits for the next value, and the source
 * is ended. A generator alone cannot be ended while it waits.
 *
 * @throws CovetError for what gives no values.
 *
 * @example
 * ```ts
 * import { on } from 'node:events';
 * import { EventEmitter } from 'node:events';
 * import { z } from 'zod';
 * import { Covet, sse, untilAborted } from 'covet';
 *
 * const prices = new EventEmitter();
 * const app = new Covet();
 * app.get('/prices', { response: sse(z.number()) }, async function* ({ req }) {
 *   for await (const [price] of untilAborted(on(prices, 'price'), req.signal)) yield { data: price };
 * });
 * ```
 */
export function untilAborted<T>(source: StreamOf<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  if (!isIterable(source)) throw new CovetError('untilAborted() takes a stream, a generator or something to iterate');
  return read(source, signal);
}

async function* read<T>(source: StreamOf<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const pieces = openPieces(source);
  let wake = (): void => undefined;
  // One listener for all of it: one a value would grow with the stream.
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  let isDone = false;
  try {
    while (!signal.aborted) {
      const next = await new Promise<Awaited<ReturnType<typeof pieces.next>> | undefined>((resolve, reject) => {
        wake = () => resolve(undefined);
        pieces.next().then(resolve, reject);
      });
      isDone = next?.done === true;
      if (next === undefined || isDone) return;
      yield next.value as T;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // A source that waits answers when it goes on, if ever; nobody is there to hear what it says then.
    if (signal.aborted) pieces.stop().catch(() => undefined);
    else if (!isDone) await pieces.stop();
  }
}
