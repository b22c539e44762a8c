/**
 * The client's end of a connection without a socket.
 * In: a reader and a writer of the border. Out: a Node stream both ways, each with the server's pace.
 */
import { Duplex } from 'node:stream';

import type { FlowReader } from '../native/flow-reader.ts';
import type { FlowWriter } from '../native/flows.ts';
import type { PipeClient } from '../native/link.ts';

/** What a connection is made of. `onClosed` is told when the server takes nothing any more. */
export interface MemoryConnection {
  readonly reader: FlowReader;
  readonly writer: FlowWriter;
}

/** Opens a connection to an application. */
export type Connect = (client: PipeClient) => Promise<MemorySocket>;

/** Timers this long do nothing but hold the process. */
const FOREVER = 2 ** 31 - 1;

export class MemorySocket extends Duplex {
  readonly #reader: FlowReader;
  readonly #writer: FlowWriter;
  /** Keeps the process alive while somebody waits for what the server sends: nothing else does while only that is at work. */
  readonly #hold: NodeJS.Timeout = setInterval(() => undefined, FOREVER).unref();

  constructor({ reader, writer }: MemoryConnection) {
    super({ decodeStrings: true });
    this.#reader = reader;
    this.#writer = writer;
  }

  override _read(): void {
    this.#hold.ref();
    this.#pull().catch((error: unknown) => this.destroy(error as Error));
  }

  async #pull(): Promise<void> {
    const bytes = await this.#reader.read();
    this.#hold.unref();
    this.push(bytes ?? null);
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    // What the server does not read any more goes nowhere: its answer says why, and must not be lost for that.
    this.#writer.write(bytes);
    if (this.#writer.isFull) this.#writer.ready().then(() => done(), done);
    else done();
  }

  override _final(done: (error?: Error) => void): void {
    this.#writer.end('');
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#hold);
    this.#reader.cancel();
    this.#writer.abort();
    done(error);
  }

  // What Node's client asks of a socket.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
