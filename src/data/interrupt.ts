/** Statements that are stopped on the server: by a signal, as that of a client that went away, or by a time limit. */
import { DatabaseError } from './database-error.ts';
import type { Connection } from './engine.ts';

/** What may stop a statement. */
export interface Limits {
  /** Stops the statement on the server when it fires: `req.signal`, for one that only its client wants. */
  readonly signal?: AbortSignal | undefined;
  /** How long the statement may run, in milliseconds. Default: no limit of its own. */
  readonly timeout?: number | undefined;
}

/** How long a server may take to stop a statement, in milliseconds, before the connection is given up. */
const grace = 5000;

/** Runs `work` on a connection; its statement is cancelled on the server when a limit is reached. */
export async function withinLimits<T>(
  connection: Connection,
  { signal, timeout }: Limits,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined && timeout === undefined) return work();
  const interrupt = new Interrupt(connection, signal);
  try {
    return await interrupt.during(work, timeout);
  } finally {
    interrupt.end();
  }
}

/** Stops the statement that runs on a connection when a signal fires: one listener for however many statements. */
export class Interrupt {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  #stop: Stop | undefined;

  constructor(connection: Connection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#stop?.because(toAborted(this.#signal!));

  /** Runs `work`, one statement, within the signal and this many milliseconds. */
  async during<T>(work: () => Promise<T>, timeout?: number): Promise<T> {
    if (this.#signal?.aborted === true) throw toAborted(this.#signal);
    const stop = new Stop(this.#connection);
    this.#stop = stop;
    const timer =
      timeout === undefined ? undefined : setTimeout(() => stop.because(toTimedOut(timeout)), checkTimeout(timeout));
    try {
      return await work();
    } catch (error) {
      throw stop.reasonOf(error);
    } finally {
      this.#stop = undefined;
      clearTimeout(timer);
      stop.end();
      // Before the connection is somebody else's, whose statement a late request would stop.
      if (stop.delivered !== undefined) await stop.delivered;
    }
  }

  /** The signal stops nothing from here on. */
  end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

class Stop {
  readonly #connection: Connection;
  #reason: DatabaseError | undefined;
  #timer: NodeJS.Timeout | undefined;
  delivered: Promise<void> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  because(reason: DatabaseError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const giveUp = (): void => this.#connection.destroy();
    this.#timer = setTimeout(giveUp, grace);
    this.delivered = this.#connection.cancel().catch(giveUp);
  }

  /** The statement has failed: for our reason, if we stopped it. */
  reasonOf(error: unknown): unknown {
    return this.#reason ?? error;
  }

  /** The statement is over, one way or the other. */
  end(): void {
    clearTimeout(this.#timer);
  }
}

function checkTimeout(timeout: number): number {
  if (timeout > 0 && timeout < 2 ** 31) return timeout;
  throw new RangeError(`timeout must be from 1 to ${2 ** 31 - 1} milliseconds, not ${timeout}`);
}

function toTimedOut(timeout: number): DatabaseError {
  return new DatabaseError(`A statement took longer than ${timeout} ms`, { code: 'TIMEOUT_ERROR' });
}

/** A signal that fires when either does. */
export function anyOf(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  if (first === undefined || second === undefined || first === second) return first ?? second;
  return AbortSignal.any([first, second]);
}

/** 499, for nobody to read; 504 when the signal was that of a timeout. */
export function toAborted({ reason }: AbortSignal): DatabaseError {
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  return isTimeout
    ? new DatabaseError('The request ran out of time before its statement was done', {
        code: 'TIMEOUT_ERROR',
        cause: reason,
      })
    : new DatabaseError('The client went away before its statement was done', {
        code: 'CLIENT_CLOSED_REQUEST',
        cause: reason,
      });
}
