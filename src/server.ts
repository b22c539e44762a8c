/**
 * A compiled application behind an address.
 * In: its routes and limits. Out: a server that listens, by itself or with other JS threads, until it is closed.
 */
import { Dispatcher } from './dispatch.ts';
import type { DispatchOptions } from './dispatch.ts';
import type { ErrorFormat } from './error-reply.ts';
import { CovetError } from './error.ts';
import { writeLog } from './logger.ts';
import type { Logger } from './logger.ts';
import { fromNative } from './native/from-native.ts';
import type { NativeRefusals, NativeRouter } from './native/index.ts';
import { Link } from './native/link.ts';
import { toNativeServerOptions } from './native/to-native.ts';
import type { ListenOptions } from './options.ts';
import { guardProcess, unguardProcess } from './process-guard.ts';
import type { Limits } from './types/limits.ts';
import { Workers, reportJoined, serverToJoin } from './workers.ts';

/** What a server is made of. */
export interface ServerParts extends Pick<DispatchOptions, 'routes' | 'miss' | 'fail'> {
  readonly router: NativeRouter;
  readonly missesReachHandler: boolean;
  readonly limits: Required<Limits>;
  readonly errorFormat: ErrorFormat;
  readonly guardsProcess: boolean;
  readonly logger: Logger;
}

/** A server that listens. */
export interface Listening {
  /** The address that was bound. On a thread that joined: the one asked for. */
  readonly host: string;
  /** The port that was bound; 0 on a thread that joined a server on any free port. */
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Closes the application. As {@link Covet.close}; may be taken off the object. */
  readonly close: (grace?: number) => Promise<void>;
}

const DEFAULT_PORT = 3000;
const DEFAULT_HOST = '127.0.0.1';
const MOST_WORKERS = 256;
const MOST_IO_THREADS = 256;

export class Server {
  readonly #parts: ServerParts;
  #link: Link | undefined;
  #dispatcher: Dispatcher | undefined;
  #workers: Workers | undefined;
  /** On a thread that joined: leaves with the whole server. */
  #leave: ((grace: number) => Promise<void>) | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  async listen(given: ListenOptions, close: (grace?: number) => Promise<void>): Promise<Listening> {
    if (this.#link !== undefined) throw new CovetError('The application is listening already');
    const { port = DEFAULT_PORT, host = DEFAULT_HOST } = given;
    checkPort(port);
    const workers = checkWorkers(given.workers ?? 1);
    checkIoThreads(given.ioThreads ?? 1);
    const { link, joined } = this.#open(given);
    if (this.#parts.guardsProcess) guardProcess(this.#parts.logger);
    if (joined) {
      this.#leave = reportJoined(close);
      return { host, port, url: toUrl(host, port), close };
    }
    try {
      if (workers > 1) {
        const { logger } = this.#parts;
        const onClose = (grace: number): void => {
          close(grace).catch((error: unknown) =>
            writeLog(logger, 'error', { err: error }, 'The application did not close well'),
          );
        };
        this.#workers = new Workers({ server: link.server.number, logger, onClose });
        await this.#workers.start(workers - 1);
        if (this.#link !== link) throw new CovetError('The application was closed while it started');
      }
      const bound = fromNative(() => link.server.listen(host, port));
      return { ...bound, url: toUrl(bound.host, bound.port), close };
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Ends serving. Resolves when the last request is answered, or cut off after `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    this.#link = undefined;
    if (this.#leave !== undefined) {
      await this.#leave(grace);
    } else {
      // The I/O threads first: they wait for the requests of all JS threads.
      await link.close(grace);
      await this.#workers?.close(grace);
    }
    this.#dispatcher?.stop();
    if (this.#parts.guardsProcess) unguardProcess(this.#parts.logger);
  }

  /** Links this thread to a server: a new one, or the first thread's. */
  #open(given: ListenOptions): { readonly link: Link; readonly joined: boolean } {
    const { router, limits, errorFormat, missesReachHandler, logger, routes, miss, fail } = this.#parts;
    const dispatcher = new Dispatcher({
      routes,
      miss,
      fail,
      handlerTimeout: limits.handlerTimeout,
      onRefusals: (refusals) => logRefusals(logger, refusals),
      onFault: (error) => writeLog(logger, 'error', { err: error }, 'An error outside of any request'),
    });
    const number = serverToJoin();
    const link =
      number === undefined
        ? Link.create(
            router,
            toNativeServerOptions({
              limits,
              ioThreads: given.ioThreads,
              missesReachHandler,
              problemDetails: errorFormat === 'problem',
            }),
            dispatcher,
          )
        : Link.join(number, router, dispatcher);
    dispatcher.start(link);
    this.#link = link;
    this.#dispatcher = dispatcher;
    return { link, joined: number !== undefined };
  }
}

/** What the server refused before any JavaScript ran, as lines of the log. */
function logRefusals(logger: Logger, { kept, dropped }: NativeRefusals): void {
  for (const { errorId, ...refusal } of kept) {
    writeLog(logger, refusal.status < 500 ? 'warn' : 'error', { error_id: errorId, ...refusal }, 'Request refused');
  }
  if (dropped > 0) writeLog(logger, 'warn', { dropped }, 'More requests were refused than are logged one by one');
}

function toUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new RangeError(`A port is a whole number from 0 to 65535, not ${String(port)}`);
}

function checkIoThreads(ioThreads: number): void {
  if (Number.isInteger(ioThreads) && ioThreads >= 1 && ioThreads <= MOST_IO_THREADS) return;
  throw new RangeError(`The number of I/O threads is from 1 to ${MOST_IO_THREADS}, not ${String(ioThreads)}`);
}

function checkWorkers(workers: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS) return workers;
  throw new RangeError(`The number of workers is from 1 to ${MOST_WORKERS}, not ${String(workers)}`);
}
