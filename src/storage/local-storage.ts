/** Files in a folder of this machine, or of a disk it shares with others. */
import { randomBytes } from 'node:crypto';
import { access, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import type { FileSource, FileStat, FileStorage, SaveOptions, SignedUrlOptions } from '../types/file-storage.ts';
import { checkKey, quoted, toKey } from './file-key.ts';
import { fromFileSystem, isMissing, isTaken } from './file-system-error.ts';
import { KeyUrls } from './key-url.ts';
import { toType, typeOfKey } from './media-type.ts';
import { readSource } from './source-reader.ts';
import type { SourceReader } from './source-reader.ts';
import { StorageError, isFound } from './storage-error.ts';

/** Options of {@link LocalStorage}. */
export interface LocalStorageOptions {
  /** The folder of the files; made when it is not there. */
  readonly root: string;
  /** What URLs begin with: the path or the address the folder is served under, such as `/files`. */
  readonly baseUrl: string;
  /**
   * Whether `save` waits until the disk has the file, so that it survives a loss of power. Default false: it survives
   * the end of the process.
   */
  readonly fsync?: boolean | undefined;
}

/** Bytes written at once, and read at once. */
const blockSize = 128 * 1024;

/** Files that are being saved. No key begins with a dot, so none leads here; and it is on the disk of the rest. */
const unfinished = '.unfinished';

/**
 * Keeps files in a folder. A file is written beside the others and gets its name when it is whole.
 *
 * `save` checks that `type` is a media type but cannot keep it: `stat` tells the type by the key's ending. A process
 * that is killed while it saves leaves its part in `.unfinished` below the root; whatever is old there may be deleted.
 *
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { LocalStorage } from 'covet';
 *
 * const storage = new LocalStorage({ root: `${tmpdir()}/covet-example`, baseUrl: '/files' });
 * const options = { key: 'notes/1.txt', overwrite: true };
 * console.log(await storage.save(new Blob(['hello']), 'note.txt', 'text/plain', options)); // /files/notes/1.txt
 * console.log((await storage.stat('notes/1.txt')).size); // 5
 * ```
 */
export class LocalStorage implements FileStorage {
  readonly #root: string;
  readonly #urls: KeyUrls;
  readonly #fsync: boolean;

  constructor({ root, baseUrl, fsync = false }: LocalStorageOptions) {
    if (typeof root !== 'string' || root === '') throw new TypeError('`root` must be the path of a folder');
    this.#root = path.resolve(root);
    this.#urls = new KeyUrls(baseUrl);
    this.#fsync = fsync;
  }

  async save(source: FileSource, name: string, type: string, options: SaveOptions = {}): Promise<string> {
    return readSource(source, options, async (reader) => {
      toType(type);
      const key = toKey(name, options);
      const mayReplace = options.key === undefined || options.overwrite === true;
      // Only to refuse before the whole file has come in; `#publish` is the one that decides.
      if (!mayReplace && (await this.#hasEntry(key))) throw secondFile(key);
      const folder = path.join(this.#root, unfinished);
      const temporary = path.join(folder, randomBytes(16).toString('hex'));
      try {
        await fromFileSystem(key, mkdir(folder, { recursive: true }));
        await this.#write(key, temporary, reader);
        options.signal?.throwIfAborted();
        await this.#publish(key, temporary, mayReplace);
      } finally {
        await fromFileSystem(key, rm(temporary, { force: true }));
      }
      return this.url(key);
    });
  }

  async open(key: string): Promise<ReadableStream<Uint8Array>> {
    const handle = await this.#find(key, open(this.#pathOf(key), 'r'));
    try {
      if (!(await fromFileSystem(key, handle.stat())).isFile()) throw missingFile(key);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return toStream(key, handle);
  }

  async stat(key: string): Promise<FileStat> {
    const entry = await this.#find(key, stat(this.#pathOf(key)));
    if (!entry.isFile()) throw missingFile(key);
    return { key, size: entry.size, type: typeOfKey(key), modifiedAt: entry.mtime };
  }

  exists(key: string): Promise<boolean> {
    return isFound(this.stat(key));
  }

  async delete(key: string): Promise<void> {
    if (await this.exists(key)) await fromFileSystem(key, rm(this.#pathOf(key), { force: true }));
  }

  url(key: string): string {
    return this.#urls.toUrl(key);
  }

  keyOf(url: string): string {
    return this.#urls.toKey(url);
  }

  async signedUrl(_key: string, _options: SignedUrlOptions): Promise<string> {
    throw new StorageError('UNSUPPORTED', 'A LocalStorage has no signed URLs');
  }

  #pathOf(key: string): string {
    checkKey(key);
    return path.join(this.#root, ...key.split('/'));
  }

  async #write(key: string, temporary: string, reader: SourceReader): Promise<void> {
    const handle = await fromFileSystem(key, open(temporary, 'wx'));
    try {
      // Zeroed is not needed: only what was filled is written.
      const block = Buffer.allocUnsafeSlow(blockSize);
      for (let size = blockSize; size === blockSize;) {
        size = await reader.read(block);
        await fromFileSystem(key, writeAll(handle, block.subarray(0, size)));
      }
      if (this.#fsync) await fromFileSystem(key, handle.sync());
    } finally {
      await fromFileSystem(key, handle.close());
    }
  }

  /** Gives a whole file its name. */
  async #publish(key: string, temporary: string, mayReplace: boolean): Promise<void> {
    const file = this.#pathOf(key);
    try {
      await mkdir(path.dirname(file), { recursive: true });
      // A rename replaces what is there, a second name for the same file does not: no third way is atomic.
      await (mayReplace ? rename(temporary, file) : link(temporary, file));
    } catch (error) {
      if (isTaken(error)) throw secondFile(key);
      await fromFileSystem(key, Promise.reject(error));
    }
    if (!this.#fsync || process.platform === 'win32') return;
    // POSIX: a name is on the disk when its folder is. Windows cannot open a folder, and journals names itself.
    const folder = await fromFileSystem(key, open(path.dirname(file), 'r'));
    try {
      await fromFileSystem(key, folder.sync());
    } finally {
      await folder.close();
    }
  }

  async #hasEntry(key: string): Promise<boolean> {
    try {
      await access(this.#pathOf(key));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      return fromFileSystem(key, Promise.reject(error));
    }
  }

  /** What a call of the file system gives; that there is no such file is `NOT_FOUND`. */
  async #find<T>(key: string, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (isMissing(error)) throw missingFile(key);
      return fromFileSystem(key, Promise.reject(error));
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at)).bytesWritten;
}

/** Reads as it is asked, and closes the file at its end, on a fault and when nobody wants the rest. */
function toStream(key: string, handle: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const block = Buffer.allocUnsafeSlow(blockSize);
          const { bytesRead } = await fromFileSystem(key, handle.read(block, 0, blockSize));
          if (bytesRead > 0) {
            controller.enqueue(new Uint8Array(block.buffer, 0, bytesRead));
            return;
          }
        } catch (error) {
          await handle.close();
          throw error;
        }
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}

function missingFile(key: string): StorageError {
  return new StorageError('NOT_FOUND', `There is no file ${quoted(key)}`);
}

function secondFile(key: string): StorageError {
  return new StorageError(
    'EXISTS',
    `There is a file or folder ${quoted(key)} already, or a file where it has a folder`,
  );
}
