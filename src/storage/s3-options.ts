/** What an `S3Storage` is told, checked, and where its bucket is. */

/** A pair of keys, and the token that belongs to temporary ones. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Options of {@link S3Storage}. */
export interface S3StorageOptions {
  readonly bucket: string;
  /** The bucket's region, such as `eu-central-1`; for other services than AWS what they say, often `us-east-1` or `auto`. */
  readonly region: string;
  /** The address of the service, for any but AWS: `https://<account>.r2.cloudflarestorage.com`. Default: AWS in the region. */
  readonly endpoint?: string | undefined;
  /** Keys, or a function that gives them, asked for each request: a provider of `@aws-sdk/credential-providers` fits. */
  readonly credentials: S3Credentials | (() => Promise<S3Credentials>);
  /** The bucket in the path instead of the host name. Default: true with an `endpoint`, false without. */
  readonly forcePathStyle?: boolean | undefined;
  /** A folder of the bucket that all keys are below, `app/uploads`. Keys do not contain it. */
  readonly prefix?: string | undefined;
  /** What the URLs of `url` and `save` begin with, such as a CDN's address. Default: the bucket's own, and the prefix. */
  readonly baseUrl?: string | undefined;
  /**
   * Bytes of a part of a file that is sent in parts, 5 MiB to 5 GiB. A file below it is sent at once. A save holds up to
   * `concurrency` parts in memory, and twice that while they are sent; 10,000 parts are the largest file. Default 8 MiB.
   */
  readonly partSize?: number | undefined;
  /** Parts of a file sent at the same time. Default 2. */
  readonly concurrency?: number | undefined;
  /** How often a request is tried before the storage is `UNAVAILABLE`. Default 3. */
  readonly attempts?: number | undefined;
  /** Milliseconds for one try of a request, up to the head of its answer. Default 60,000. */
  readonly timeout?: number | undefined;
}

const mebibyte = 1024 * 1024;

/** Throws a TypeError that names the first option that is wrong. */
export function checkS3Options(options: S3StorageOptions): void {
  // RFC 3986 aside: S3's own rule for names, loosened by what other services allow.
  if (!isMatch(options.bucket, /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/))
    throw wrong('bucket', 'the name of a bucket');
  if (!isMatch(options.region, /^[A-Za-z0-9-]+$/)) throw wrong('region', 'a region, such as eu-central-1');
  if (options.endpoint !== undefined && !isHttp(options.endpoint)) {
    throw wrong('endpoint', 'an http or https URL without query and fragment');
  }
  const { credentials } = options;
  const isPair =
    typeof credentials === 'object' &&
    credentials !== null &&
    isText(credentials.accessKeyId) &&
    isText(credentials.secretAccessKey);
  if (!isPair && typeof credentials !== 'function') {
    throw wrong('credentials', '{ accessKeyId, secretAccessKey } or a function that gives them');
  }
  checkWhole(options, 'partSize', 5 * mebibyte, 5 * 1024 * mebibyte);
  checkWhole(options, 'concurrency', 1, 100);
  checkWhole(options, 'attempts', 1, 100);
  checkWhole(options, 'timeout', 1, 2 ** 31 - 1);
}

/** The URL of the bucket, with a slash at its end. */
export function bucketUrl({
  bucket,
  region,
  endpoint,
  forcePathStyle = endpoint !== undefined,
}: S3StorageOptions): string {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const folder = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return forcePathStyle ? `${url.origin}${folder}${bucket}/` : `${url.protocol}//${bucket}.${url.host}${folder}`;
}

function checkWhole(
  options: S3StorageOptions,
  name: 'partSize' | 'concurrency' | 'attempts' | 'timeout',
  least: number,
  most: number,
): void {
  const value = options[name];
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw wrong(name, `a whole number from ${least} to ${most}, not ${value}`);
}

function isMatch(value: unknown, syntax: RegExp): boolean {
  return typeof value === 'string' && syntax.test(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHttp(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === ''
  );
}

function wrong(name: string, wanted: string): TypeError {
  return new TypeError(`S3Storage: \`${name}\` must be ${wanted}`);
}
