/** One connection of the pool, as long as one caller has it. */
import { createHash } from 'node:crypto';

import type { PoolClient, QueryConfig } from 'pg';

import type { Connection, Statement, StatementResult } from './engine.ts';
import { sendCancel } from './send-cancel.ts';
import type { SilenceWatch, Watched } from './silence-watch.ts';
import { breaksConnection, toServerError } from './sql-state.ts';

/** What is known of a connection for as long as it is open. */
export interface ClientState {
  isBroken: boolean;
  /** When it was last used, by `performance.now()`. */
  usedAt: number;
  /** Statements by their text, the one used longest ago first: how often each ran, and its name once it is prepared. */
  readonly statements: Map<string, PreparedEntry>;
}

interface PreparedEntry {
  runs: number;
  name: string | undefined;
}

/** The state of a connection just made. */
export function newClientState(): ClientState {
  return { isBroken: false, usedAt: performance.now(), statements: new Map() };
}

/** What is said to `pg`, of which its types tell less. */
interface DriverQuery extends QueryConfig {
  queryMode?: 'extended';
  rowMode?: 'array';
}

/** What `pg` keeps of prepared statements, which it never forgets by itself. */
interface DriverClient {
  readonly processID: number;
  readonly connection: {
    readonly parsedStatements: Record<string, string>;
    readonly stream: { readonly bytesRead: number; destroy(): void };
    close(message: { readonly type: 'S'; readonly name: string }): void;
  };
  getTransactionStatus(): string | null;
}

/** What the connections of a pool have in common. */
export interface ConnectionParts {
  /** How many statements each keeps prepared. */
  readonly maxPrepared: number;
  readonly watch: SilenceWatch;
}

export class PostgresConnection implements Connection, Watched {
  readonly #client: PoolClient;
  readonly #state: ClientState;
  readonly #maxPrepared: number;
  readonly #watch: SilenceWatch;

  constructor(client: PoolClient, state: ClientState, { maxPrepared, watch }: ConnectionParts) {
    this.#client = client;
    this.#state = state;
    this.#maxPrepared = maxPrepared;
    this.#watch = watch;
  }

  get isBroken(): boolean {
    return this.#state.isBroken;
  }

  get processId(): number {
    return this.#driver.processID;
  }

  get bytesRead(): number {
    return this.#driver.connection.stream.bytesRead;
  }

  /** Milliseconds since it was last used. */
  get idleTime(): number {
    return performance.now() - this.#state.usedAt;
  }

  run(statement: Statement): Promise<StatementResult> {
    const name = statement.isPreparable === false ? undefined : this.#nameOf(statement.text);
    return this.#send(statement, name);
  }

  /**
   * A prepared statement failed: if its plan or itself is gone, or its name is taken, because a table changed or a pooler gave
   * us another server.
   */
  async #withoutName(statement: Statement, error: unknown): Promise<StatementResult> {
    const state = toServerError(error)?.code;
    if (state !== '0A000' && state !== '26000' && state !== '42P05') throw error;
    this.#forget(statement.text);
    // Within a transaction nothing more can run; without one, nothing has happened yet.
    if (this.#driver.getTransactionStatus() !== 'I') throw error;
    return this.#send(statement, undefined);
  }

  #send({ text, values, rowMode }: Statement, name: string | undefined): Promise<StatementResult> {
    // Without a name or values `pg` would take the protocol that runs several statements at once, of which PGlite runs none.
    const config: DriverQuery =
      name === undefined
        ? { text, values: values as unknown[], queryMode: 'extended' }
        : { name, text, values: values as unknown[] };
    if (rowMode !== undefined) config.rowMode = rowMode;
    return new Promise((resolve, reject) => {
      this.#watch.begin(this);
      // The driver's own promises would be two more for each statement.
      this.#client.query<Record<string, unknown>>(config, (error: Error | null, result) => {
        this.#watch.end(this);
        if (error === null) {
          resolve({ rows: result.rows, rowCount: result.rowCount ?? 0, command: result.command });
          return;
        }
        if (breaksConnection(error)) this.#state.isBroken = true;
        if (name === undefined) reject(error);
        else resolve(this.#withoutName({ text, values, rowMode }, error));
      });
    });
  }

  async script(text: string): Promise<void> {
    this.#watch.begin(this);
    try {
      await this.#client.query(text);
    } catch (error) {
      if (breaksConnection(error)) this.#state.isBroken = true;
      throw error;
    } finally {
      this.#watch.end(this);
    }
  }

  cancel(): Promise<void> {
    return sendCancel(this.#client);
  }

  destroy(): void {
    this.#state.isBroken = true;
    this.#driver.connection.stream.destroy();
  }

  release(): void {
    this.#state.usedAt = performance.now();
    this.#client.release(this.#state.isBroken);
  }

  get #driver(): DriverClient {
    return this.#client as unknown as DriverClient;
  }

  /** The second run of a text prepares it: what runs once is not worth the server's memory. */
  #nameOf(text: string): string | undefined {
    if (this.#maxPrepared === 0) return undefined;
    const { statements } = this.#state;
    const entry = statements.get(text) ?? { runs: 0, name: undefined };
    entry.runs++;
    // Set anew, so that the map's order is that of use.
    statements.delete(text);
    statements.set(text, entry);
    if (statements.size > this.#maxPrepared) this.#forget(statements.keys().next().value!);
    if (entry.runs > 1) entry.name ??= nameOf(text);
    return entry.name;
  }

  #forget(text: string): void {
    const name = this.#state.statements.get(text)?.name;
    this.#state.statements.delete(text);
    if (name === undefined) return;
    const { connection } = this.#driver;
    if (connection.parsedStatements[name] === undefined) return;
    delete connection.parsedStatements[name];
    // The protocol's Close costs no round trip: it goes out with the next statement. Unlike `deallocate` it works in a
    // transaction that has failed.
    connection.close({ type: 'S', name });
  }
}

/**
 * The same for each process: behind a pooler the server may have it from somebody else's connection, and then it must mean the
 * same. Values are sent without types, so the text says it all.
 */
function nameOf(text: string): string {
  return `covet_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}
