/**
 * A multipart form part by part. In: a reader of the parts as they come over the border. Out: an async iterator; what is
 * left of a file when the next part is asked for is passed over, and leaving the loop lets go of the rest.
 */
import { CovetError } from '../error.ts';
import { ByteStream } from '../internal/byte-stream.ts';
import { PART_END, PART_FAULT, PART_FIELD, PART_FILE, PART_FILE_END } from '../native/index.ts';
import type { NativePart } from '../native/index.ts';
import type { FileStorage, SaveOptions } from '../types/file-storage.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { FilePart, FormPart } from '../types/upload.ts';
import { toFormError } from './gathered-form.ts';
import { save, toText } from './read-file.ts';

/** Where parts come from. */
export interface PartSource {
  /** What comes next in the form. */
  next(): MaybePromise<NativePart>;
  /** Some of the file that has begun, or what comes behind its end. */
  data(): MaybePromise<Uint8Array | NativePart>;
  /** Passes over what is left of the file that has begun. */
  skipFile(): void;
  /** Nobody wants what is left. */
  cancel(): void;
}

export class FormParts implements AsyncIterableIterator<FormPart> {
  readonly #source: PartSource;
  /** The file whose data comes next. */
  #file: StreamedFile | undefined;
  #isDone = false;
  /** Calls take turns: what the second finds depends on the first. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: PartSource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<FormPart, undefined>> {
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorResult<FormPart, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  async #next(): Promise<IteratorResult<FormPart, undefined>> {
    await this.#file?.passOver();
    this.#file = undefined;
    while (!this.#isDone) {
      const part = await this.#take();
      if (part.kind === PART_FIELD)
        return { done: false, value: { kind: 'field', name: part.name!, value: part.value! } };
      if (part.kind === PART_END) this.#end();
      else if (part.kind === PART_FILE) {
        const file = await this.#begin(part);
        if (file !== undefined) return { done: false, value: (this.#file = file) };
      }
    }
    return { done: true, value: undefined };
  }

  /** The file that begins; undefined where none was chosen. */
  async #begin(part: NativePart): Promise<StreamedFile | undefined> {
    const isNamed = part.filename !== '';
    if (!isNamed && (await this.#take()).kind === PART_FILE_END) return undefined;
    return new StreamedFile(
      isNamed ? part : { ...part, filename: 'file' },
      () => this.#takeData(),
      () => this.#source.skipFile(),
    );
  }

  async #take(): Promise<NativePart> {
    this.#requireOpen();
    const part = await this.#source.next();
    if (part.kind === PART_FAULT) this.#fail(part);
    return part;
  }

  /** Some of the file; undefined at its end. */
  #takeData(): MaybePromise<Uint8Array | undefined> {
    this.#requireOpen();
    const found = this.#source.data();
    return found instanceof Promise ? found.then((later) => this.#toData(later)) : this.#toData(found);
  }

  #toData(found: Uint8Array | NativePart): Uint8Array | undefined {
    if (found instanceof Uint8Array) return found;
    if (found.kind === PART_FAULT) this.#fail(found);
    return undefined;
  }

  #requireOpen(): void {
    if (this.#isDone) throw new CovetError('The form is not read any more');
  }

  #fail(part: NativePart): never {
    this.#end();
    throw toFormError(part.fault!);
  }

  #end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#source.cancel();
  }
}

class StreamedFile implements FilePart {
  readonly kind = 'file';
  readonly name: string;
  readonly filename: string;
  readonly type: string;
  readonly declaredType: string | undefined;
  readonly isActive: boolean;
  readonly #take: () => MaybePromise<Uint8Array | undefined>;
  readonly #skip: () => void;
  #isRead = false;
  #isEnded = false;
  /** It was passed over before its end: what was read of it is not all. */
  #isCut = false;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(part: NativePart, take: () => MaybePromise<Uint8Array | undefined>, skip: () => void) {
    this.name = part.name!;
    this.filename = part.filename!;
    this.type = part.type!;
    this.declaredType = part.declaredType ?? undefined;
    this.isActive = part.isActive!;
    this.#take = take;
    this.#skip = skip;
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#isRead) throw new CovetError(`The file '${this.filename}' is read already: a part can be read once`);
    this.#isRead = true;
    // What nobody reads on is passed over when the next part is asked for.
    return new ByteStream({ read: () => this.#read(), cancel: () => undefined });
  }

  async bytes(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream()) pieces.push(piece);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  async text(): Promise<string> {
    return toText(await this.bytes());
  }

  async save(storage: FileStorage, options?: SaveOptions): Promise<string> {
    return save(storage, this, options);
  }

  /** Reads on to the end of the file, and drops what comes. */
  async passOver(): Promise<void> {
    // A read under way has its piece first.
    await this.#reading.catch(() => undefined);
    if (this.#isEnded) return;
    this.#isCut = true;
    this.#skip();
    while (!this.#isEnded) await this.#advance();
  }

  #read(): MaybePromise<Uint8Array | undefined> {
    if (this.#isCut) throw new CovetError(`The file '${this.filename}' was passed over: the next part was asked for`);
    const found = this.#advance();
    if (found instanceof Promise) this.#reading = found;
    return found;
  }

  #advance(): MaybePromise<Uint8Array | undefined> {
    if (this.#isEnded) return undefined;
    const found = this.#take();
    return found instanceof Promise ? found.then((later) => this.#note(later)) : this.#note(found);
  }

  #note(data: Uint8Array | undefined): Uint8Array | undefined {
    if (data === undefined) this.#isEnded = true;
    return data;
  }
}
