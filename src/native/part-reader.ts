/**
 * A multipart form part by part, on the JS side of the border.
 * In: the addon's parser, and its flow. Out: one part after the other, at once where it is there.
 */
import type { MaybePromise } from '../types/schema.ts';
import { NativeParts, PART_DATA } from './index.ts';
import type { NativeFormOptions, NativePart } from './index.ts';
import { countYoung } from './young-bytes.ts';

/** The flow that a form comes from. */
export interface PartFlow {
  /** More of it is asked for. */
  onAsked(): void;
  /** Resolves when there may be more. */
  wait(): Promise<void>;
  /** The bytes, once it is their turn. */
  pace(bytes: Uint8Array): MaybePromise<Uint8Array>;
  /** Nobody wants what is left. */
  cancel(): void;
}

/** That of a form that has come whole. */
const noFlow: PartFlow = {
  onAsked: () => undefined,
  wait: () => Promise.resolve(),
  pace: (bytes) => bytes,
  cancel: () => undefined,
};

/** The parts of a multipart form, as they come. */
export class PartReader {
  readonly #native: NativeParts;
  readonly #flow: PartFlow;

  constructor(native: NativeParts, flow: PartFlow) {
    this.#native = native;
    this.#flow = flow;
  }

  /** The parts of a form that has come whole. */
  static of(body: Uint8Array, contentType: string, options: NativeFormOptions): PartReader {
    return new PartReader(NativeParts.ofBytes(body, contentType, options), noFlow);
  }

  next(): MaybePromise<NativePart> {
    this.#flow.onAsked();
    return this.#native.next() ?? this.#flow.wait().then(() => this.next());
  }

  /** Some of the file that has begun, or what comes behind its end. */
  data(): MaybePromise<Uint8Array | NativePart> {
    this.#flow.onAsked();
    const data = this.#native.takeData();
    if (data !== null) {
      countYoung(data.byteLength);
      return this.#flow.pace(data);
    }
    const part = this.#native.next();
    if (part === null) return this.#flow.wait().then(() => this.data());
    return part.kind === PART_DATA ? this.data() : part;
  }

  skipFile(): void {
    this.#native.skipFile();
  }

  cancel(): void {
    this.#flow.cancel();
  }
}
