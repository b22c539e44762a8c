/** Files in memory, for tests and for what may be lost. */
import type { FileSource, FileStat, FileStorage, SaveOptions, SignedUrlOptions } from '../types/file-storage.ts';
import { checkKey, quoted, toKey } from './file-key.ts';
import { KeyUrls } from './key-url.ts';
import { toType } from './media-type.ts';
import { readSource } from './source-reader.ts';
import type { SourceReader } from './source-reader.ts';
import { StorageError } from './storage-error.ts';

/** Options of {@link MemoryStorage}. */
export interface MemoryStorageOptions {
  /** Bytes of all files together, those being saved included. Past it: `UNAVAILABLE`. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** What URLs begin with. Default `memory:/`, which leads nowhere. */
  readonly baseUrl?: string | undefined;
}

interface StoredFile {
  readonly blocks: readonly Uint8Array[];
  readonly stat: FileStat;
}

const blockSize = 64 * 1024;

/**
 * Keeps files in the memory of the process: the storage for tests.
 *
 * @example
 * ```ts
 * import { MemoryStorage } from 'covet';
 *
 * const storage = new MemoryStorage({ maxBytes: 1024 * 1024 });
 * const url = await storage.save(new TextEncoder().encode('hi'), '../my note.txt', 'text/plain');
 * console.log(/^memory:\/[0-9a-f]{32}-my-note\.txt$/.test(url)); // true
 * console.log((await storage.stat(storage.keyOf(url))).size); // 2
 * ```
 */
export class MemoryStorage implements FileStorage {
  readonly #files = new Map<string, StoredFile>();
  readonly #urls: KeyUrls;
  readonly #maxBytes: number;
  /** Bytes of the files, and of those that are being saved. */
  #used = 0;

  constructor({ maxBytes = 64 * 1024 * 1024, baseUrl = 'memory:/' }: MemoryStorageOptions = {}) {
    if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
      throw new TypeError(`\`maxBytes\` must be a number of bytes, not ${String(maxBytes)}`);
    }
    this.#maxBytes = maxBytes;
    this.#urls = new KeyUrls(baseUrl);
  }

  async save(source: FileSource, name: string, type: string, options: SaveOptions = {}): Promise<string> {
    return readSource(source, options, async (reader) => {
      const key = toKey(name, options);
      const kept = toType(type);
      const mayReplace = options.overwrite === true;
      if (!mayReplace) this.#refuseSecond(key);
      const blocks = await this.#readBlocks(reader);
      try {
        // In one turn with the line that sets the file: of two saves of one key, one finds the other's.
        if (!mayReplace) this.#refuseSecond(key);
      } catch (error) {
        this.#used -= reader.size;
        throw error;
      }
      this.#drop(key);
      this.#files.set(key, { blocks, stat: { key, size: reader.size, type: kept, modifiedAt: new Date() } });
      return this.url(key);
    });
  }

  async open(key: string): Promise<ReadableStream<Uint8Array>> {
    const blocks = this.#find(key).blocks.values();
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const { done, value } = blocks.next();
          // A copy: what a reader does to its bytes is not done to the file.
          if (done !== true) controller.enqueue(value.slice());
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  async stat(key: string): Promise<FileStat> {
    return this.#find(key).stat;
  }

  async exists(key: string): Promise<boolean> {
    checkKey(key);
    return this.#files.has(key);
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#drop(key);
  }

  url(key: string): string {
    return this.#urls.toUrl(key);
  }

  keyOf(url: string): string {
    return this.#urls.toKey(url);
  }

  async signedUrl(_key: string, _options: SignedUrlOptions): Promise<string> {
    throw new StorageError('UNSUPPORTED', 'A MemoryStorage has no signed URLs');
  }

  async #readBlocks(reader: SourceReader): Promise<Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    let used = 0;
    try {
      for (;;) {
        const block = new Uint8Array(blockSize);
        const size = await reader.read(block);
        if (this.#used + size > this.#maxBytes) {
          throw new StorageError('UNAVAILABLE', `The MemoryStorage is full: it holds ${this.#maxBytes} bytes`);
        }
        this.#used += size;
        used += size;
        if (size > 0) blocks.push(size < blockSize ? block.slice(0, size) : block);
        if (size < blockSize) return blocks;
      }
    } catch (error) {
      this.#used -= used;
      throw error;
    }
  }

  #find(key: string): StoredFile {
    checkKey(key);
    const file = this.#files.get(key);
    if (file === undefined) throw new StorageError('NOT_FOUND', `There is no file ${quoted(key)}`);
    return file;
  }

  #refuseSecond(key: string): void {
    if (this.#files.has(key)) throw new StorageError('EXISTS', `There is a file ${quoted(key)} already`);
  }

  #drop(key: string): void {
    this.#used -= this.#files.get(key)?.stat.size ?? 0;
    this.#files.delete(key);
  }
}
