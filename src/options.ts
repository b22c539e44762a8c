/**
 * What an application is told when it is made and when it listens, with every default.
 */
import type { ErrorFormat } from './error-reply.ts';
import type { LoggerOption } from './logger.ts';
import type { Limits } from './types/limits.ts';

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
}

/** Where and how to listen. */
export interface ListenOptions {
  /** Default 3000; 0 for any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` for every address, in a container for instance. */
  readonly host?: string;
  /**
   * JS threads that run the application behind the one address. Default 1, at most 256. Each other thread runs the
   * program's main file again, as `node:cluster` does with processes, and its `listen` joins this server.
   */
  readonly workers?: number;
  /** Threads that read and write sockets. Default: half the cores; at most 256. */
  readonly ioThreads?: number;
}
