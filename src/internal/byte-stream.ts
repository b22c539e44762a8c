/**
 * A web stream of bytes whose loops go straight to their source.
 * In: a function that gives the next bytes. Out: a `ReadableStream`; `for await` over it passes by the queue, the requests
 * and the promises of Node's own iterator, which cost more than the bytes.
 */
import type { MaybePromise } from '../types/schema.ts';

/** Where bytes come from. */
export interface ByteSource {
  /** The next bytes; undefined at the end. Called once at a time. May throw, or reject. */
  read(): MaybePromise<Uint8Array | undefined>;
  /** Nobody wants what is left. */
  cancel(): void;
}

/** Bytes that are there already, in one piece. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  let rest: Uint8Array | undefined = bytes.byteLength > 0 ? bytes : undefined;
  return {
    read() {
      const found = rest;
      rest = undefined;
      return found;
    },
    cancel() {
      rest = undefined;
    },
  };
}

type Controller = ReadableStreamDefaultController<Uint8Array>;
/** What a stream and its loop know of each other. */
interface State {
  readonly source: ByteSource;
  controller: Controller | undefined;
  /** Bytes are on their way for a reader. */
  isPulling: boolean;
  /** The end was reached, or it was cancelled. */
  isOver: boolean;
}

type Result = IteratorResult<Uint8Array, undefined>;

export class ByteStream extends ReadableStream<Uint8Array> {
  readonly #state: State;

  /** Nothing is read ahead of whoever reads the stream. */
  constructor(source: ByteSource) {
    const state: State = { source, controller: undefined, isPulling: false, isOver: false };
    super(
      {
        start: (controller) => void (state.controller = controller),
        pull: () => pull(state),
        cancel: () => {
          state.isOver = true;
          source.cancel();
        },
      },
      { highWaterMark: 0 },
    );
    this.#state = state;
  }

  override values(options?: { preventCancel?: boolean }): ReturnType<ReadableStream<Uint8Array>['values']> {
    const { isPulling, isOver, controller } = this.#state;
    // What an earlier reader asked for and did not wait for stands in the queue, or will: it comes first.
    if (isPulling || isOver || controller!.desiredSize !== 0) return super.values(options);
    const loop = new Loop(this.#state, this.getReader(), options?.preventCancel === true ? 'keep' : 'cancel');
    return loop as unknown as ReturnType<ReadableStream<Uint8Array>['values']>;
  }

  override [Symbol.asyncIterator](options?: {
    preventCancel?: boolean;
  }): ReturnType<ReadableStream<Uint8Array>['values']> {
    return this.values(options);
  }
}

function pull(state: State): void | Promise<void> {
  const found = state.source.read();
  if (!(found instanceof Promise)) return hand(state, found);
  state.isPulling = true;
  return found.then((bytes) => hand(state, bytes)).finally(() => (state.isPulling = false));
}

function hand(state: State, bytes: Uint8Array | undefined): void {
  // Cancelled while its bytes were on their way, it takes none.
  if (state.isOver) return;
  if (bytes !== undefined) return state.controller!.enqueue(bytes);
  state.isOver = true;
  state.controller!.close();
}

/** One loop over a stream, which is locked meanwhile. */
class Loop implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #state: State;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onLeave: 'cancel' | 'keep';
  #isDone = false;
  /** Calls take turns, as with any iterator of a stream. */
  #last: Promise<unknown> | undefined;

  constructor(state: State, reader: ReadableStreamDefaultReader<Uint8Array>, onLeave: 'cancel' | 'keep') {
    this.#state = state;
    this.#reader = reader;
    this.#onLeave = onLeave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return this.#last === undefined ? this.#next() : this.#queue(() => this.#next());
  }

  return(value?: unknown): Promise<Result> {
    return this.#last === undefined ? this.#return(value) : this.#queue(() => this.#return(value));
  }

  #queue(call: () => Promise<Result>): Promise<Result> {
    return this.#wait(this.#last!.then(call, call));
  }

  /** Whatever is called next waits for it. */
  #wait(turn: Promise<Result>): Promise<Result> {
    const settle = (): void => {
      if (this.#last === turn) this.#last = undefined;
    };
    this.#last = turn;
    turn.then(settle, settle);
    return turn;
  }

  #next(): Promise<Result> {
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    let found;
    try {
      found = this.#state.source.read();
    } catch (error) {
      return this.#fail(error);
    }
    if (!(found instanceof Promise)) return Promise.resolve(this.#found(found));
    return this.#wait(
      found.then(
        (bytes) => this.#found(bytes),
        (error: unknown) => this.#fail(error),
      ),
    );
  }

  #found(bytes: Uint8Array | undefined): Result {
    if (bytes !== undefined) return { done: false, value: bytes };
    this.#end();
    this.#state.isOver = true;
    this.#state.controller!.close();
    return { done: true, value: undefined };
  }

  #fail(error: unknown): Promise<never> {
    this.#end();
    this.#state.controller!.error(error);
    return Promise.reject(error);
  }

  async #return(value: unknown): Promise<Result> {
    if (!this.#isDone) {
      this.#isDone = true;
      const cancelled = this.#onLeave === 'cancel' ? this.#reader.cancel(value) : undefined;
      this.#reader.releaseLock();
      await cancelled;
    }
    return { done: true, value: value as undefined };
  }

  #end(): void {
    this.#isDone = true;
    this.#reader.releaseLock();
  }
}
