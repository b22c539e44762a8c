/**
 * A file of any length goes into a bucket: at once when it fits one part, else in parts, of which only those under way
 * are in memory. It appears whole or not at all; an upload that fails is taken back.
 */
import { randomUUID } from 'node:crypto';

import type { S3Client } from './s3-client.ts';
import { S3Error, textOf, toXmlText } from './s3-fault.ts';
import type { SourceReader } from './source-reader.ts';
import { StorageError } from './storage-error.ts';

/** What to upload and how. */
export interface S3Upload {
  readonly client: S3Client;
  /** The key in the bucket, prefix and all. */
  readonly key: string;
  readonly type: string;
  readonly mayReplace: boolean;
  readonly partSize: number;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
}

/** S3's own limit. */
const maxParts = 10_000;

/** Most files are small: their buffer grows, by four each time, and only that of a large one becomes a whole part. */
const FIRST = 64 * 1024;

/** By it an object that may not replace another is known again. */
const MARK = 'x-amz-meta-covet-save';

/** Uploads what the reader gives. */
export async function upload(reader: SourceReader, job: S3Upload): Promise<void> {
  const { client, key, type, signal, mayReplace } = job;
  const first = await readFirst(reader, job.partSize);
  const mark = mayReplace ? undefined : randomUUID();
  const headers = { 'content-type': type, ...(mark !== undefined && { [MARK]: mark }) };
  if (first.byteLength === job.partSize) {
    await uploadParts(reader, job, { first, mark, headers });
    return;
  }
  try {
    await client.send({ method: 'PUT', key, headers: { ...headers, ...condition(job) }, body: first, signal });
  } catch (error) {
    if (!(await isOurs(job, mark, error))) throw error;
  }
}

/** The first part, or all of a file that is smaller. */
async function readFirst(reader: SourceReader, partSize: number): Promise<Uint8Array> {
  let buffer = Buffer.allocUnsafeSlow(Math.min(FIRST, partSize));
  let size = await reader.read(buffer);
  while (size === buffer.byteLength && size < partSize) {
    const larger = Buffer.allocUnsafeSlow(Math.min(4 * size, partSize));
    larger.set(buffer);
    buffer = larger;
    size += await reader.read(buffer.subarray(size));
  }
  return buffer.subarray(0, size);
}

/**
 * Whether the file is there although S3 says that one is: a first try was carried out, its answer was lost, and the second
 * found what the first had made. The mark tells it from a file of somebody else.
 */
async function isOurs({ client, key, signal }: S3Upload, mark: string | undefined, error: unknown): Promise<boolean> {
  if (!(error instanceof S3Error && error.tries > 1 && error.code === 'EXISTS') || mark === undefined) return false;
  const found = await client.send({ method: 'HEAD', key, signal });
  return found.headers.get(MARK) === mark;
}

/** What an upload in parts begins with. */
interface Beginning {
  readonly first: Uint8Array;
  readonly mark: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

async function uploadParts(reader: SourceReader, job: S3Upload, { first, mark, headers }: Beginning): Promise<void> {
  const { client, key, signal } = job;
  const begun = await client.send({ method: 'POST', key, query: { uploads: '' }, headers, signal });
  const uploadId = textOf(begun.text, 'UploadId');
  if (uploadId === undefined) throw new StorageError('UNAVAILABLE', 'S3 began an upload without giving its id');
  try {
    const etags = await new PartSender(job, uploadId).sendAll(reader, first);
    await complete(job, { uploadId, etags, size: reader.size, mark });
  } catch (error) {
    await takeBack(job, uploadId, error);
    throw error;
  }
}

/** Sends parts, as many at a time as the job allows, in buffers that are used again. */
class PartSender {
  readonly #job: S3Upload;
  readonly #uploadId: string;
  readonly #etags: string[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #free: Uint8Array[] = [];
  /** Fires with the caller's signal, and when one part has failed: the others are for nothing then. */
  readonly #stop = new AbortController();

  constructor(job: S3Upload, uploadId: string) {
    this.#job = job;
    this.#uploadId = uploadId;
  }

  /** The ETags of the parts, in order. No request is under way any more when this is settled. */
  async sendAll(reader: SourceReader, first: Uint8Array): Promise<readonly string[]> {
    const { signal, partSize, concurrency } = this.#job;
    const onAbort = () => this.#stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      this.#send(1, first, partSize);
      for (let number = 2, size = partSize; size === partSize; number += 1) {
        while (this.#underWay.size >= concurrency) await Promise.race(this.#underWay);
        const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(partSize);
        size = await this.#unlessStopped(reader.read(buffer));
        if (size > 0) this.#send(number, buffer, size);
      }
      await Promise.all(this.#underWay);
      return this.#etags;
    } catch (error) {
      this.#stop.abort(error);
      await Promise.allSettled(this.#underWay);
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #send(number: number, buffer: Uint8Array, size: number): void {
    if (number > maxParts) {
      const { partSize } = this.#job;
      throw new StorageError(
        'TOO_LARGE',
        `S3 takes ${maxParts} parts; for more than ${partSize} bytes each raise \`partSize\``,
      );
    }
    const send = async (): Promise<void> => {
      await this.#sendPart(number, buffer.subarray(0, size));
      this.#underWay.delete(sending);
      this.#free.push(buffer);
    };
    const sending = send();
    this.#underWay.add(sending);
    // Heard of by whoever waits for the set next; until then it is not unhandled, and the source is not waited for.
    sending.catch((error: unknown) => this.#stop.abort(error));
  }

  async #sendPart(number: number, body: Uint8Array): Promise<void> {
    const { client, key } = this.#job;
    const query = { partNumber: String(number), uploadId: this.#uploadId };
    const { headers } = await client.send({ method: 'PUT', key, query, body, signal: this.#stop.signal });
    const etag = headers.get('etag');
    if (etag === null) throw new StorageError('UNAVAILABLE', `S3 took part ${number} without giving its ETag`);
    this.#etags[number - 1] = etag;
  }

  /** A slow source is not waited for once a part has failed. */
  #unlessStopped<T>(reading: Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const onStop = () => reject(signal.reason as Error);
      if (signal.aborted) onStop();
      else signal.addEventListener('abort', onStop, { once: true });
      reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', onStop));
    });
  }
}

interface Completion {
  readonly uploadId: string;
  readonly etags: readonly string[];
  readonly size: number;
  readonly mark: string | undefined;
}

async function complete(job: S3Upload, { uploadId, etags, size, mark }: Completion): Promise<void> {
  const { client, key, signal } = job;
  const parts = etags.map(
    (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${toXmlText(etag)}</ETag></Part>`,
  );
  const body = Buffer.from(
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`,
  );
  const headers = { 'content-type': 'application/xml', ...condition(job) };
  try {
    await client.send({ method: 'POST', key, query: { uploadId }, headers, body, signal });
  } catch (error) {
    // A second try is told that there is no such upload, in words that differ from service to service, when the first
    // was carried out and its answer lost: then all of the file is there. That it EXISTS may be said of another file.
    if (await isOurs(job, mark, error)) return;
    if (!(error instanceof S3Error && error.tries > 1) || ['EXISTS', 'UNAVAILABLE'].includes(error.code)) throw error;
    const found = await client.send({ method: 'HEAD', key, signal });
    if (Number(found.headers.get('content-length')) !== size) throw error;
  }
}

/** S3 keeps, and charges for, the parts of an upload until it is told not to. The caller's signal is not asked here. */
async function takeBack({ client, key }: S3Upload, uploadId: string, reason: unknown): Promise<void> {
  try {
    await client.send({ method: 'DELETE', key, query: { uploadId } });
  } catch (error) {
    if (error instanceof S3Error && error.fault === 'NoSuchUpload') return;
    throw new StorageError('UNAVAILABLE', `S3 may have kept the parts of the failed upload ${uploadId}`, {
      cause: new AggregateError([reason, error], 'the upload failed, and so did taking it back'),
    });
  }
}

/** RFC 9110 §13.1.2: only if there is no object of this key; S3 decides, so that of two uploads one is refused. */
function condition({ mayReplace }: S3Upload): Record<string, string> {
  return mayReplace ? {} : { 'if-none-match': '*' };
}
