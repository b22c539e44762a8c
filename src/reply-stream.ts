/**
 * A reply's body that comes in pieces: whatever gives them in, a paced writer out.
 * The source is asked for the next piece only while the client takes what it has got, and is ended when the client goes,
 * so that a generator's `finally` runs and a file is closed, whoever stops first.
 */
import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import { openPieces } from './internal/pieces.ts';
import type { Pieces } from './internal/pieces.ts';
import { lengthMismatch, toPiece } from './internal/stream-piece.ts';
import type { Piece } from './internal/stream-piece.ts';
import { keepWorkScope } from './internal/work-scope.ts';
import type { FlowWriter } from './native/flows.ts';
import type { MaybePromise } from './types/schema.ts';
import type { StreamOf } from './types/stream.ts';

/** What may be streamed: web streams, Node streams, async generators and whatever else can be iterated so. */
export type StreamSource = ReadableStream<unknown> | AsyncIterable<unknown>;

/** How {@link StreamBody} is made. */
export interface StreamBodyOptions {
  /** Bytes in all, where that is known: sent as `Content-Length`, and held to. */
  readonly length?: number | undefined;
  /** Makes a piece sendable; by default it is text or bytes already. */
  readonly encode?: Encode | undefined;
  /** What is sent after so many milliseconds without a piece; between pieces, so these must be whole in themselves. */
  readonly heartbeat?: { readonly piece: string; readonly every: number } | undefined;
  /** It goes on until somebody stops it: the close of the server ends it, and in order. Default `false`. */
  readonly isEndless?: boolean | undefined;
}

type Encode = (piece: unknown) => MaybePromise<Piece>;

/** Milliseconds that an endless source has for its last pieces once it is told of the server's close. */
const GRACE = 100;

/**
 * Milliseconds in which an endless source to whose signal nobody listens has to come back from what it waits for once the
 * server closes: long enough for one that looks at the clock every second. What another waits for may never come, and
 * would hold up each close for the whole of its grace.
 */
const DEAF_GRACE = 2000;

/** Whether a value is one that is streamed. */
export function isStreamSource(value: unknown): value is StreamSource {
  // Web streams and Node streams can be iterated so, too.
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

export class StreamBody {
  readonly length: number | undefined;
  readonly isEndless: boolean;
  readonly #source: StreamOf<unknown>;
  readonly #encode: Encode;
  /** The next piece as it is sent; undefined at the end. */
  readonly #next: () => Promise<Piece | undefined>;
  readonly #stopSource: () => Promise<unknown>;
  readonly #heartbeat: StreamBodyOptions['heartbeat'];
  readonly #beforeEnd: ((error?: unknown) => MaybePromise<void>)[] = [];
  #pieces: Pieces | undefined;
  #first: Promise<Piece | undefined> | undefined;
  /** Bytes sent, counted where the head has named how many there are. */
  #sent = 0;
  #isStopped = false;
  /** Nobody asked for it: its end is no failure. */
  #isUnwanted = false;
  #isClosing = false;
  /** Somebody listened to the signal of its request when that was aborted. */
  #isHeard = false;
  /** Nobody waits for the end of its source any more. */
  #isGivenUp = false;
  /** Its time is over; set for an endless one alone. */
  #isOver = false;
  /** Goes on without the piece that is waited for. */
  #wake: (() => void) | undefined;
  #pulse: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** The source is being ended; gives what it throws on the way out. */
  #ending: Promise<unknown> | undefined;

  constructor(source: StreamOf<unknown>, options: StreamBodyOptions = {}) {
    const { length, encode = toPiece, heartbeat, isEndless = false } = options;
    this.#source = source;
    // Whoever sends it reads and ends it, and it stays work of the tenant it was made for.
    this.#next = keepWorkScope(() => this.#read());
    this.#stopSource = keepWorkScope(() => this.#closeSource());
    this.#encode = encode;
    this.#heartbeat = heartbeat;
    this.isEndless = isEndless;
    this.length = length;
  }

  /** Runs `task` when the last piece is there and the end is not told yet: if it fails, the reply breaks off. */
  beforeEnd(task: (error?: unknown) => MaybePromise<void>): void {
    this.#beforeEnd.push(keepWorkScope(task));
  }

  /**
   * Asks for the first piece, and waits for it as long as it takes no waiting: a source that fails at once is an error like
   * any other, and has its status.
   */
  async begin(): Promise<void> {
    const first = (this.#first = this.#next());
    // It is looked at again when it is sent.
    first.catch(() => undefined);
    try {
      await Promise.race([first, setImmediate()]);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Sends all of it. Never rejects: a source that fails, also in being ended, breaks the reply off and is what this gives.
   */
  async sendTo(writer: FlowWriter, trailers: () => MaybePromise<string>): Promise<unknown> {
    try {
      this.#beginPulse(writer);
      let piece = await this.#nextOrOver();
      while (piece !== undefined && !this.#isStopped && !this.#isOver) {
        if (this.length !== undefined) this.#count(piece, this.length);
        writer.write(piece);
        this.#pulse?.refresh();
        if (writer.isFull) await writer.ready();
        piece = await this.#nextOrOver();
      }
      if (this.#isStopped) {
        await this.#sourceEnded();
        const cause = 'The client went away before all of it was sent';
        await this.#finish(this.#isUnwanted ? undefined : new DOMException(cause, 'AbortError'));
        return undefined;
      }
      if (this.#isOver) return await this.#endEarly(writer);
      if (this.length !== undefined && this.#sent < this.length) throw lengthMismatch(this.#sent, this.length);
      await this.#finish(undefined);
      writer.end(await trailers());
      return undefined;
    } catch (error) {
      // It has heard of the close, and what it waited for has told it so in the usual way.
      if (this.#isClosing && !this.#isStopped && isAbort(error)) return await this.#endEarly(writer);
      writer.abort();
      const wasStopped = this.#isStopped;
      this.stop();
      await this.#sourceEnded();
      const failure = await this.#fail(error);
      // What a source throws because it was stopped says nothing new.
      return wasStopped && failure === error ? undefined : failure;
    } finally {
      this.#endTimers();
      clearTimeout(this.#patience);
    }
  }

  /** The server is about to close: an endless source has a moment for what it still has to say. */
  tellClosing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (!this.#isHeard) {
      this.#patience = setTimeout(() => {
        this.#isGivenUp = true;
        this.#wake?.();
      }, DEAF_GRACE);
    }
    if (this.#isStopped) return;
    this.#grace = setTimeout(() => {
      this.#isOver = true;
      this.#wake?.();
    }, GRACE);
  }

  /** Its request's signal is about to be aborted: whether anybody will hear of it tells what there is to wait for. */
  noteListeners(signal: AbortSignal): void {
    this.#isHeard ||= getEventListeners(signal, 'abort').length > 0;
  }

  /** The client has gone, or the reply will not be sent: the source is ended. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#endTimers();
    // What it throws on the way out is of no interest to anybody: the loop above has its own error, if there is one.
    void this.#endSource();
  }

  /** Only the head was asked for: the source is ended, and nothing has failed. */
  skip(): void {
    this.#isUnwanted = true;
    this.stop();
  }

  /**
   * It is not sent after all: the source is ended, and with this error what the source uses. Gives the error that came of
   * that, if it is another one. Never rejects.
   */
  async abandon(error: unknown): Promise<unknown> {
    this.stop();
    const failure = await this.#fail(error);
    return failure === error ? undefined : failure;
  }

  /** Ends the source, once. Never rejects. */
  #endSource(): Promise<unknown> {
    return (this.#ending ??= this.#stopSource());
  }

  /** One that nobody has begun to read may hold a file or a connection, too. */
  async #closeSource(): Promise<unknown> {
    try {
      await (this.#pieces ?? openPieces(this.#source)).stop();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Waits until the source has ended, and so uses nothing any more, or is given up; gives what it threw on the way out. */
  #sourceEnded(): Promise<unknown> {
    const ending = this.#endSource();
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
      if (this.#isGivenUp) resolve(undefined);
      else void ending.then(resolve);
    });
  }

  async #read(): Promise<Piece | undefined> {
    this.#pieces ??= openPieces(this.#source);
    const { done, value } = await this.#pieces.next();
    return done === true ? undefined : this.#encode(value);
  }

  /** The next piece; of an endless source only as long as there is time for it. */
  #nextOrOver(): Promise<Piece | undefined> {
    const next = this.#first ?? this.#next();
    this.#first = undefined;
    if (!this.isEndless) return next;
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      next.then(resolve, reject);
    });
  }

  /** @throws CovetError before a byte leaves that would be read as the beginning of the next answer. */
  #count(piece: Piece, length: number): void {
    this.#sent += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.byteLength;
    if (this.#sent > length) throw lengthMismatch(this.#sent, length);
  }

  #beginPulse(writer: FlowWriter): void {
    if (this.#heartbeat === undefined || this.#isStopped) return;
    const { piece, every } = this.#heartbeat;
    const pulse = setTimeout(() => {
      // A client that does not take what it has got needs no more.
      if (!writer.isFull) writer.write(piece);
      pulse.refresh();
    }, every);
    this.#pulse = pulse;
    // The server's own hold keeps the process alive, not this.
    pulse.unref();
  }

  #endTimers(): void {
    clearTimeout(this.#pulse);
    clearTimeout(this.#grace);
  }

  /** Ends in order what has no end; what the source uses is let go of when it has ended, too. */
  async #endEarly(writer: FlowWriter): Promise<unknown> {
    this.#endTimers();
    writer.end('');
    const failure = await this.#sourceEnded();
    try {
      await this.#finish(new DOMException('The server is closing', 'AbortError'));
    } catch (replaced) {
      return replaced;
    }
    return isAbort(failure) ? undefined : failure;
  }

  async #finish(error: unknown): Promise<void> {
    for (const task of this.#beforeEnd.splice(0)) await task(error);
  }

  /** Ends what the source uses for an error; the error, or what came of telling of it. */
  async #fail(error: unknown): Promise<unknown> {
    try {
      await this.#finish(error);
      return error;
    } catch (replaced) {
      return replaced;
    }
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
