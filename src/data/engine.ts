/** What a database is to the rest of this ring: connections to be had, one statement at a time on each. */
import type { DatabaseStats } from '../connections/connections.ts';
import type { EncodedValue } from './encode-value.ts';

/** A statement ready to be sent. */
export interface Statement {
  readonly text: string;
  readonly values: readonly EncodedValue[];
  readonly rowMode?: 'array' | undefined;
  /** Whether it means the same each time it runs, so that the connection may keep it prepared. Default true. */
  readonly isPreparable?: boolean | undefined;
}

/** What a statement gave. */
export interface StatementResult {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows read or changed, by the server's own count. */
  readonly rowCount: number;
  /** The first word of the command tag: `SELECT`, `INSERT`, `COMMIT` … */
  readonly command: string;
}

/** A connection in the hands of one caller. */
export interface Connection {
  /** Whether it can no longer be used; it is thrown away when it is released. */
  readonly isBroken: boolean;
  /** Begins a transaction; undefined where that is put off until the next statement, which then fails if it fails. */
  begin(text: string): Promise<unknown> | undefined;
  /** Runs one statement. One after the other: who holds the connection sees to that. */
  run(statement: Statement): Promise<StatementResult>;
  /** Runs several statements without values. */
  script(text: string): Promise<void>;
  /** Asks the server to stop what runs now. Settles when the request has been delivered; the statement itself rejects. */
  cancel(): Promise<void>;
  /** Breaks the connection off: the server does not answer, or what it was left with is nobody's to find. */
  destroy(): void;
  /** Gives it back, or throws it away when it is broken. Once. */
  release(): void;
}

/** An open database. */
export interface Engine {
  readonly kind: 'postgres' | 'pglite';
  /** How long somebody waits for a connection, in milliseconds. */
  readonly acquireTimeout: number;
  /** Waits for a connection. @throws when there is none in time, or `signal` fires. */
  acquire(signal?: AbortSignal): Promise<Connection>;
  /**
   * Runs a statement beyond the pool: for what must be known while all of the pool's connections may be waiting for the
   * answer. A few seconds at most.
   */
  ask(statement: Statement): Promise<StatementResult>;
  stats(): DatabaseStats;
  /** Hears notifications, on a connection of its own where there are several. Resolves to what ends it. */
  listen(channel: string, listener: NotificationListener): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Who hears what `notify` says. */
export interface NotificationListener {
  readonly onNotification: (payload: string) => void;
  /** The connection is gone: nothing more will be heard. */
  readonly onLost: () => void;
}
