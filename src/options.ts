/**
 * What an application is told when it is made and when it listens, with every default.
 */
import type { ErrorFormat } from './error-reply.ts';
import type { LoggerOption } from './logger.ts';
import type { Limits } from './types/limits.ts';
import type { Serializer } from './types/serializer.ts';
import type { CompressionOptions, TrustProxy } from './types/wire.ts';

/** Options of an application. All may be left out. */
export interface CovetOptions {
  /**
   * Where errors are logged: `true` (default) for pino on standard output, `false` for nowhere, pino's own options, or a
   * logger of yours.
   */
  readonly logger?: LoggerOption;
  /** What a trailing slash means. Default `'strict'`: `/a` and `/a/` are two paths. `'redirect'` answers 308. */
  readonly trailingSlash?: 'strict' | 'ignore' | 'redirect';
  /** How errors are sent: `'covet'` (default), or `'problem'` for RFC 9457. `Accept` may ask for the latter. */
  readonly errorFormat?: ErrorFormat;
  /** `'development'` checks every response against its schema. Default: `'production'` where `NODE_ENV` says so. */
  readonly mode?: 'development' | 'production';
  /**
   * Formats beside JSON that answers are sent in, for clients whose `Accept` wants them more: {@link xmlSerializer},
   * {@link msgpackSerializer}, {@link textSerializer} and your own. Equally wanted, JSON comes first, then their order here.
   * Those with a `parse`, as MessagePack has, are formats of request bodies as well. Default none: then `Accept` is not looked
   * at.
   */
  readonly serializers?: readonly Serializer[];
  /** Adds `rejected_value` to validation errors. Default false: values may be secrets. */
  readonly exposeRejectedValues?: boolean;
  /**
   * What an error does that no request can answer: a promise nobody awaited, a throw in a timer. `'log'` (default)
   * reports it and goes on serving, `'exit'` leaves it to Node, which ends the process. Listeners of yours go first: with
   * any for `uncaughtException` or `unhandledRejection`, Covet adds none of that kind. With `logger: false` the default is
   * `'exit'`: with nowhere to report it, the error would vanish.
   */
  readonly onUncaught?: 'log' | 'exit';
  readonly limits?: Limits;
  /**
   * The folder for temporary files of uploads that are too large for memory. Default: the system's, which is in memory on
   * some systems. The files have no name: nothing is ever left there.
   */
  readonly uploadDirectory?: string;
  /**
   * The proxies in front of the server whose word about clients is taken: see {@link TrustProxy}. `req.ip`, `req.url` and
   * the log then name the client, not the proxy. Default `false`: nobody's.
   */
  readonly trustProxy?: TrustProxy;
  /**
   * Compresses answers with zstd, brotli or gzip for clients that take it; `true` for every default. Default `false`: a
   * page that shows a secret beside what a client sent lets its length tell of the secret (BREACH).
   */
  readonly compression?: boolean | CompressionOptions;
}

/** Where and how to listen. */
export interface ListenOptions {
  /** Default 3000; 0 for any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` for every address, in a container for instance. */
  readonly host?: string;
  /**
   * A Unix socket in the place of host and port: where its file is to be. One that a server left behind is replaced; it is
   * removed when the application closes.
   */
  readonly path?: string;
  /** The Unix socket's permission bits, such as `0o660`. Default: what the process's umask leaves of `0o777`. */
  readonly permissions?: number;
  /**
   * JS threads that run the application behind the one address. Default 1, at most 256. Each other thread runs the
   * program's main file again, as `node:cluster` does with processes, and its `listen` joins this server.
   */
  readonly workers?: number;
  /**
   * Signals that close the application, as `close()` does, and then end the process: with code 0, or 1 where closing failed.
   * A second signal ends it at once. Default `['SIGTERM', 'SIGINT']`; one the program listens for itself is left to it.
   */
  readonly signals?: false | readonly NodeJS.Signals[];
  /** The grace of a close by signal, in milliseconds, as that of `close()`: from 0 to `Infinity`. Default 10,000. */
  readonly grace?: number;
  /** Threads that read and write sockets. Default: half the cores; at most 256. */
  readonly ioThreads?: number;
}
