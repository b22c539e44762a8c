/**
 * A compiled application behind an address.
 * In: its routes and limits. Out: a server that listens, by itself or with other JS threads, until it is closed.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';

import type { DispatchOptions } from './dispatch-options.ts';
import { Dispatcher } from './dispatch.ts';
import type { ErrorFormat } from './error-reply.ts';
import { CovetError } from './error.ts';
import { MemorySocket } from './in-process/memory-socket.ts';
import { serverToJoin } from './internal/joined-thread.ts';
import { toPlace, toSignalGrace, toSignals, toUrl, toWorkers } from './listen-options.ts';
import type { Place } from './listen-options.ts';
import { writeLog } from './logger.ts';
import type { Logger } from './logger.ts';
import { fromNative } from './native/from-native.ts';
import type { NativeRefusals, NativeRouter } from './native/index.ts';
import { Link } from './native/link.ts';
import type { PipeClient } from './native/link.ts';
import { toNativeServerOptions } from './native/to-native.ts';
import type { ListenOptions } from './options.ts';
import { guardProcess, unguardProcess } from './process-guard.ts';
import { closeOnSignals, forgetSignals } from './signals.ts';
import type { Closer } from './signals.ts';
import type { Limits } from './types/limits.ts';
import type { WireOptions } from './wire-options.ts';
import { Workers, reportJoined } from './workers.ts';

/** What a server is made of. */
export interface ServerParts extends Pick<DispatchOptions, 'routes' | 'miss' | 'fail'> {
  readonly router: NativeRouter;
  readonly missesReachHandler: boolean;
  readonly limits: Required<Limits>;
  readonly wire: WireOptions;
  readonly errorFormat: ErrorFormat;
  readonly uploadDirectory: string | undefined;
  readonly guardsProcess: boolean;
  readonly logger: Logger;
}

/** A server that listens. */
export interface Listening {
  /** The address that was bound. On a thread that joined: the one asked for. Empty for a Unix socket. */
  readonly host: string;
  /** The port that was bound; 0 on a thread that joined a server on any free port, and for a Unix socket. */
  readonly port: number;
  /** The path of the Unix socket. */
  readonly path?: string;
  /** `http://host:port`, or `unix:` and the path. */
  readonly url: string;
  /** Closes the application. As {@link Covet.close}; may be taken off the object. */
  readonly close: (grace?: number) => Promise<void>;
}

/** How the application ends. */
export interface Closing {
  readonly close: (grace?: number) => Promise<void>;
  /** Another thread has begun to close. */
  readonly onClosing: () => Promise<void>;
}

export class Server {
  readonly #parts: ServerParts;
  #link: Link | undefined;
  #dispatcher: Dispatcher | undefined;
  #workers: Workers | undefined;
  #closer: Closer | undefined;
  /** Serves connections without a socket; made when the first is opened. */
  #inProcess: { readonly link: Link; readonly dispatcher: Dispatcher } | undefined;
  readonly #sockets = new Set<MemorySocket>();
  /** On a thread that joined: leaves with the whole server. */
  #leave: ((grace: number) => Promise<void>) | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  async listen(given: ListenOptions, { close, onClosing }: Closing): Promise<Listening> {
    if (this.#link !== undefined)
      throw new CovetError('The application is listening already', { code: 'ALREADY_LISTENING' });
    const place = toPlace(given);
    const workers = toWorkers(given);
    const signals = toSignals(given);
    const grace = toSignalGrace(given);
    const { link, joined } = this.#open(given);
    if (this.#parts.guardsProcess) guardProcess(this.#parts.logger);
    if (joined) {
      // What its hooks throw, its own close throws again.
      this.#leave = reportJoined({
        onClosing: () => void onClosing().catch(() => undefined),
        onEnding: () => this.#dispatcher?.tellClosing(),
        close,
      });
      return toListening(place, close);
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
      const listening = toListening(bind(link, place), close);
      this.#closer = toCloser(() => close(grace), this.#parts.logger);
      closeOnSignals(signals, this.#closer);
      return listening;
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  /** Opens a connection without a socket, answered on this thread. */
  connect(client: PipeClient): MemorySocket {
    this.#inProcess ??= this.#create(1, false);
    const socket = new MemorySocket(this.#inProcess.link.connect(client));
    this.#sockets.add(socket);
    return socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Has the other threads know that the application is about to close, while all of them still serve. */
  tellThreads(): void {
    this.#workers?.tellClosing();
  }

  /** Ends serving. Resolves when the last request is answered, or cut off after `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    await Promise.all([this.#closeInProcess(grace), this.#closeListening(grace)]);
  }

  async #closeInProcess(grace: number): Promise<void> {
    const inProcess = this.#inProcess;
    if (inProcess === undefined) return;
    this.#inProcess = undefined;
    const deadline = performance.now() + grace;
    inProcess.dispatcher.tellClosing();
    await inProcess.link.close(grace);
    await inProcess.dispatcher.settled(Math.max(0, deadline - performance.now()));
    for (const socket of this.#sockets) socket.destroy();
  }

  async #closeListening(grace: number): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    this.#link = undefined;
    const deadline = performance.now() + grace;
    this.#dispatcher?.tellClosing();
    this.#workers?.tellEnding();
    if (this.#leave !== undefined) {
      await this.#leave(grace);
    } else {
      // The I/O threads first: they wait for the requests of all JS threads.
      await link.close(grace);
    }
    const left = Math.max(0, deadline - performance.now());
    await Promise.all([this.#dispatcher?.settled(left), this.#workers?.close(left)]);
    if (this.#closer !== undefined) forgetSignals(this.#closer);
    if (this.#parts.guardsProcess) unguardProcess(this.#parts.logger);
  }

  /** Links this thread to a server: a new one, or the first thread's. */
  #open(given: ListenOptions): { readonly link: Link; readonly joined: boolean } {
    const number = serverToJoin();
    const { link, dispatcher } = number === undefined ? this.#create(given.ioThreads, true) : this.#join(number);
    this.#link = link;
    this.#dispatcher = dispatcher;
    return { link, joined: number !== undefined };
  }

  #join(number: number): { readonly link: Link; readonly dispatcher: Dispatcher } {
    const dispatcher = this.#dispatch();
    const link = Link.join(number, this.#parts.router, dispatcher);
    dispatcher.start(link);
    return { link, dispatcher };
  }

  #create(
    ioThreads: number | undefined,
    holdsProcess: boolean,
  ): { readonly link: Link; readonly dispatcher: Dispatcher } {
    const { router, limits, wire, errorFormat, missesReachHandler, routes } = this.#parts;
    const dispatcher = this.#dispatch();
    const options = toNativeServerOptions({
      limits,
      wire,
      ioThreads,
      holdsProcess,
      missesReachHandler,
      problemDetails: errorFormat === 'problem',
      uploadDirectory: this.#parts.uploadDirectory ?? tmpdir(),
      routes: routes.map((route) => route.options),
    });
    const link = Link.create(router, options, dispatcher);
    dispatcher.start(link);
    return { link, dispatcher };
  }

  #dispatch(): Dispatcher {
    const { limits, logger, routes, miss, fail } = this.#parts;
    return new Dispatcher({
      routes,
      miss,
      fail,
      handlerTimeout: limits.handlerTimeout,
      onRefusals: (refusals) => logRefusals(logger, refusals),
      onFault: (error, route, tenant) => logFault(logger, error, { route, tenant }),
    });
  }
}

/** What the server refused before any JavaScript ran, as lines of the log. */
function logRefusals(logger: Logger, { kept, dropped }: NativeRefusals): void {
  for (const { errorId, ...refusal } of kept) {
    writeLog(logger, refusal.status < 500 ? 'warn' : 'error', { error_id: errorId, ...refusal }, 'Request refused');
  }
  if (dropped > 0) writeLog(logger, 'warn', { dropped }, 'More requests were refused than are logged one by one');
}

/** An error that no client hears of. */
function logFault(
  logger: Logger,
  error: unknown,
  { route, tenant }: { readonly route: string | undefined; readonly tenant: string | undefined },
): void {
  const facts = { err: error, error_id: randomUUID(), route, tenant };
  const message = route === undefined ? 'An error outside of any request' : 'An error after the response';
  writeLog(logger, 'error', facts, message);
}

/** Closes the application; what goes wrong is told in the log, since nobody waits for it. */
function toCloser(close: () => Promise<void>, logger: Logger): Closer {
  return async () => {
    try {
      await close();
      return true;
    } catch (error) {
      writeLog(logger, 'error', { err: error }, 'The application did not close well');
      return false;
    }
  };
}

/** Binds the place; what was bound, where any free port was asked for. */
function bind(link: Link, place: Place): Place {
  return fromNative(() => {
    if (place.path === undefined) return link.server.listen(place.host, place.port);
    link.server.listenAtPath(place.path, place.permissions);
    return place;
  });
}

function toListening(place: Place, close: Listening['close']): Listening {
  const url = toUrl(place);
  return place.path === undefined
    ? { host: place.host, port: place.port, url, close }
    : { host: '', port: 0, path: place.path, url, close };
}
