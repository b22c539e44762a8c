/**
 * A request's body as handlers read it: text, JSON, bytes or a stream, each when it is asked for.
 * In: a small body that has come already, or a reader of one that comes in pieces. Out: the body once, however often it
 * is asked for; only as a stream it can be read a single time.
 */
import { CovetError } from './error.ts';
import { ByteStream, sourceOf } from './internal/byte-stream.ts';
import type { ByteSource } from './internal/byte-stream.ts';
import { parseForm, requireForm } from './internal/form.ts';
import { requireJson } from './internal/media-type.ts';
import { parseJson } from './internal/parse-json.ts';
import { decodeUtf8 } from './internal/utf8.ts';
import type { FlowReader } from './native/flow-reader.ts';
import { gatherForm } from './native/index.ts';
import type { NativeFormOptions } from './native/index.ts';
import { PartReader } from './native/part-reader.ts';
import type { FormOptions } from './types/form-options.ts';
import type { MaybePromise } from './types/schema.ts';
import { FormParts } from './upload/form-parts.ts';
import { GatheredForm, toFormError } from './upload/gathered-form.ts';

/** Where a body comes from: whole, from a slot, or in pieces. */
export interface BodySource {
  /** Bytes of the body; -1 where it comes in pieces. */
  readonly length: number;
  /** The whole body; valid until the request is answered. */
  read(): Uint8Array;
  /** The reader of one that comes in pieces. */
  open(): FlowReader;
}

const noBytes = new Uint8Array(0);

export class RequestBody {
  readonly #source: BodySource;
  readonly #length: number;
  /** What it says it is; only JSON asks. */
  readonly #contentType: string | undefined;
  #bytes: Uint8Array | undefined;
  /** The bytes are a view of memory that is another request's after the answer. */
  #isBorrowed = false;
  /** Copied from there before that, for whoever asks later. */
  #kept: Uint8Array | undefined;
  #gathering: Promise<Uint8Array> | undefined;
  #reader: FlowReader | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  /** That stream is the body of a web request. */
  #isLent = false;
  #json: { readonly value: unknown } | undefined;
  /** The multipart form, and whether its files were wanted. */
  #form: { readonly gathering: Promise<GatheredForm>; readonly hasFiles: boolean } | undefined;
  #isReceiving = false;
  /** Its parts are read. */
  #isTaken = false;
  #isGone = false;

  constructor(source: BodySource, contentType: string | undefined) {
    this.#source = source;
    this.#length = source.length;
    this.#contentType = contentType;
  }

  /** Bytes; -1 where it comes in pieces. */
  get length(): number {
    return this.#length;
  }

  /** The body, which the caller must neither keep nor change, and use in the same step where it is no promise. */
  bytes(): MaybePromise<Uint8Array> {
    if (this.#bytes !== undefined) return this.#bytes;
    if (this.#stream !== undefined) throw streamed();
    if (this.#isReadAsForm) throw new CovetError('The body is read as a multipart form: nothing else can read it');
    if (this.#gathering !== undefined) return this.#gathering;
    if (this.#reader !== undefined) return (this.#gathering = this.#gather());
    if (this.#length < 0 && !this.#isGone) return (this.#gathering = this.#gather());
    const bytes = this.#take();
    this.#isBorrowed = this.#kept === undefined && this.#length > 0;
    return (this.#bytes = bytes);
  }

  /** Bytes of one's own. */
  async copy(): Promise<Uint8Array> {
    const found = this.bytes();
    return Uint8Array.from(found instanceof Promise ? await found : found);
  }

  async text(): Promise<string> {
    const found = this.bytes();
    // Not awaited where they are there: the request may be answered meanwhile, and its memory another request's.
    const bytes = found instanceof Promise ? await found : found;
    try {
      return decodeUtf8(bytes);
    } catch (cause) {
      throw new CovetError('The body is not valid UTF-8', { status: 400, code: 'BAD_REQUEST', cause });
    }
  }

  /** The JSON body, `undefined` when there is none; a promise where the body is still on its way. */
  json(): MaybePromise<unknown> {
    if (this.#json !== undefined) return this.#json.value;
    // Before the body is asked for: what nobody can read need not be sent.
    if (this.#length !== 0) requireJson(this.#contentType);
    const bytes = this.bytes();
    return bytes instanceof Promise ? bytes.then((whole) => this.#parse(whole)) : this.#parse(bytes);
  }

  /** The fields of a urlencoded form; a promise where the body is still on its way. */
  form(limits: Required<FormOptions>): MaybePromise<Record<string, string | string[]>> {
    if (this.#length !== 0) requireForm(this.#contentType);
    const bytes = this.bytes();
    return bytes instanceof Promise ? bytes.then((whole) => parseForm(whole, limits)) : parseForm(bytes, limits);
  }

  /** Whether a form is still coming in, at the client's pace. */
  get isReceiving(): boolean {
    return this.#isReceiving;
  }

  /** Whether it says that it is a multipart form. */
  get isMultipart(): boolean {
    return /^\s*multipart\/form-data\s*(?:;|$)/i.test(this.#contentType ?? '');
  }

  /**
   * The multipart form, gathered: once, whoever asks. Its files are let go with {@link release}.
   *
   * @throws HttpError 415 for another content type, 400 for what is malformed, 413 past a limit.
   */
  async multipart(options: NativeFormOptions): Promise<GatheredForm> {
    if (this.#form === undefined) {
      if (!this.#isReadWhole) this.#requireUnread('a form');
      const hasFiles = options.keepsOtherFiles || options.rules.length > 0;
      this.#form = { gathering: this.#gatherForm(options), hasFiles };
    } else if (options.keepsOtherFiles && !this.#form.hasFiles) {
      throw new CovetError('The form was read without its files: ask for the files first, then for the fields');
    }
    return this.#form.gathering;
  }

  /** The multipart form part by part. */
  parts(options: NativeFormOptions): FormParts {
    if (this.#bytes === undefined) this.#requireUnread('the parts of a form');
    const contentType = this.#contentType ?? '';
    const isThere = this.#length >= 0 || this.#bytes !== undefined;
    const source = isThere
      ? PartReader.of(this.#take(), contentType, options)
      : this.#open().parts(contentType, options);
    this.#isTaken = true;
    return new FormParts(source);
  }

  /** Its request is done with: files of a form are let go, and what is still on its way waits for nobody but its reader. */
  release(): void {
    if (this.#form === undefined) {
      this.#reader?.leave();
      return;
    }
    this.#form.gathering.then(
      (form) => form.release(),
      // Whoever asked for the form has heard of it.
      () => undefined,
    );
    this.#reader?.cancel();
  }

  /** The body as it comes. The client is asked for more only as this is read. */
  stream(): ReadableStream<Uint8Array> {
    if (this.#isLent) throw streamed();
    return (this.#stream ??= new ByteStream(this.#begin()));
  }

  /** The same for a web request. The body is taken when this is first read: until then anybody else may read it. */
  lend(): ReadableStream<Uint8Array> {
    let source: ByteSource | undefined;
    const stream: ReadableStream<Uint8Array> = new ByteStream({
      read: () => (source ??= this.#beginLent(stream)).read(),
      // Where nothing was read of it, the body is still anybody's.
      cancel: () => source?.cancel(),
    });
    return stream;
  }

  /** Before its slot is another request's: keeps a reader where the body may still be asked for, and lets go of the rest. */
  detach(keepsReader: boolean): void {
    if (keepsReader && !this.#isGone) {
      if (this.#length < 0) this.#open();
      else this.#keep();
    }
    this.#isGone = true;
    if (this.#isBorrowed) this.#bytes = undefined;
  }

  async #gatherForm(options: NativeFormOptions): Promise<GatheredForm> {
    const contentType = this.#contentType ?? '';
    if (this.#isReadWhole || this.#length >= 0) {
      const bytes = this.#isReadWhole ? this.bytes() : this.#take();
      // No await where none is needed: borrowed bytes may be another request's behind it.
      const whole = bytes instanceof Promise ? await bytes : bytes;
      return new GatheredForm(gatherForm(whole, contentType, options));
    }
    this.#isReceiving = true;
    const gathering = this.#open().gather(contentType, options);
    const gathered = await gathering.finally(() => (this.#isReceiving = false));
    if ('status' in gathered) throw toFormError(gathered);
    return new GatheredForm(gathered);
  }

  /** The bytes of a body that is there. */
  #take(): Uint8Array {
    const bytes = this.#bytes ?? this.#kept;
    if (bytes !== undefined) return bytes;
    if (this.#isGone) throw gone();
    return this.#length === 0 ? noBytes : this.#source.read();
  }

  /** Copies the bytes: those in the slot are another request's soon. */
  #keep(): void {
    if (this.#bytes === undefined) {
      // What a stream or a form has taken nobody else can ask for, and a large body can be taken once.
      if (this.#stream === undefined && !this.#isReadAsForm) this.#kept = Uint8Array.from(this.#take());
    } else if (this.#isBorrowed) this.#bytes = Uint8Array.from(this.#bytes);
    this.#isBorrowed = false;
  }

  /** All of it is there as bytes, or will be: whatever else is asked for is made of them. */
  get #isReadWhole(): boolean {
    return this.#bytes !== undefined || this.#gathering !== undefined;
  }

  /** A form's bytes are not kept, however few they are: what may follow it must not depend on the client. */
  get #isReadAsForm(): boolean {
    return this.#bytes === undefined && (this.#form !== undefined || this.#isTaken);
  }

  #requireUnread(what: string): void {
    if (this.#stream !== undefined || this.#isTaken || this.#form !== undefined || this.#gathering !== undefined) {
      throw new CovetError(`The body is read otherwise: it cannot be read as ${what}`);
    }
  }

  #parse(bytes: Uint8Array): unknown {
    this.#json ??= { value: parseJson(bytes) };
    return this.#json.value;
  }

  #open(): FlowReader {
    if (this.#reader !== undefined) return this.#reader;
    if (this.#isGone) throw gone();
    return (this.#reader = this.#source.open());
  }

  async #gather(): Promise<Uint8Array> {
    const reader = this.#open();
    const pieces: Uint8Array[] = [];
    for (;;) {
      const found = reader.read();
      const piece = found instanceof Promise ? await found : found;
      if (piece === undefined) break;
      pieces.push(piece);
    }
    return (this.#bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
  }

  /** What a stream is read from. */
  #begin(): ByteSource {
    if (this.#isReadAsForm) throw new CovetError('The body is read as a multipart form: it is no stream any more');
    if (this.#gathering !== undefined && this.#bytes === undefined) {
      throw new CovetError('The body is being read: it is no stream any more');
    }
    if (this.#bytes !== undefined || this.#length >= 0) return sourceOf(Uint8Array.from(this.#take()));
    const reader = this.#open();
    // It will be read: a client that waits for leave to send gets it.
    reader.open();
    return { read: () => reader.read(), cancel: () => reader.cancel() };
  }

  #beginLent(stream: ReadableStream<Uint8Array>): ByteSource {
    // Of bytes that are there, everybody gets a stream of their own.
    if (this.#bytes !== undefined) return this.#begin();
    if (this.#stream !== undefined) throw streamed();
    const source = this.#begin();
    this.#stream = stream;
    this.#isLent = true;
    return source;
  }
}

function streamed(): CovetError {
  return new CovetError('The body is read as a stream: nothing else can read it');
}

function gone(): CovetError {
  return new CovetError('The body was not read before the request was answered; read it in the handler first');
}
