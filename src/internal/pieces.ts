/**
 * Whatever gives values one after the other in, one way to read and to end it out: web streams, Node streams, generators
 * and everything else that can be iterated.
 */
import type { StreamOf } from '../types/stream.ts';

/** A source that is being read. */
export interface Pieces {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Ends the source. A stream ends at once, a generator once it goes on from what it waits for. A web stream is told why. */
  stop(reason?: unknown): Promise<unknown>;
}

/** Whether a value is one that gives others; a text is not meant. */
export function isIterable(value: unknown): value is StreamOf<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value || value instanceof ReadableStream)
  );
}

/**
 * Hears of errors of a Node stream: one that nobody reads has no other listener, and Node ends the process for it. Who
 * reads the stream is told by its iterator.
 */
export function hearErrors(source: object): void {
  if ('destroy' in source && 'on' in source && typeof source.on === 'function') source.on('error', () => undefined);
}

/** Begins to read. */
export function openPieces(source: StreamOf<unknown>): Pieces {
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return { next: () => reader.read(), stop: (reason) => reader.cancel(reason) };
  }
  if (Symbol.asyncIterator in source) {
    hearErrors(source);
    const iterator = source[Symbol.asyncIterator]();
    return {
      next: () => iterator.next(),
      stop: async () => {
        // A Node stream that waits for its file does not hear of `return`.
        if ('destroy' in source && typeof source.destroy === 'function') source.destroy();
        await iterator.return?.();
      },
    };
  }
  const iterator = source[Symbol.iterator]();
  return {
    // A list may be one of promises, as `for await` takes it.
    next: async () => {
      const { done, value } = iterator.next();
      return { done, value: await value };
    },
    stop: async () => iterator.return?.(),
  };
}
