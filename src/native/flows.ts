/**
 * Bodies that come in pieces, on the JS side of the border.
 * In: words of the I/O threads that a flow has something new. Out: whoever waits for it is told; a writer to what the
 * client gets, at the client's pace. What the client sends is read in `flow-reader.ts`.
 */
import { AsyncResource } from 'node:async_hooks';

import type { NativeServer, NativeWriter } from './index.ts';
import { toOwnBytes } from './own-bytes.ts';

/** Written pieces that together reach this many bytes leave at once; what is less waits for the end of the turn. */
const FLUSH = 16 * 1024;

/** Who hears of which flow, and what is to be written at the end of a turn. */
export class Flows {
  readonly #listeners = new Map<number, () => void>();
  #unflushed: (() => void)[] = [];
  /** Nobody's: what is flushed belongs to many requests, and what a flush finds out is no part of the first one's work. */
  readonly #scope = new AsyncResource('CovetFlows');
  #isClosed = false;

  /** The server has closed: nothing will be heard of any flow. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The server has closed: whoever waits for a flow is told. */
  close(): void {
    this.#isClosed = true;
    this.onReady([...this.#listeners.keys()]);
  }

  /** The flows of these numbers have something new. */
  onReady(ids: readonly number[]): void {
    callEach(ids, (id) => this.#listeners.get(id)?.());
  }

  /** Replaces the listener of a flow. */
  listen(id: number, listener: () => void): void {
    this.#listeners.set(id, listener);
  }

  /** Nobody listens to the flow any more; what keeps it alive then is whoever holds its reader or writer. */
  forget(id: number): void {
    this.#listeners.delete(id);
  }

  /**
   * Has `flush` run at the end of this turn of the event loop, with those of the other flows: the first one wakes the I/O
   * thread, which then finds them all. An event to each of 64 clients every 20 ms takes 0.8 of the CPU that a wake for each takes.
   */
  flushLater(flush: () => void): void {
    if (this.#unflushed.push(flush) > 1) return;
    setImmediate(() => {
      const flushes = this.#unflushed;
      this.#unflushed = [];
      this.#scope.runInAsyncScope(callEach, undefined, flushes, (each: () => void) => each());
    });
  }

  /** Flows that somebody listens to. */
  get size(): number {
    return this.#listeners.size;
  }
}

/** Calls it for each, whichever of them throws: a missed word would leave somebody waiting for ever. */
function callEach<T>(items: readonly T[], call: (item: T) => void): void {
  const errors: unknown[] = [];
  for (const item of items) {
    try {
      call(item);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}

/** What a client gets, as it is made. */
export class FlowWriter {
  readonly #native: NativeWriter;
  readonly #flows: Flows;
  readonly #id: number;
  readonly #onClosed: () => void;
  #pieces: (string | Uint8Array)[] = [];
  #size = 0;
  #isFlushPlanned = false;
  #isFull = false;
  #isClosed = false;
  #resume: (() => void) | undefined;

  /** `onClosed` is called when the client takes nothing any more before all of it was written. */
  constructor(native: NativeWriter, flows: Flows, onClosed: () => void) {
    this.#native = native;
    this.#flows = flows;
    this.#id = native.id;
    this.#onClosed = onClosed;
    flows.listen(this.#id, () => this.#onReady());
  }

  /** More waits for the client than it should: ask {@link ready} before the next piece. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The client takes nothing any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a piece: with the others of this turn, or at once when they are many. */
  write(piece: string | Uint8Array): void {
    if (this.#isClosed || piece.length === 0) return;
    this.#size += piece.length;
    const isDue = this.#size >= FLUSH;
    // Bytes that wait are copied: their maker may fill the same buffer anew for the next piece.
    this.#pieces.push(isDue || typeof piece === 'string' ? piece : Buffer.from(piece));
    if (isDue) this.#flush();
    else if (!this.#isFlushPlanned) {
      this.#isFlushPlanned = true;
      this.#flows.flushLater(this.#flush);
    }
  }

  /** Resolves when there is room again, or nobody is there any more. */
  ready(): Promise<void> {
    if (!this.#isFull || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => (this.#resume = resolve));
  }

  /** All of it was written. `trailers` are lines of checked, Latin-1 text. */
  end(trailers: string): void {
    this.#flush();
    this.#flows.forget(this.#id);
    this.#native.end(trailers === '' ? null : Buffer.from(trailers, 'latin1'));
  }

  /** Breaks off: the client must not take what it has for all of it. */
  abort(): void {
    this.#flush();
    this.#flows.forget(this.#id);
    this.#native.abort();
  }

  readonly #flush = (): void => {
    this.#isFlushPlanned = false;
    const pieces = this.#pieces;
    if (pieces.length === 0 || this.#isClosed) return;
    this.#pieces = [];
    this.#size = 0;
    this.#isFull = !this.#native.write(pieces.length === 1 ? toBytes(pieces[0]!) : join(pieces));
    // Also refused where nobody listens any more.
    if (this.#isFull) this.#onReady();
  };

  #onReady(): void {
    if (this.#isClosed) return;
    if (this.#native.isClosed || this.#flows.isClosed) {
      this.#isClosed = true;
      this.#flows.forget(this.#id);
      this.#onClosed();
    } else if (this.#native.hasRoom) this.#isFull = false;
    else return;
    this.#resume?.();
    this.#resume = undefined;
  }
}

function toBytes(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : toOwnBytes(piece);
}

function join(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  if (pieces.every((piece) => typeof piece === 'string')) return Buffer.from(pieces.join(''));
  return Buffer.concat(pieces.map(toBytes));
}

/** The writer of a reply's body. */
export function openWriter(
  server: NativeServer,
  slot: number,
  flows: Flows,
  length: number | undefined,
  onClosed: () => void,
): FlowWriter {
  const native = server.openReply(slot, length ?? null);
  if (native === null) throw new Error('The slot is not ours to answer');
  return new FlowWriter(native, flows, onClosed);
}
