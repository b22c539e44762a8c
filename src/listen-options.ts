/** Where to listen: given options in, checked ones with every default out. */
import { constants } from 'node:os';

import { checkNames } from './internal/known-options.ts';
import type { NamesOf } from './internal/known-options.ts';
import { toGrace } from './limits.ts';
import type { ListenOptions } from './options.ts';

/** An address and a port, or the path of a Unix socket. */
export type Place =
  | { readonly host: string; readonly port: number; readonly path?: undefined }
  | { readonly path: string; readonly permissions: number | undefined };

const names: NamesOf<ListenOptions> = {
  port: true,
  host: true,
  path: true,
  permissions: true,
  workers: true,
  signals: true,
  grace: true,
  ioThreads: true,
};

const DEFAULT_PORT = 3000;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_GRACE = 10_000;
const MOST_WORKERS = 256;
const MOST_IO_THREADS = 256;

/** @throws TypeError or RangeError naming the option that is none, and why. */
export function toPlace(given: ListenOptions): Place {
  checkNames(given, names, 'listen()');
  const { path, permissions } = given;
  if (path === undefined) {
    if (permissions !== undefined) throw new TypeError('listen({ permissions }) is for a Unix socket: it needs a path');
    const { port = DEFAULT_PORT, host = DEFAULT_HOST } = given;
    checkRange('A port', port, 0, 65_535);
    return { host, port };
  }
  if (given.port !== undefined || given.host !== undefined) {
    throw new TypeError('listen() takes a path, or a host and a port, not both');
  }
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new TypeError("listen({ path }) is the path of a Unix socket's file, a text without NUL");
  }
  if (permissions !== undefined) checkRange("A Unix socket's permissions", permissions, 0, 0o777);
  return { path, permissions };
}

/** The JS threads to serve with. */
export function toWorkers({ workers = 1, ioThreads = 1 }: ListenOptions): number {
  checkRange('The number of I/O threads', ioThreads, 1, MOST_IO_THREADS);
  checkRange('The number of workers', workers, 1, MOST_WORKERS);
  return workers;
}

/** The grace of a close that a signal asks for, in milliseconds. */
export function toSignalGrace({ grace = DEFAULT_GRACE }: ListenOptions): number {
  return toGrace(grace);
}

/** The signals that close the application. */
export function toSignals({ signals = ['SIGTERM', 'SIGINT'] }: ListenOptions): readonly NodeJS.Signals[] {
  if (signals === false) return [];
  if (!Array.isArray(signals)) throw new TypeError('listen({ signals }) is false or a list of signals');
  for (const signal of signals) {
    if (Object.hasOwn(constants.signals, signal) && signal !== 'SIGKILL' && signal !== 'SIGSTOP') continue;
    throw new TypeError(`listen({ signals }) has signals that a process can catch, not '${String(signal)}'`);
  }
  return signals;
}

/** The address of a place in one text. */
export function toUrl(place: Place): string {
  if (place.path !== undefined) return `unix:${place.path}`;
  return `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}`;
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${what} is a whole number from ${least} to ${most}, not ${String(value)}`);
}
