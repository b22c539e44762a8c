/** What every file storage can do, whatever keeps the files. The drivers are in `src/storage/`. */

/**
 * Where the bytes of a file may come from: a web stream, a Node `Readable` or any async iterable of `Uint8Array`, bytes
 * in memory, a `Blob` or `File`. A stream is read no faster than the storage takes it, and is closed when saving fails.
 */
export type FileSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array | Blob;

/** Options of {@link FileStorage.save}. */
export interface SaveOptions {
  /**
   * The key to save under, word for word. Without it the key is made: 128 random bits, a dash and the name, stripped
   * of all that is not a letter, digit, dot, dash or underscore, so that no two files meet and no name leads anywhere.
   */
  readonly key?: string | undefined;
  /** A folder before the key that is made, such as `'avatars'` or `'posts/7'`. Not beside `key`. */
  readonly folder?: string | undefined;
  /** With `key`: whether a file that is there is replaced. Default false: `EXISTS`. */
  readonly overwrite?: boolean | undefined;
  /** Bytes the file may have at most. Past it: `TOO_LARGE`, and nothing is kept. Default: no limit but the storage's. */
  readonly maxSize?: number | undefined;
  /** Gives up when it fires: nothing is kept, and `save` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a storage knows of a file without reading it. */
export interface FileStat {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Media type, as saved; of a `LocalStorage`, which has no place to keep it, by the ending of the key. */
  readonly type: string;
  readonly modifiedAt: Date;
}

/** Options of {@link FileStorage.signedUrl}. */
export interface SignedUrlOptions {
  /** Seconds the URL works for: a whole number of at least 1. S3 allows up to 604,800, a week. */
  readonly expiresIn: number;
}

/**
 * A place for files, known by their keys. A key is a path such as `avatars/42.png`: segments joined by `/`, each of 1
 * to 255 bytes that neither begins with a dot nor ends with a dot or space, without control characters and any of
 * `\ : * ? " < > |`; 1,024 bytes in all. The same keys work in every storage; any other is `INVALID_KEY` before the
 * storage is asked.
 *
 * Every method rejects with a `StorageError` when the storage cannot do what it was asked; an error of the source
 * given to `save` comes through as it is.
 *
 * @example
 * ```ts
 * import { MemoryStorage } from 'covet';
 * import type { FileStorage } from 'covet';
 *
 * const storage: FileStorage = new MemoryStorage();
 * const url = await storage.save(new Blob(['hello']), 'note.txt', 'text/plain', { key: 'notes/1.txt' });
 * console.log(url); // memory:/notes/1.txt
 * console.log(await new Response(await storage.open('notes/1.txt')).text()); // hello
 * ```
 */
export interface FileStorage {
  /**
   * Saves a file and gives its URL. The file appears whole or not at all: a fault, the limit or the signal leaves
   * nothing behind. `name` is the name the file came with and need not be trusted; `type` is its media type.
   */
  save(source: FileSource, name: string, type: string, options?: SaveOptions): Promise<string>;
  /** The bytes of a file, read as they are asked for. A handler may return the stream. `NOT_FOUND` when there is none. */
  open(key: string): Promise<ReadableStream<Uint8Array>>;
  /** Size, type and time of a file. `NOT_FOUND` when there is none. */
  stat(key: string): Promise<FileStat>;
  exists(key: string): Promise<boolean>;
  /** Deletes a file; one that is not there is no error. */
  delete(key: string): Promise<void>;
  /** The URL `save` gave for this key. The file need not exist. */
  url(key: string): string;
  /** The key in a URL of `url` or `save`. Any other is `INVALID_KEY`. */
  keyOf(url: string): string;
  /** A URL that works for a while, for whoever has it. `UNSUPPORTED` where the storage has none. */
  signedUrl(key: string, options: SignedUrlOptions): Promise<string>;
}
