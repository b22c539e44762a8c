/**
 * What a client sends, on the JS side of the border.
 * In: the addon's reader, and words that it has something new. Out: the bytes, at once where they are there, or the form
 * that they are; the client is slowed to the pace of whoever reads.
 */
import { CovetError, HttpError } from '../error.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Flows } from './flows.ts';
import { NativeParts } from './index.ts';
import type { NativeForm, NativeFormFault, NativeFormOptions, NativeReader, NativeServer } from './index.ts';
import { PartReader } from './part-reader.ts';
import { countYoung } from './young-bytes.ts';

/** How long what is left of an answered request's body waits for a reader, in milliseconds: as long as for a client. */
const PATIENCE = 5000;

/**
 * Bytes that are handed out one piece after the other; then everybody else has a turn. A client that sends as fast as its
 * body is read would otherwise keep the thread to itself: promises go before everything else.
 */
const IN_A_ROW = 4 * 1024 * 1024;

/** What a client sends, as it comes. Nothing is read from the socket beyond a window of bytes that nobody has taken. */
export class FlowReader {
  readonly #native: NativeReader;
  readonly #flows: Flows;
  #isOpen = false;
  #isCancelled = false;
  #isLetGo = false;
  /** How often it was asked for more. */
  #asked = 0;
  #isWaiting = false;
  /** Bytes read without waiting. */
  #inARow = 0;

  constructor(native: NativeReader, flows: Flows) {
    this.#native = native;
    this.#flows = flows;
  }

  /**
   * What has come since the last call, at least a byte, at most 256 KiB; undefined at the end. At once where it is
   * there.
   *
   * @throws HttpError where the body breaks a rule (413, 408, 400), or breaks off; CovetError once it was let go.
   */
  read(): MaybePromise<Uint8Array | undefined> {
    this.open();
    this.#asked++;
    const bytes = this.#take();
    if (bytes !== undefined) return this.#pace(bytes);
    return this.#isOver() ? undefined : this.#readLater();
  }

  async #readLater(): Promise<Uint8Array | undefined> {
    for (;;) {
      await this.#wait();
      const bytes = this.#take();
      if (bytes !== undefined) return bytes;
      if (this.#isOver()) return undefined;
    }
  }

  #take(): Uint8Array | undefined {
    // What is missing must not look like the end.
    if (this.#isLetGo) throw letGo();
    const bytes = this.#native.read();
    if (bytes === null) return undefined;
    countYoung(bytes.byteLength);
    return bytes;
  }

  /** The bytes, now or once others had their turn. */
  #pace(bytes: Uint8Array): MaybePromise<Uint8Array> {
    this.#inARow += bytes.byteLength;
    if (this.#inARow < IN_A_ROW) return bytes;
    this.#inARow = 0;
    return new Promise((resolve) => void setImmediate(resolve, bytes));
  }

  /** Whether nothing will come. Throws where that is too soon. */
  #isOver(): boolean {
    if (!this.#native.isEnded) return this.#isCancelled;
    const { fault } = this.#native;
    if (fault === null) return true;
    throw new HttpError(fault.status, fault.message, { code: fault.code });
  }

  /** Says that it will be read: from here on the client's bytes are waited for. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#native.open();
  }

  /** Nobody wants what is left. Whoever waits for it is told: of a body that was let go the other side says no more. */
  cancel(): void {
    this.#native.cancel();
    this.#isCancelled = true;
    this.#flows.onReady([this.#native.id]);
  }

  /** The request is answered. Whoever reads on may; what nobody asks for is let go, since the connection waits for it. */
  leave(): void {
    if (!this.#isOpen || this.#isCancelled || this.#native.isEnded) return;
    const asked = this.#asked;
    setTimeout(() => {
      if (this.#isWaiting || this.#asked !== asked) return this.leave();
      this.#isLetGo = !this.#isCancelled;
      return this.cancel();
    }, PATIENCE).unref();
  }

  /**
   * The body as a multipart form, gathered on its I/O thread, so that its files need not cross. Or the fault of a content
   * type that is none; other faults are the form's own.
   */
  async gather(contentType: string, options: NativeFormOptions): Promise<NativeForm | NativeFormFault> {
    this.#isOpen = true;
    const fault = this.#native.gather(contentType, options);
    if (fault !== null) return fault;
    for (;;) {
      const form = this.#native.takeForm();
      if (form !== null) return form;
      await this.#wait();
    }
  }

  /** The body as a multipart form, part by part; each call of what this gives is the next. */
  parts(contentType: string, options: NativeFormOptions): PartReader {
    this.#isOpen = true;
    const parts = NativeParts.ofReader(this.#native, contentType, options);
    return new PartReader(parts, {
      onAsked: () => void this.#asked++,
      wait: () => this.#wait(),
      pace: (bytes) => this.#pace(bytes),
      cancel: () => this.cancel(),
    });
  }

  /** Registered only while it waits: a reader that is given up can then be collected, and its flow ends. */
  #wait(): Promise<void> {
    if (this.#flows.isClosed) return Promise.reject(new CovetError('The server was closed before the body was read'));
    if (this.#isLetGo) return Promise.reject(letGo());
    if (this.#isCancelled) return Promise.reject(new CovetError('The body was given up before it was read'));
    const { id } = this.#native;
    this.#inARow = 0;
    this.#isWaiting = true;
    return new Promise((resolve) => {
      this.#flows.listen(id, () => {
        this.#flows.forget(id);
        this.#isWaiting = false;
        resolve();
      });
    });
  }
}

const letGo = (): CovetError =>
  new CovetError('The body was let go: its request was answered, and nobody read on for a while');

/** The reader of a request's body, where that comes in pieces. */
export function openReader(server: NativeServer, slot: number, flows: Flows): FlowReader {
  const native = server.takeBodyReader(slot);
  if (native === null) throw new Error('The body was taken already');
  return new FlowReader(native, flows);
}
