/** The content codings that answers and request bodies may have. */
export type ContentCoding = 'zstd' | 'br' | 'gzip';

/** Which compressed request bodies a route takes. All may be left out. */
export interface DecompressOptions {
  /** The codings taken, the favourite first. Default `['zstd', 'br', 'gzip']`. */
  readonly encodings?: readonly ContentCoding[];
  /**
   * Bytes that may come of one byte that was sent, beyond the first 64 KiB. Past it: 413 `COMPRESSION_RATIO_EXCEEDED`.
   * Default 100, from 1 to 2^31 - 1.
   */
  readonly maxRatio?: number;
}

/** How answers are compressed. All may be left out. */
export interface CompressionOptions {
  /** Bytes below which a body goes as it is. Default 1024. */
  readonly threshold?: number;
  /** The codings offered; of those a client weighs alike, the first. Default `['zstd', 'br', 'gzip']`. */
  readonly encodings?: readonly ContentCoding[];
  /** How hard to try. Defaults: zstd 3 of 1 to 12, br 4 of 0 to 9, gzip 6 of 1 to 9. */
  readonly levels?: Readonly<Partial<Record<ContentCoding, number>>>;
  /**
   * Media types to compress beside those that are text or close to it: `'application/x-mine'`, `'model/*'`.
   * `'text/event-stream'` is left alone unless it is named here and the reply has a `cache-control` of its own: that of
   * `sse` says `no-transform`.
   */
  readonly types?: readonly string[];
}

/**
 * Whose word about a client is taken: `false`, nobody's; a number, that of so many proxies in front of the server; a list,
 * that of peers with these addresses or networks (`'10.0.0.0/8'`, `'fd00::/8'`), or named `'loopback'`, `'linklocal'`,
 * `'uniquelocal'`, or `'unix'` for peers of a Unix socket.
 *
 * The proxies write `X-Forwarded-*`, or, where `header` says so, `Forwarded` (RFC 7239). Only that one is read: a header
 * your proxies do not write is one the client writes.
 */
export type TrustProxy =
  | false
  | number
  | readonly string[]
  | { readonly proxies: number | readonly string[]; readonly header: 'x-forwarded' | 'forwarded' };
