/** A file that was gathered on the other side of the border. In: its native object. Out: its bytes, as they are asked for. */
import { CovetError } from '../error.ts';
import { ByteStream } from '../internal/byte-stream.ts';
import type { NativeFile } from '../native/index.ts';
import type { FileStorage, SaveOptions } from '../types/file-storage.ts';
import type { UploadedFile } from '../types/upload.ts';
import { save, toText } from './read-file.ts';

/** Bytes that one read of a stream brings. */
const PIECE = 256 * 1024;

/** Bytes that one read brings where all are wanted: a number of 32 bits, far below what a read call takes. */
const LARGE_PIECE = 256 * 1024 * 1024;

export class StoredFile implements UploadedFile {
  readonly name: string;
  readonly filename: string;
  readonly type: string;
  readonly declaredType: string | undefined;
  readonly isActive: boolean;
  readonly size: number;
  readonly #native: NativeFile;

  constructor(native: NativeFile) {
    this.#native = native;
    this.name = native.name;
    this.filename = native.filename;
    this.type = native.type;
    this.declaredType = native.declaredType ?? undefined;
    this.isActive = native.isActive;
    this.size = native.size;
  }

  /** Whether its bytes were kept: not where its field does not take its type. */
  get isKept(): boolean {
    return this.#native.isKept;
  }

  stream(): ReadableStream<Uint8Array> {
    let at = 0;
    const read = async (): Promise<Uint8Array | undefined> => {
      if (at >= this.size) return undefined;
      const bytes = await this.#read(at, Math.min(PIECE, this.size - at));
      at += bytes.byteLength;
      return bytes;
    };
    return new ByteStream({ read, cancel: () => undefined });
  }

  async bytes(): Promise<Uint8Array> {
    if (this.size <= LARGE_PIECE) return this.size === 0 ? new Uint8Array(0) : this.#read(0, this.size);
    const whole = new Uint8Array(this.size);
    for (let at = 0; at < this.size;) {
      const bytes = await this.#read(at, Math.min(LARGE_PIECE, this.size - at));
      whole.set(bytes, at);
      at += bytes.byteLength;
    }
    return whole;
  }

  async text(): Promise<string> {
    return toText(await this.bytes());
  }

  async save(storage: FileStorage, options?: SaveOptions): Promise<string> {
    return save(storage, this, options);
  }

  /** Lets the bytes go. */
  release(): void {
    this.#native.release();
  }

  async #read(at: number, length: number): Promise<Uint8Array> {
    if (!this.#native.isKept) {
      throw new CovetError(`The file '${this.filename}' was let go when its request was answered; save it before`);
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    const read = this.#native.readMemory(bytes, at) ?? (await this.#native.read(bytes, at));
    if (read === 0) throw new CovetError(`The file '${this.filename}' ended too soon`);
    return read === length ? bytes : bytes.subarray(0, read);
  }
}
