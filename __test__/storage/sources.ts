/** Files to save: bytes that are told apart, and sources that behave in ways of their own. */
import { createHash } from 'node:crypto';

/** Bytes that differ from place to place, so that a swap or a gap shows. */
export function bytesOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state;
  }
  return new Uint8Array(bytes.buffer, 0, size);
}

/** A source that gives `chunks` and then does as `end` says; it notes how it went. */
export class WatchedSource implements AsyncIterable<Uint8Array> {
  given = 0;
  isClosed = false;
  readonly #chunks: Iterable<Uint8Array>;
  readonly #end: () => Promise<void>;

  constructor(chunks: Iterable<Uint8Array>, end: () => Promise<void> = async () => undefined) {
    this.#chunks = chunks;
    this.#end = end;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of this.#chunks) {
        this.given += 1;
        yield chunk;
      }
      await this.#end();
    } finally {
      this.isClosed = true;
    }
  }
}

/** `count` times the same chunk. */
export function* repeated(chunk: Uint8Array, count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at += 1) yield chunk;
}

/** All that a stream gives. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
