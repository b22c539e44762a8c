/** PostgreSQL inside this process, by PGlite: no server to install, one connection, everything in turn. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { PGlite } from '@electric-sql/pglite';

import type { DatabaseStats } from '../connections/connections.ts';
import { holdFile } from '../native/file-lock.ts';
import { onThreadGroup } from '../native/thread-group.ts';
import { toHexText } from './encode-value.ts';
import type { Connection, Engine, NotificationListener, Statement, StatementResult } from './engine.ts';
import { toAborted } from './interrupt.ts';
import { openPeer } from './open-peer.ts';
import { columnParsers } from './parse-column.ts';
import { ExhaustedError, toUnavailable } from './sql-state.ts';

/** Opens the database kept in `dataDir`, for as long as nobody else does, or one in memory. */
export async function openPglite(dataDir: string | undefined, acquireTimeout: number): Promise<Engine> {
  const stayAlone = onThreadGroup(() => {
    throw new TypeError(
      'A database without a `url` is in one thread, and `listen({ workers })` would give each thread one of its own: give it the `url` of a server',
    );
  });
  try {
    return await openAlone(dataDir, acquireTimeout, stayAlone);
  } catch (error) {
    stayAlone();
    throw error;
  }
}

async function openAlone(
  dataDir: string | undefined,
  acquireTimeout: number,
  stayAlone: () => void,
): Promise<PgliteEngine> {
  const need = 'A database without a `url`';
  const { PGlite } = await openPeer('@electric-sql/pglite', need, () => import('@electric-sql/pglite'));
  const release = dataDir === undefined ? undefined : await holdFolder(dataDir);
  const pglite = await PGlite.create(dataDir ?? 'memory://').catch((error: unknown) => {
    release?.();
    throw error;
  });
  // In the place of PGlite's own: what goes in is encoded already, and what comes out is what `pg` would give. Those of
  // its arrays differ by which types there were when it was opened.
  pglite.parsers = Object.fromEntries(columnParsers);
  pglite.serializers = {};
  const onClose = (): void => {
    release?.();
    stayAlone();
  };
  return new PgliteEngine(pglite, acquireTimeout, onClose);
}

/** How long the process that had the folder before, and is being restarted, has to end, in milliseconds. */
const restartTime = 3000;

/** Keeps others from the folder: PGlite looks for nobody, and of two that write there one would lose its rows. */
async function holdFolder(dataDir: string): Promise<(() => void) | undefined> {
  // PGlite's own notation; another scheme is none of a folder.
  const folder = dataDir.replace(/^file:\/\//, '');
  if (/^[a-z]+:\/\//.test(folder)) return undefined;
  const file = `${path.resolve(folder)}.lock`;
  await mkdir(path.dirname(file), { recursive: true });
  const release = await holdFile(file, restartTime);
  if (release !== undefined) return release;
  const message = `The database in ${folder} is in use, by this process or another, and PGlite serves one at a time: close that, or give both the \`url\` of a server`;
  throw toUnavailable(message, undefined);
}

/** Somebody who waits for the connection. */
interface Waiter {
  readonly go: () => void;
}

class PgliteEngine implements Engine {
  readonly kind = 'pglite';
  readonly #pglite: PGlite;
  readonly acquireTimeout: number;
  readonly #waiting: Waiter[] = [];
  #isTaken = false;
  readonly #onClose: () => void;
  #closing: Promise<void> | undefined;

  constructor(pglite: PGlite, acquireTimeout: number, onClose: () => void) {
    this.#pglite = pglite;
    this.acquireTimeout = acquireTimeout;
    this.#onClose = onClose;
  }

  async acquire(signal?: AbortSignal): Promise<Connection> {
    if (signal?.aborted) throw toAborted(signal);
    if (this.#closing !== undefined) throw toUnavailable('The database is closed', undefined);
    if (this.#isTaken) await this.#wait(signal);
    this.#isTaken = true;
    return new PgliteConnection(this.#pglite, () => {
      this.#isTaken = false;
      this.#waiting.shift()?.go();
    });
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (error: Error): void => {
        const index = this.#waiting.indexOf(waiter);
        if (index >= 0) this.#waiting.splice(index, 1);
        settle();
        reject(error);
      };
      const onAbort = (): void => leave(toAborted(signal!));
      const message = `The one connection of PGlite was in use for ${this.acquireTimeout} ms. Does a transaction wait for a query outside of it, or a request with the dependency tx for one of its database? Ask within tx.join(() => …)`;
      const timer = setTimeout(() => leave(new ExhaustedError(message)), this.acquireTimeout);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        go: () => {
          // Taken at once, so that nobody who comes before the next turn of the loop gets in between.
          this.#isTaken = true;
          settle();
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** There is nothing beyond the one connection, and nothing between us and it that could be lost. */
  ask(): Promise<StatementResult> {
    return Promise.reject(toUnavailable('PGlite has one connection only', undefined));
  }

  stats(): DatabaseStats {
    const out = this.#isTaken ? 1 : 0;
    return {
      pool_size: 1,
      checked_in: 1 - out,
      checked_out: out,
      overflow: 0,
      total_connections: 1,
      active_connections: out,
      waiting: this.#waiting.length,
    };
  }

  async listen(channel: string, { onNotification }: NotificationListener): Promise<() => Promise<void>> {
    // A statement, so in turn with the others: within somebody's transaction it would be undone with that.
    const connection = await this.acquire();
    try {
      const stop = await this.#pglite.listen(channel, onNotification);
      return async () => {
        const own = await this.acquire();
        await stop().finally(() => own.release());
      };
    } finally {
      connection.release();
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#isTaken) await this.#wait(undefined);
    await this.#pglite.close().finally(this.#onClose);
  }
}

class PgliteConnection implements Connection {
  #isBroken = false;
  readonly #pglite: PGlite;
  readonly #release: () => void;

  constructor(pglite: PGlite, release: () => void) {
    this.#pglite = pglite;
    this.#release = release;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  begin(text: string): Promise<unknown> {
    return this.run({ text, values: [] });
  }

  async run({ text, values, rowMode }: Statement): Promise<StatementResult> {
    const bound = values.map((value) => (value instanceof Uint8Array ? toHexText(value) : value));
    const { rows, rowCount, affectedRows, command } = await this.#pglite.query<Record<string, unknown>>(
      text,
      bound,
      rowMode === undefined ? undefined : { rowMode },
    );
    return { rows, rowCount: rowCount ?? affectedRows ?? 0, command: command ?? '' };
  }

  async script(text: string): Promise<void> {
    await this.#pglite.exec(text);
  }

  /** A statement runs on this very thread: by the time anybody could ask, it is done. */
  async cancel(): Promise<void> {}

  destroy(): void {
    this.#isBroken = true;
  }

  release(): void {
    if (this.#isBroken) void this.#reset().finally(this.#release);
    else this.#release();
  }

  /** There is no other connection to be had: this one becomes as it was when it was opened. */
  async #reset(): Promise<void> {
    try {
      await this.#pglite.exec('rollback');
      await this.#pglite.exec(fresh);
    } catch {
      // Whoever comes next is told by their own statement.
    }
  }
}

/** `discard all` would do more than that: it ends `listen`. */
const fresh = 'set session authorization default; reset all; close all; select pg_advisory_unlock_all()';
