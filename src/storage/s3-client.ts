/**
 * Requests to one bucket: signed, tried again where that can help, given up with the caller's signal. What comes out is
 * an answer that is a success, or a `StorageError`.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { toPath } from './key-url.ts';
import { S3Error, faultOfAnswer, faultOfSilence } from './s3-fault.ts';
import type { S3Fault } from './s3-fault.ts';
import { bucketUrl } from './s3-options.ts';
import type { S3Credentials, S3StorageOptions } from './s3-options.ts';
import { StorageError } from './storage-error.ts';

/** One request. `key` is the key in the bucket, prefix and all. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** An answer with its body read, which is short: XML or nothing. */
export interface S3Answer {
  readonly headers: Headers;
  readonly text: string;
}

type Attempt<T> = { readonly value: T } | { readonly fault: S3Fault };

/** SHA-256 of nothing, for requests without a body. */
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The bucket, over HTTP. */
export class S3Client {
  readonly #options: S3StorageOptions;
  readonly #bucketUrl: string;
  /** Keys that signatures are made with: a new one each day, and for each pair of keys. */
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  constructor(options: S3StorageOptions) {
    this.#options = options;
    this.#bucketUrl = bucketUrl(options);
  }

  /** Sends a request whose answer is short, and reads it. */
  async send(request: S3Request): Promise<S3Answer> {
    return this.#try(request, async (response) => {
      const text = await response.text();
      // A multipart upload is completed with status 200 sent ahead; how it went is in the body.
      if (text.includes('<Error>')) return { fault: faultOfAnswer(describe(request), 500, text) };
      return { value: { headers: response.headers, text } };
    });
  }

  /** Sends a request and gives its answer as soon as its head is there; the body is the caller's. */
  async open(request: S3Request): Promise<Response> {
    return this.#try(request, async (response) => ({ value: response }));
  }

  /** A URL that carries its signature. */
  async presign(key: string, expiresIn: number): Promise<string> {
    const url = this.#urlOf({ method: 'GET', key, query: { 'X-Amz-Expires': String(expiresIn) } });
    const signed = await this.#sign({ method: 'GET', url, signQuery: true });
    return signed.url.href;
  }

  async #try<T>(request: S3Request, read: (response: Response) => Promise<Attempt<T>>): Promise<T> {
    const { attempts = 3 } = this.#options;
    for (let tries = 1; ; tries += 1) {
      request.signal?.throwIfAborted();
      const attempt = await this.#attempt(request, read);
      if ('value' in attempt) return attempt.value;
      if (!attempt.fault.isTransient || tries >= attempts) throw new S3Error(attempt.fault, tries);
      await pause(tries, request.signal);
    }
  }

  async #attempt<T>(request: S3Request, read: (response: Response) => Promise<Attempt<T>>): Promise<Attempt<T>> {
    const { signal } = request;
    const headers: Record<string, string> = { ...request.headers, 'x-amz-content-sha256': await hashOf(request.body) };
    const signed = await this.#sign({ method: request.method, url: this.#urlOf(request), headers });
    const controller = new AbortController();
    const onAbort = () => controller.abort(signal?.reason);
    const { timeout = 60_000 } = this.#options;
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeout} ms`)), timeout);
    signal?.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      const response = await fetch(signed.url, {
        method: request.method,
        headers: signed.headers,
        body: request.body ?? null,
        // Signed for one host: followed, the signature would be wrong, and the request somebody else's.
        redirect: 'manual',
        signal: controller.signal,
      });
      if (response.ok) return await read(response);
      return { fault: faultOfAnswer(describe(request), response.status, await response.text()) };
    } catch (error) {
      signal?.throwIfAborted();
      return { fault: faultOfSilence(describe(request), error) };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #urlOf({ key, query }: S3Request): string {
    const url = new URL(this.#bucketUrl + toPath(key));
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return url.href;
  }

  async #sign(request: { method: string; url: string; headers?: Record<string, string>; signQuery?: boolean }) {
    const { AwsV4Signer } = await loadSigner();
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#credentials();
    // Keys that change by the hour would pile up.
    if (this.#signingKeys.size > 8) this.#signingKeys.clear();
    const signer = new AwsV4Signer({
      ...request,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? undefined : { sessionToken }),
      service: 's3',
      region: this.#options.region,
      cache: this.#signingKeys,
    });
    return signer.sign();
  }

  async #credentials(): Promise<S3Credentials> {
    const { credentials } = this.#options;
    if (typeof credentials !== 'function') return credentials;
    try {
      return await credentials();
    } catch (cause) {
      throw new StorageError('UNAVAILABLE', 'The function `credentials` of the S3Storage failed', { cause });
    }
  }
}

/** Loaded when it is first needed: who keeps no files in S3 need not install it. */
async function loadSigner() {
  try {
    return await import('aws4fetch');
  } catch (cause) {
    const message = 'S3Storage needs the package aws4fetch to sign its requests: run `npm install aws4fetch`';
    throw new StorageError('REFUSED', message, { cause });
  }
}

async function hashOf(body: Uint8Array | undefined): Promise<string> {
  if (body === undefined) return emptyHash;
  // Not `createHash`: this one runs on another thread.
  return Buffer.from(await crypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>)).toString('hex');
}

function describe({ method, key, query }: S3Request): string {
  return `${method} ${JSON.stringify(key)}${query === undefined ? '' : ` (${Object.keys(query).join(', ')})`}`;
}

/** Waits before the next try: 100 ms, doubled each time, and half of it at random, so that clients do not march in step. */
async function pause(tries: number, signal: AbortSignal | undefined): Promise<void> {
  const time = Math.min(100 * 2 ** (tries - 1), 5000) * (0.5 + Math.random() / 2);
  try {
    await sleep(time, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
