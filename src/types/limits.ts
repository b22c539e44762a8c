/** Bounds of the server. Sizes are bytes, times milliseconds. Each is checked before any JavaScript runs. */
export interface Limits {
  /** A request's head, its first line and all headers. Past it: 431. Default 16 KiB, at most 1 MiB. */
  readonly maxHeaderSize?: number;
  /** Headers of a request. Past it: 431. Default 100, at most 10,000. */
  readonly maxHeadersCount?: number;
  /** A request's target, path and query. Past it: 414. Default 8 KiB, at most 65,534. */
  readonly maxUrlLength?: number;
  /**
   * From a head's first byte to its last. Past it: 408. Also from connecting to the first byte: a connection that stays
   * silent is closed without a word, since it asked for nothing. Default 30,000.
   */
  readonly headersTimeout?: number;
  /** Between two requests of a connection. Past it the connection is closed. Default 72,000. */
  readonly keepAliveTimeout?: number;
  /** A request's body. Past it: 413, also while it streams in. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** For a whole body. Past it: 408. Default 0: none beside the rate. */
  readonly bodyTimeout?: number;
  /** Bytes a second a body must come in at, on average. Below it: 408. Default 240; 0 switches the rule off. */
  readonly minBodyRate?: number;
  /** Time before a body's rate is measured; a body of which nothing comes for 12 times as long is 408 too. Default 5,000. */
  readonly bodyRateGrace?: number;
  /** How long a client may take nothing of what is written to it. Past it the connection is dropped. Default 30,000. */
  readonly writeTimeout?: number;
  /**
   * For a handler, with its middleware and dependencies. Past it: 504, and `req.signal` fires. An error handler that is
   * then asked, or after any other error, has as long again. The time in which a route's `files` come in does not count.
   * Default 30,000; 0: none.
   */
  readonly handlerTimeout?: number;
  /** Requests in handlers at once, for each JS thread. What is above waits in its connection. Default 1024, at most 65,536. */
  readonly maxInFlight?: number;
  /**
   * Of these, requests whose bodies still come: slow uploads hold no more than this share, and everybody else is served.
   * Bodies of up to 64 KiB are read before, and do not count. What is above waits in its connection, for 5 seconds at most.
   * Past it: 503 with `Retry-After`. Default half of `maxInFlight`.
   */
  readonly maxUploadsInFlight?: number;
  /** All temporary files of uploads together. Past it: 503. Default 10 GiB. */
  readonly maxUploadSpool?: number;
  /**
   * Connections open at once, over all threads. What is above waits in the system's queue until one has closed, without a
   * descriptor or memory of this process. Default 0: as many as the process may have descriptors.
   */
  readonly maxConnections?: number;
}
