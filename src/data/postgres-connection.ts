/** One connection of the pool, as long as one caller has it. */
import { createHash } from 'node:crypto';

import type { PoolClient } from 'pg';

import { DriverQuery, newPrepared, type DriverConnection, type PreparedStatement } from './driver-query.ts';
import type { Connection, Statement, StatementResult } from './engine.ts';
import { sendCancel } from './send-cancel.ts';
import type { SilenceWatch, Watched } from './silence-watch.ts';
import { breaksConnection, toServerError } from './sql-state.ts';

/** What is known of a connection for as long as it is open. */
export interface ClientState {
  isBroken: boolean;
  /** When it was last used, by `performance.now()`. */
  usedAt: number;
  /** Statements by their text, the one used longest ago first: how often each ran, and what it is once it is prepared. */
  readonly statements: Map<string, StatementUse>;
}

interface StatementUse {
  runs: number;
  prepared: PreparedStatement | undefined;
}

/** The state of a connection just made. */
export function newClientState(): ClientState {
  return { isBroken: false, usedAt: performance.now(), statements: new Map() };
}

/** What `pg` has beyond its types. */
interface DriverClient {
  readonly processID: number;
  readonly connection: DriverConnection;
  query(query: DriverQuery): void;
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
  /** Goes out with the next statement. */
  #beginning: { readonly text: string; readonly prepared: PreparedStatement } | undefined;

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

  begin(text: string): Promise<unknown> | undefined {
    const beginning = this.#prepare(text);
    // What the server knows goes along with the first statement.
    if (beginning !== undefined && this.#isParsed(beginning)) {
      this.#beginning = { text, prepared: beginning };
      return undefined;
    }
    return this.#send({ text, values: [] }, beginning);
  }

  run(statement: Statement): Promise<StatementResult> {
    return this.#send(statement, statement.isPreparable === false ? undefined : this.#prepare(statement.text));
  }

  #send(statement: Statement, prepared: PreparedStatement | undefined): Promise<StatementResult> {
    const { text, values, rowMode } = statement;
    const beginning = this.#beginning;
    this.#beginning = undefined;
    return new Promise((resolve, reject) => {
      this.#watch.begin(this);
      const query = new DriverQuery(
        { text, values, rowMode, prepared, beginning: beginning?.prepared },
        (error, result) => {
          this.#watch.end(this);
          if (result !== undefined) {
            resolve(result);
            return;
          }
          if (breaksConnection(error) || !this.#driver.connection.stream.writable) this.#state.isBroken = true;
          if (isStale(error, [prepared?.name, beginning?.prepared.name])) {
            resolve(this.#anew(statement, beginning?.text, error));
            return;
          }
          // What came next would run outside of any transaction.
          if (!query.hasBegun) this.destroy();
          reject(error);
        },
      );
      this.#driver.query(query);
    });
  }

  /** The server knows a statement no more, or its plan has changed: it is sent as if for the first time, where that is possible. */
  async #anew(statement: Statement, beginning: string | undefined, error: unknown): Promise<StatementResult> {
    // Where one has gone, most have: discarded, or left with another server.
    for (const text of this.#state.statements.keys()) this.#forget(text);
    if (beginning === undefined) {
      // Within a transaction nothing more can run; without one, nothing has happened yet.
      if (this.#driver.getTransactionStatus() !== 'I') throw error;
      return this.#send(statement, undefined);
    }
    try {
      // Nothing has happened in the transaction either.
      await this.#send({ text: 'rollback', values: [] }, undefined);
      await this.#send({ text: beginning, values: [] }, undefined);
    } catch (failure) {
      // What came next would run outside of it.
      this.destroy();
      throw failure;
    }
    return this.#send(statement, undefined);
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
  #prepare(text: string): PreparedStatement | undefined {
    if (this.#maxPrepared === 0) return undefined;
    const { statements } = this.#state;
    const use = statements.get(text) ?? { runs: 0, prepared: undefined };
    use.runs++;
    // Set anew, so that the map's order is that of use.
    statements.delete(text);
    statements.set(text, use);
    if (statements.size > this.#maxPrepared) this.#forget(statements.keys().next().value!);
    if (use.runs > 1) use.prepared ??= newPrepared(nameOf(text));
    return use.prepared;
  }

  #isParsed({ name }: PreparedStatement): boolean {
    return this.#driver.connection.parsedStatements[name] !== undefined;
  }

  #forget(text: string): void {
    const prepared = this.#state.statements.get(text)?.prepared;
    this.#state.statements.delete(text);
    if (prepared === undefined || !this.#isParsed(prepared)) return;
    const { connection } = this.#driver;
    delete connection.parsedStatements[prepared.name];
    // The protocol's Close costs no round trip: it goes out with the next statement. Unlike `deallocate` it works in a
    // transaction that has failed.
    connection.close({ type: 'S', name: prepared.name });
  }
}

/**
 * Whether a statement of one of these names could not run because of its being prepared: a table has changed, and with it what its
 * rows look like; or a pooler gave us another server, which does not know it, or has it from somebody else.
 */
function isStale(error: unknown, names: readonly (string | undefined)[]): boolean {
  const server = toServerError(error);
  switch (server?.code) {
    case '0A000':
      // The server's own function that looks: what a statement does may fail so as well.
      return names.some((name) => name !== undefined) && server.routine === 'RevalidateCachedQuery';
    case '26000':
    case '42P05':
      return names.some((name) => name !== undefined && server.message.includes(name));
    default:
      return false;
  }
}

/**
 * The same for each process: behind a pooler the server may have it from somebody else's connection, and then it must mean the
 * same. Values are sent without types, so the text says it all.
 */
function nameOf(text: string): string {
  return `covet_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}
