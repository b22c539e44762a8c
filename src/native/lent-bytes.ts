/**
 * Large bodies that are whole: they stay where they are, and this thread sends from them when their turn has come.
 * In: bytes, and words of the I/O threads. Out: calls that send, and at the end a word that the bytes are free.
 */
import { CovetError } from '../error.ts';
import type { Flows } from './flows.ts';
import { LENT_CHANGED, LENT_GOES_ON } from './index.ts';
import type { NativeServer } from './index.ts';
import { toOwnBytes } from './own-bytes.ts';

/**
 * Bytes from which a body is lent; what is smaller is copied and out of the way at once.
 *
 * Copied as a whole, answers of 1 MiB to 64 clients at a time lie in 64 MiB that no cache holds. Lent ones take 0.67 times the
 * CPU of those, and 0.63 times that of Fastify's (medians of 7 interleaved runs on a busy machine).
 */
const LENT_LEAST = 256 * 1024;

/** Whether a body is one to be lent. */
export function isLarge(body: unknown): body is string | Uint8Array {
  return (typeof body === 'string' || body instanceof Uint8Array) && body.length >= LENT_LEAST;
}

/** Before the reply: `body` is its body. `onEnd` is called once nobody needs it, with what went wrong, if that is our side's. */
export function lendBytes(
  server: NativeServer,
  slot: number,
  flows: Flows,
  body: string | Uint8Array,
  onEnd: (error: Error | undefined) => void,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : toOwnBytes(body);
  const { byteLength } = bytes;
  const native = server.lendReply(slot, byteLength);
  if (native === null) throw new Error('The slot is not ours to answer');
  const { id } = native;
  // It also keeps the bytes alive.
  flows.listen(id, () => {
    const state = flows.isClosed ? undefined : native.serve(bytes);
    if (state === LENT_GOES_ON) return;
    flows.forget(id);
    onEnd(state === LENT_CHANGED ? changed(byteLength, bytes.byteLength) : undefined);
  });
}

function changed(before: number, after: number): CovetError {
  const what = after === 0 ? 'were given away' : `became ${after}`;
  return new CovetError(
    `The ${before} bytes of a body ${what} while they were sent: leave a buffer alone that was given as an answer`,
  );
}
