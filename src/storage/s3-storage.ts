/** Files in a bucket of Amazon S3, or of any service that speaks its protocol. */
import type { FileSource, FileStat, FileStorage, SaveOptions, SignedUrlOptions } from '../types/file-storage.ts';
import { checkKey, quoted, toKey } from './file-key.ts';
import { KeyUrls, toPath } from './key-url.ts';
import { toType } from './media-type.ts';
import { S3Client } from './s3-client.ts';
import { bucketUrl, checkS3Options } from './s3-options.ts';
import type { S3StorageOptions } from './s3-options.ts';
import { upload } from './s3-upload.ts';
import { readSource } from './source-reader.ts';
import { StorageError, isFound } from './storage-error.ts';

/** A week: signatures of version 4 hold no longer. */
const maxExpiry = 604_800;

/**
 * Keeps files in a bucket. Needs the package `aws4fetch`, which signs the requests.
 *
 * A file of unknown length is streamed in parts of `partSize`; every request is signed together with the hash of its
 * body and tried again when S3 is busy or the connection breaks. Give the keys the right to list the bucket: without it
 * S3 calls a missing file forbidden, which is `REFUSED`. A process that is killed while it saves leaves parts that no
 * listing of files shows; a lifecycle rule of the bucket (`AbortIncompleteMultipartUpload`) removes them.
 *
 * @example
 * ```ts
 * import { S3Storage } from 'covet';
 *
 * const storage = new S3Storage({
 *   bucket: 'uploads',
 *   region: 'eu-central-1',
 *   credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/EXAMPLEKEY' },
 *   prefix: 'blog',
 * });
 * console.log(storage.url('avatars/42.png')); // https://uploads.s3.eu-central-1.amazonaws.com/blog/avatars/42.png
 * ```
 */
export class S3Storage implements FileStorage {
  readonly #client: S3Client;
  readonly #urls: KeyUrls;
  readonly #prefix: string;
  readonly #partSize: number;
  readonly #concurrency: number;

  constructor(options: S3StorageOptions) {
    checkS3Options(options);
    const { prefix, partSize = 8 * 1024 * 1024, concurrency = 2 } = options;
    if (prefix !== undefined) checkKey(prefix);
    this.#prefix = prefix === undefined ? '' : `${prefix}/`;
    this.#urls = new KeyUrls(options.baseUrl ?? bucketUrl(options) + toPath(this.#prefix));
    this.#client = new S3Client(options);
    this.#partSize = partSize;
    this.#concurrency = concurrency;
  }

  async save(source: FileSource, name: string, type: string, options: SaveOptions = {}): Promise<string> {
    return readSource(source, options, async (reader) => {
      const kept = toType(type);
      const key = toKey(name, options);
      // A key that is made meets no other: no need to ask.
      const mayReplace = options.key === undefined || options.overwrite === true;
      // Only to refuse before the whole file has come in; S3 decides when it has.
      if (!mayReplace && (await this.exists(key))) {
        throw new StorageError('EXISTS', `There is a file ${quoted(key)} already`);
      }
      await upload(reader, {
        client: this.#client,
        key: this.#prefix + key,
        type: kept,
        mayReplace,
        partSize: this.#partSize,
        concurrency: this.#concurrency,
        signal: options.signal,
      });
      return this.url(key);
    });
  }

  async open(key: string): Promise<ReadableStream<Uint8Array>> {
    checkKey(key);
    const response = await this.#client.open({ method: 'GET', key: this.#prefix + key });
    return toStream(key, response);
  }

  async stat(key: string): Promise<FileStat> {
    checkKey(key);
    const headers = await this.#headers(this.#prefix + key);
    return {
      key,
      size: Number(headers.get('content-length') ?? 0),
      type: headers.get('content-type') ?? toType(''),
      modifiedAt: new Date(headers.get('last-modified') ?? Number.NaN),
    };
  }

  exists(key: string): Promise<boolean> {
    return isFound(this.stat(key));
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#client.send({ method: 'DELETE', key: this.#prefix + key });
  }

  url(key: string): string {
    return this.#urls.toUrl(key);
  }

  keyOf(url: string): string {
    return this.#urls.toKey(url);
  }

  async signedUrl(key: string, { expiresIn }: SignedUrlOptions): Promise<string> {
    checkKey(key);
    if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > maxExpiry) {
      throw new TypeError(`\`expiresIn\` must be a whole number of seconds from 1 to ${maxExpiry}, not ${expiresIn}`);
    }
    return this.#client.presign(this.#prefix + key, expiresIn);
  }

  async #headers(key: string): Promise<Headers> {
    try {
      const { headers } = await this.#client.send({ method: 'HEAD', key });
      return headers;
    } catch (error) {
      if (!(error instanceof StorageError && error.code === 'NOT_FOUND')) throw error;
      // Without a body, S3 does not say what is not there: the file, or the whole bucket. A GET does.
      const response = await this.#client.open({ method: 'GET', key });
      await response.body?.cancel();
      return response.headers;
    }
  }
}

/** The body of an answer; that the connection breaks is the storage's fault, and said so. */
function toStream(key: string, { body }: Response): ReadableStream<Uint8Array> {
  const reader = body?.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const chunk = await reader?.read();
          if (chunk === undefined || chunk.done) controller.close();
          else controller.enqueue(chunk.value);
        } catch (cause) {
          throw new StorageError('UNAVAILABLE', `S3 stopped in the middle of ${quoted(key)}`, { cause });
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
