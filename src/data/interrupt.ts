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
  const interrupt = new Interrupt(connection, signal);
  try {
    interrupt.begin(timeout);
    try {
      return await work();
    } catch (error) {
      throw interrupt.reasonOf(error);
    } finally {
      await interrupt.end();
    }
  } finally {
    interrupt.close();
  }
}

/** Stops the statement that runs on a connection when a signal fires: one listener for however many statements. */
export class Interrupt {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  /** A statement runs. */
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  /** It is being stopped. */
  #stop: Stop | undefined;

  constructor(connection: Connection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.#because(() => toAborted(this.#signal!));

  /**
   * A statement begins, which has the time of the signal, and this many milliseconds.
   *
   * @throws DatabaseError when the signal has fired; RangeError when `timeout` is none.
   */
  begin(timeout: number | undefined): void {
    if (this.#signal?.aborted === true) throw toAborted(this.#signal);
    if (timeout !== undefined)
      this.#timer = setTimeout(() => this.#because(() => toTimedOut(timeout)), checkTimeout(timeout));
    this.#isRunning = true;
  }

  /** The statement has failed: for our reason, if it was stopped. */
  reasonOf(error: unknown): unknown {
    return this.#stop?.reason ?? error;
  }

  /** The statement is over. To be awaited before the next one runs, which a late request would stop. */
  end(): Promise<void> | undefined {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    const stop = this.#stop;
    this.#stop = undefined;
    return stop?.end();
  }

  /** The signal stops nothing from here on. */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #because(toReason: () => DatabaseError): void {
    if (this.#isRunning) this.#stop ??= new Stop(this.#connection, toReason());
  }
}

/** A statement is being stopped on the server. */
class Stop {
  readonly reason: DatabaseError;
  readonly #timer: NodeJS.Timeout;
  readonly #delivered: Promise<void>;

  constructor(connection: Connection, reason: DatabaseError) {
    this.reason = reason;
    const giveUp = (): void => connection.destroy();
    this.#timer = setTimeout(giveUp, grace);
    this.#delivered = connection.cancel().catch(giveUp);
  }

  /** The statement is over, one way or the other. Settles when the request to stop it has been delivered. */
  end(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#delivered;
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
