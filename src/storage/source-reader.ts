/**
 * Any source of a file goes in; its bytes come out, into buffers that the storage brings. Nothing is read ahead: the
 * source is asked for more when what it gave is used up, and so is held to the pace of the storage.
 */
import type { FileSource, SaveOptions } from '../types/file-storage.ts';
import { StorageError } from './storage-error.ts';

/** What is used of a source: a way to ask it, and one to be done with it early. */
interface Chunks {
  next(): Promise<IteratorResult<unknown, unknown>>;
  giveUp(reason: unknown): unknown;
}

/**
 * Reads a source for `use`. When `use` is done, or has failed, before the source has ended, the source is closed.
 *
 * @throws TypeError for a source that is none, or a limit that is no size.
 */
export async function readSource<T>(
  source: FileSource,
  options: SaveOptions,
  use: (reader: SourceReader) => Promise<T>,
): Promise<T> {
  const reader = new SourceReader(toChunks(source), options);
  try {
    const result = await use(reader);
    reader.close(undefined);
    return result;
  } catch (error) {
    reader.close(error);
    throw error;
  }
}

/** The bytes of one source. */
export class SourceReader {
  readonly #chunks: Chunks;
  readonly #maxSize: number;
  readonly #signal: AbortSignal | undefined;
  /** What the source gave and nobody took yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #size = 0;
  #hasEnded = false;
  /** Ends the wait for the source; a race of promises would keep one reaction for each chunk until the signal goes. */
  #interrupt: ((reason: unknown) => void) | undefined;
  readonly #onAbort = () => this.#interrupt?.(this.#signal?.reason);

  constructor(chunks: Chunks, { maxSize = Number.POSITIVE_INFINITY, signal }: SaveOptions) {
    if (typeof maxSize !== 'number' || !(maxSize >= 0)) {
      throw new TypeError(`\`maxSize\` must be a number of bytes, not ${String(maxSize)}`);
    }
    this.#chunks = chunks;
    this.#maxSize = maxSize;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort);
  }

  /** Bytes read so far. */
  get size(): number {
    return this.#size;
  }

  /** Fills `target`; gives how much of it is filled, less than all only at the source's end. */
  async read(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.byteLength) {
      if (this.#rest.byteLength === 0 && !(await this.#readChunk())) break;
      const taken = this.#rest.subarray(0, target.byteLength - filled);
      target.set(taken, filled);
      filled += taken.byteLength;
      this.#rest = this.#rest.subarray(taken.byteLength);
    }
    return filled;
  }

  /** Lets go of the source; one that has not ended is told why. */
  close(reason: unknown): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#rest = new Uint8Array(0);
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // Not awaited: a source stuck in a read would keep `save` from telling of its failure. And what the source says to
    // being given up has no listener: `save` rejects with the reason for it already.
    void Promise.resolve(this.#chunks.giveUp(reason)).catch(() => undefined);
  }

  async #readChunk(): Promise<boolean> {
    if (this.#hasEnded) return false;
    this.#signal?.throwIfAborted();
    const { done, value } = await this.#next();
    this.#signal?.throwIfAborted();
    if (done === true) {
      this.#hasEnded = true;
      return false;
    }
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(`A file's source must give Uint8Arrays; it gave ${nameOf(value)}`);
    }
    this.#size += value.byteLength;
    if (this.#size > this.#maxSize) {
      throw new StorageError('TOO_LARGE', `The file is larger than the ${this.#maxSize} bytes allowed`);
    }
    this.#rest = value;
    return true;
  }

  #next(): Promise<IteratorResult<unknown, unknown>> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      this.#chunks.next().then(resolve, (error: unknown) => {
        this.#hasEnded = true;
        reject(error);
      });
    });
  }
}

function toChunks(source: FileSource): Chunks {
  if (source instanceof Uint8Array) return ofIterator([source].values());
  if (source instanceof Blob) return ofStream(source.stream());
  if (typeof source === 'object' && source !== null) {
    if ('getReader' in source && typeof source.getReader === 'function') return ofStream(source);
    if (Symbol.asyncIterator in source) return ofIterable(source);
  }
  throw new TypeError(
    `A file's source must be a stream, an async iterable, a Uint8Array or a Blob, not ${nameOf(source)}`,
  );
}

function ofStream(stream: ReadableStream<Uint8Array>): Chunks {
  if (stream.locked) throw new TypeError("The file's source is read by something else already");
  const reader = stream.getReader();
  return { next: () => reader.read(), giveUp: (reason) => reader.cancel(reason) };
}

function ofIterable(source: AsyncIterable<unknown>): Chunks {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: async () => iterator.next(),
    // A Node stream has its own way to end: its iterator, while it waits or before it has begun, cannot be ended.
    giveUp: async () =>
      'destroy' in source && typeof source.destroy === 'function' ? source.destroy() : iterator.return?.(),
  };
}

function ofIterator(iterator: Iterator<unknown>): Chunks {
  return { next: async () => iterator.next(), giveUp: () => undefined };
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? `an object of ${value.constructor?.name ?? 'no class'}` : `a ${typeof value}`;
}
