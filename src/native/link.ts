/**
 * A JS thread's link to the server: events in, replies out.
 * In: a wake from the I/O threads with a list of events. Out: one call of the receiver for each, and one flush for all
 * replies of a turn.
 */
import { FlowReader, openReader } from './flow-reader.ts';
import { FlowWriter, Flows, openWriter } from './flows.ts';
import { fromNative } from './from-native.ts';
import { EVENT_ABORT, EVENT_READY, EVENT_REFUSALS, EVENT_REQUEST, EVENT_SHIFT, NativeServer } from './index.ts';
import type { NativeFileReply, NativeRefusals, NativeRouter, NativeServerOptions } from './index.ts';
import { lendBytes } from './lent-bytes.ts';
import { Slots } from './slots.ts';
import type { Payload } from './slots.ts';

/** What a link calls. None of these may throw; if one does, `onFault` hears of it and the other events go on. */
export interface Receiver {
  onRequest(slot: number): void;
  /** The client of the request in this slot has gone; the slot stays ours until it is replied to. */
  onAbort(slot: number): void;
  onRefusals(refusals: NativeRefusals): void;
  onFault(error: unknown): void;
}

/** Whom a connection without a socket comes from. */
export interface PipeClient {
  /** An IP address. */
  readonly remoteAddress: string;
  /** Over `https`. */
  readonly isSecure: boolean;
}

const SLOT_MASK = (1 << EVENT_SHIFT) - 1;

export class Link {
  readonly server: NativeServer;
  readonly slots: Slots;
  readonly flows: Flows = new Flows();
  readonly #receiver: Receiver;
  #isInBatch = false;
  #isFlushPlanned = false;

  private constructor(receiver: Receiver, open: (onBatch: (count: number) => void) => NativeServer) {
    this.#receiver = receiver;
    this.server = fromNative(() => open((count) => this.#onBatch(count)));
    this.slots = new Slots(this.server);
  }

  /** Makes a server and links this thread to it. */
  static create(router: NativeRouter, options: NativeServerOptions, receiver: Receiver): Link {
    return new Link(receiver, (onBatch) => NativeServer.create(router, options, onBatch));
  }

  /** Links this thread to the server of that number, which another thread made. */
  static join(number: number, router: NativeRouter, receiver: Receiver): Link {
    return new Link(receiver, (onBatch) => NativeServer.join(number, router, onBatch));
  }

  /** Opens a connection without a socket, as if this client had. */
  connect({ remoteAddress, isSecure }: PipeClient): { readonly reader: FlowReader; readonly writer: FlowWriter } {
    const { reader, writer } = fromNative(() => this.server.connect(remoteAddress, isSecure));
    return {
      reader: new FlowReader(reader, this.flows),
      writer: new FlowWriter(writer, this.flows, () => undefined),
    };
  }

  /** Stops accepting, lets requests in flight end within `grace` milliseconds, and closes what is left. */
  close(grace: number): Promise<void> {
    return new Promise((resolve) => fromNative(() => this.server.close(grace, resolve)));
  }

  /** Sends a reply: with the batch it belongs to, or at the end of this turn. */
  reply(slot: number, status: number, type: number, headers: string, body: Payload): void {
    this.slots.reply(slot, status, type, headers, body);
    if (this.#isInBatch || this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    // Handlers that were started together mostly end in the same turn: one microtask later all of them are there.
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.slots.flush();
    });
  }

  /** The body of the request in `slot`, where it comes in pieces. */
  openReader(slot: number): FlowReader {
    return openReader(this.server, slot, this.flows);
  }

  /**
   * Before {@link reply}, whose body is then what is written here: `length` bytes, where that is known. `onClosed` is
   * called when the client takes nothing any more before all was written.
   */
  openWriter(slot: number, length: number | undefined, onClosed: () => void): FlowWriter {
    return openWriter(this.server, slot, this.flows, length, onClosed);
  }

  /** Before {@link reply}, whose body is then this one, sent from where it is; `onEnd` is called once it may change again. */
  lend(slot: number, body: string | Uint8Array, onEnd: (error: Error | undefined) => void): void {
    lendBytes(this.server, slot, this.flows, body, onEnd);
  }

  /** Before {@link reply}, whose body is then a file that the server reads: this one, or the one found for a folder's route. */
  attachFile(slot: number, file: NativeFileReply | undefined): void {
    fromNative(() =>
      file === undefined ? this.server.putReplyFolderFile(slot) : this.server.putReplyFile(slot, file),
    );
  }

  #onBatch(count: number): void {
    this.#isInBatch = true;
    for (let index = 0; index < count; index++) {
      const word = this.slots.event(index);
      try {
        this.#onEvent(word >>> EVENT_SHIFT, word & SLOT_MASK);
      } catch (error) {
        this.#receiver.onFault(error);
      }
    }
    this.#isInBatch = false;
    this.slots.flush();
  }

  #onEvent(kind: number, slot: number): void {
    if (kind === EVENT_REQUEST) this.#receiver.onRequest(slot);
    else if (kind === EVENT_ABORT) this.#receiver.onAbort(slot);
    else if (kind === EVENT_READY) this.flows.onReady(this.server.takeReady());
    else if (kind === EVENT_REFUSALS) this.#receiver.onRefusals(this.server.takeRefusals());
  }
}
