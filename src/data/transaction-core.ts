/** The one connection of a transaction and its savepoints, from the first statement to the end. */
import type { MaybePromise } from '../types/schema.ts';
import { commitConnection, rollbackConnection } from './commit-connection.ts';
import { DatabaseError } from './database-error.ts';
import type { Connection, Engine, StatementResult } from './engine.ts';
import { anyOf, Interrupt, type Limits } from './interrupt.ts';
import { encode, runText, type RunnableStatement } from './run-statement.ts';
import { toDatabaseError } from './sql-state.ts';
import { toBegin, type TransactionOptions } from './transaction-options.ts';

/** Options of {@link TransactionCore}. */
export interface CoreOptions extends TransactionOptions {
  /** The signal, made when the first statement asks for it. In the place of `signal`. */
  readonly lateSignal?: (() => AbortSignal | undefined) | undefined;
  /** Statements without values that confine the transaction, run right after its beginning: `set local …`. */
  readonly confinement?: string | undefined;
}

/** The end of a turn, now or once those before have gone. */
export type Turn = MaybePromise<() => void>;

export class TransactionCore {
  readonly confinement: string | undefined;
  /** How long a query may wait for a savepoint in which nothing runs, in milliseconds. */
  readonly patience: number;
  readonly #engine: Engine;
  readonly #beginning: string;
  readonly #signal: () => AbortSignal | undefined;
  readonly #isSettled: boolean;
  /** A table's name is another table for each search path: what was prepared for one says nothing of the others. */
  readonly #isPreparable: boolean;
  #connecting: Promise<Connection> | undefined;
  /** Once it is there. */
  #open: Connection | undefined;
  /** Where there is a signal, it stops the statement that runs. */
  #interrupt: Interrupt | undefined;
  /** The first statement that failed: what the server says after it is about that one. */
  #firstFailure: unknown;
  /** Ended behind our back: what would run now would run outside of any transaction. */
  #isDead = false;
  #savepoints = 0;
  #cursors = 0;
  #running = 0;
  /** When a statement last ended, by `performance.now()`. */
  #activeAt = performance.now();
  readonly #afterCommit: (() => unknown)[] = [];

  constructor(engine: Engine, options: CoreOptions) {
    this.confinement = options.confinement;
    this.patience = engine.acquireTimeout;
    this.#engine = engine;
    this.#beginning = toBegin(options);
    this.#signal = options.lateSignal ?? (() => options.signal);
    this.#isSettled = options.retry !== undefined;
    this.#isPreparable = !(options.confinement?.includes('search_path') ?? false);
  }

  /**
   * Runs a statement when it is its turn; the first one begins the transaction, so that none holds a connection before it needs
   * it.
   */
  async run(
    { text, values, rowMode }: RunnableStatement,
    limits: Limits | undefined,
    turn: Turn,
  ): Promise<StatementResult> {
    // All in one function: each further one would be a promise more for each statement, of which Node.js 20 follows every one.
    const leave = turn instanceof Promise ? await turn : turn;
    try {
      const statement = encode({ text, values, rowMode, isPreparable: this.#isPreparable });
      const connection = this.#open ?? (await this.#connect(limits?.signal));
      this.#begin();
      let interrupt: Interrupt | undefined;
      try {
        interrupt = this.#interruptOf(connection, limits);
        interrupt?.begin(limits?.timeout);
        const result = await connection.run(statement);
        if (endsTransaction(text, result.command)) throw this.#die(connection);
        return result;
      } catch (error) {
        throw this.#toFailure(interrupt?.reasonOf(error) ?? error);
      } finally {
        const ending = interrupt?.end();
        if (ending !== undefined) await ending;
        if (interrupt !== this.#interrupt) interrupt?.close();
        this.#end();
      }
    } finally {
      leave();
    }
  }

  /** What stops a statement: the transaction's signal, and the statement's own limits. */
  #interruptOf(connection: Connection, limits: Limits | undefined): Interrupt | undefined {
    if (limits?.signal === undefined && (limits?.timeout === undefined || this.#interrupt !== undefined))
      return this.#interrupt;
    return new Interrupt(connection, anyOf(this.#signal(), limits.signal));
  }

  /** Several statements without values. */
  async script(text: string): Promise<void> {
    const connection = await this.#connect(undefined);
    this.#begin();
    try {
      const before = await identityOf(connection);
      try {
        await connection.script(text);
      } catch (error) {
        // Within a transaction that failed nothing can be asked: then it is still there.
        if ((await identityOf(connection).catch(() => before)) !== before) throw this.#die(connection);
        throw error;
      }
      if ((await identityOf(connection)) !== before) throw this.#die(connection);
    } catch (error) {
      throw this.#toFailure(error);
    } finally {
      this.#end();
    }
  }

  /** Something runs from here on. */
  #begin(): void {
    if (this.#isDead) throw toEnded();
    this.#running++;
  }

  #end(): void {
    this.#running--;
    this.#activeAt = performance.now();
  }

  /** Of what fails the first is kept. */
  #toFailure(error: unknown): DatabaseError {
    const failure = toDatabaseError(error);
    this.#firstFailure ??= failure;
    return failure;
  }

  #connect(own: AbortSignal | undefined): Promise<Connection> {
    return (this.#connecting ??= this.#acquire(own));
  }

  /** How much longer a query may wait while nothing runs, in milliseconds. */
  get remainingPatience(): number {
    return this.#running > 0 ? this.patience : this.patience - (performance.now() - this.#activeAt);
  }

  /** What the connection does next would be in no transaction, or in one that nobody ends: nobody shall have it again. */
  #die(connection: Connection): DatabaseError {
    this.#isDead = true;
    connection.destroy();
    return toEnded();
  }

  async #acquire(own: AbortSignal | undefined): Promise<Connection> {
    const signal = this.#signal();
    const connection = await this.#engine.acquire(anyOf(signal, own));
    try {
      await this.#start(connection);
      if (signal !== undefined) this.#interrupt = new Interrupt(connection, signal);
      this.#open = connection;
      return connection;
    } catch (error) {
      connection.release();
      throw error;
    }
  }

  async #start(connection: Connection): Promise<void> {
    if (this.confinement === undefined) {
      try {
        await connection.begin(this.#beginning);
      } catch (error) {
        throw toDatabaseError(error);
      }
      return;
    }
    try {
      await connection.script(`${this.#beginning}; ${this.confinement}`);
    } catch (error) {
      // Begun, but not confined: nothing may ever run in it.
      connection.destroy();
      throw toDatabaseError(error);
    }
  }

  /** A name for a savepoint of this transaction. */
  nextSavepoint(): string {
    return `covet_${++this.#savepoints}`;
  }

  /** A name for a cursor of this transaction: the same names again in each, or none of their texts would ever repeat. */
  nextCursor(): string {
    return `covet_cursor_${++this.#cursors}`;
  }

  /** A savepoint was gone back to: what failed before it is mended. */
  forgetFailure(): void {
    if (!this.#isDead) this.#firstFailure = undefined;
  }

  /** To be called when the commit has succeeded. */
  addAfterCommit(task: () => unknown): void {
    this.#afterCommit.push(task);
  }

  /** Makes it last. @throws DatabaseError as {@link commitConnection} does, `TRANSACTION_ERROR` when it had been ended. */
  async commit(): Promise<void> {
    if (this.#connecting === undefined) return;
    const connection = await this.#connecting;
    this.#interrupt?.close();
    if (this.#isDead) {
      connection.release();
      throw toEnded();
    }
    await commitConnection(connection, {
      engine: this.#engine,
      isSettled: this.#isSettled,
      firstFailure: this.#firstFailure,
    });
  }

  /** Runs what was left for after the commit. Not part of it: what fails here must not have it done again. */
  async runAfterCommit(): Promise<void> {
    for (const task of this.#afterCommit) await task();
  }

  /** Undoes it. Never throws. */
  async rollback(): Promise<void> {
    const connection = await this.#connecting?.catch(() => undefined);
    this.#interrupt?.close();
    if (connection !== undefined) await rollbackConnection(connection);
  }
}

function toEnded(): DatabaseError {
  return new DatabaseError(
    'A transaction was ended by a statement: return from its function to commit, throw to undo it',
    { code: 'TRANSACTION_ERROR' },
  );
}

/** `rollback to savepoint` has the same tag as `rollback`, `prepare transaction` may have that of `prepare`. */
function endsTransaction(text: string, command: string): boolean {
  switch (command) {
    case 'COMMIT':
      return true;
    case 'ROLLBACK':
      return !/^\s*rollback\s+(?:(?:work|transaction)\s+)?to\b/i.test(withoutComments(text));
    case 'PREPARE':
      return /^\s*prepare\s+transaction\b/i.test(withoutComments(text));
    default:
      return command.startsWith('PREPARE TRANSACTION');
  }
}

function withoutComments(text: string): string {
  return text.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
}

/** What no other transaction of the session has, and a savepoint does not change. Unlike its number it costs no write. */
async function identityOf(connection: Connection): Promise<unknown> {
  const { rows } = await runText(
    connection,
    `select virtualtransaction as id from pg_locks where pid = pg_backend_pid() and locktype = 'virtualxid'`,
  );
  return rows[0]?.['id'];
}
