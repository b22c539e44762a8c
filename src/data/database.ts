/** A database: statements on connections of its pool, transactions, replicas. */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { ConnectionSource, DatabaseStats } from '../connections/connections.ts';
import { followMaking } from '../internal/work-scope.ts';
import type { Connection, Engine, NotificationListener, StatementResult } from './engine.ts';
import type { Limits } from './interrupt.ts';
import { Queryable, type QueryOptions, type StreamOptions } from './queryable.ts';
import { newRotation, ReadDatabase, type Rotation } from './read-database.ts';
import { retryTransaction } from './retry-transaction.ts';
import { runStatement, runText } from './run-statement.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';
import { TenantEngine } from './tenant-engine.ts';
import { TransactionCore, type CoreOptions } from './transaction-core.ts';
import type { TransactionOptions } from './transaction-options.ts';
import { Transaction, type TransactionContext } from './transaction.ts';

/** What makes a database one of a tenant. */
interface Confined {
  readonly confinement: string | undefined;
  readonly tenant: string | undefined;
  /** That of the database it was made from: transactions of both can surround each other. */
  readonly context: TransactionContext;
  /** Also that one's: which replica is next, and which are left alone, is the same for all. */
  readonly rotation: Rotation;
}

/**
 * An open database: PostgreSQL through a pool of connections, or PGlite in this process. Made by {@link openDatabase}, or as
 * a dependency by {@link database}.
 *
 * A query runs on whatever connection is free; within the function of {@link Database.transaction}, and in a request that has
 * the dependency `tx`, it runs in that transaction, wherever it is called from.
 */
export class Database extends Queryable {
  /** `'postgres'`, a server; `'pglite'`, PostgreSQL in this process. */
  readonly kind: 'postgres' | 'pglite';
  /**
   * The same queries on the replicas, in turn: for reads that may be a little behind. Within a transaction they run there;
   * without replicas, or when none answers, on the database itself.
   */
  readonly read: Queryable;
  /** The tenant whose rows it shows, where `tenantDatabase` made it. */
  readonly tenant: string | undefined;
  readonly #engine: Engine;
  readonly #replicas: readonly Database[];
  readonly #context: TransactionContext;
  readonly #confinement: string | undefined;
  readonly #rotation: Rotation;

  /** @internal */
  constructor(engine: Engine, replicas: readonly Database[] = [], confined?: Confined) {
    super();
    this.#context = confined?.context ?? new AsyncLocalStorage();
    this.#confinement = confined?.confinement;
    this.tenant = confined?.tenant;
    this.kind = engine.kind;
    this.#engine = confined?.tenant === undefined ? engine : new TenantEngine(engine, confined.tenant);
    this.#replicas = replicas;
    this.#rotation = confined?.rotation ?? newRotation();
    this.read = new ReadDatabase(this, replicas, this.#rotation, () => this.isInTransaction);
  }

  override get isInTransaction(): boolean {
    return this.#current(undefined) !== undefined;
  }

  /** @internal */
  protected override async send(statement: Sql<unknown>, options: QueryOptions | undefined): Promise<StatementResult> {
    const transaction = this.#current(options);
    if (transaction !== undefined) return transaction.run(statement.bare, limitsOf(options));
    // What confines a statement is local to a transaction, so that it can never be left on a connection of the pool.
    if (this.#confinement !== undefined)
      return Transaction.run(this.begin(), (own) => own.run(statement.bare, limitsOf(options)));
    const connection = await this.#engine.acquire(options?.signal);
    try {
      const result = await runStatement(connection, statement, options);
      if (result.command === 'BEGIN' || result.command === 'START') await refuseBegin(connection);
      return result;
    } finally {
      connection.release();
    }
  }

  override async *stream<Row>(statement: Sql<Row>, options: StreamOptions = {}): AsyncGenerator<Row, void, undefined> {
    const transaction = this.#current(undefined);
    if (transaction !== undefined) {
      yield* transaction.stream(statement, options);
      return;
    }
    const own = this.begin({ readOnly: true });
    let failure: { error: unknown } | undefined;
    try {
      yield* own.stream(statement, options);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      await Transaction.close(own, failure ?? {});
    }
  }

  /**
   * Runs `work` in a transaction: commits when it is done, undoes all of it when it throws. Queries of this database in
   * `work` run in the transaction, wherever they are called from; within another transaction it is a savepoint.
   *
   * @example
   * ```ts
   * import { openDatabase, sql } from 'covet/data';
   *
   * const db = await openDatabase();
   * await db.execute(sql`create table accounts (id int primary key, cents int not null check (cents >= 0))`);
   * await db.execute(sql`insert into accounts values (1, 100), (2, 0)`);
   *
   * await db.transaction(
   *   async (tx) => {
   *     await tx.execute(sql`update accounts set cents = cents - 30 where id = 1`);
   *     await tx.execute(sql`update accounts set cents = cents + 30 where id = 2`);
   *   },
   *   { isolation: 'serializable', retry: 3 },
   * );
   * console.log(await db.query(sql`select cents from accounts order by id`)); // [ { cents: 70 }, { cents: 30 } ]
   * await db.close();
   * ```
   *
   * @throws whatever `work` throws; DatabaseError `TRANSACTION_ERROR`, `TRANSACTION_CONFLICT`, `COMMIT_UNKNOWN`,
   * `DATABASE_UNAVAILABLE`; TypeError when a savepoint is asked for what only a transaction of its own can have.
   */
  async transaction<T>(
    work: (transaction: Transaction) => T | PromiseLike<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    followMaking();
    const outer = this.#current(options);
    if (outer !== undefined) {
      refuseOwnMode(options);
      return Transaction.nest(outer, work, options.signal);
    }
    let last: Transaction;
    const attempt = (): Promise<T> => Transaction.run((last = this.begin(options)), work);
    const { retry, signal } = options;
    const result = await (retry === undefined ? attempt() : retryTransaction(attempt, retry, signal));
    await Transaction.runAfterCommit(last!);
    return result;
  }

  /**
   * A transaction that begins with its first query and lasts until {@link Transaction.close}: what `tx` is made of.
   *
   * @internal
   */
  begin(options: CoreOptions = {}): Transaction {
    const core = new TransactionCore(this.#engine, { ...options, confinement: this.#confinement });
    return new Transaction(core, this.#context);
  }

  /**
   * The same database, with the same pool, each of whose transactions starts with `confinement`, statements without values
   * that are local to it; a query outside of any has one of its own. What `tenantDatabase` is made of. A `tenant` that has the
   * database to itself needs no confinement.
   *
   * @internal
   */
  confine(confinement: string | undefined, tenant?: string): Database {
    const replicas = this.#replicas.map((replica) => replica.confine(confinement, tenant));
    const confined = { confinement, tenant, context: this.#context, rotation: this.#rotation };
    return new Database(this.#engine, replicas, confined);
  }

  /**
   * The transaction that surrounds the caller, in which a query would run.
   *
   * @internal
   */
  current(): Transaction | undefined {
    return this.#current(undefined);
  }

  /**
   * One connection for as long as `work` runs: for what belongs to a session, as advisory locks and settings do. Nobody gets
   * the connection after it.
   *
   * @internal
   */
  async hold<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#confinement !== undefined)
      throw new TypeError('This database is confined: take the one it was made from');
    const connection = await this.#engine.acquire();
    try {
      return await work(connection);
    } finally {
      connection.destroy();
      connection.release();
    }
  }

  /**
   * Hears what `notify` says on a channel, until what it resolves to is called or the connection is lost.
   *
   * @internal
   */
  listen(channel: string, listener: NotificationListener): Promise<() => Promise<void>> {
    return this.#engine.listen(channel, listener);
  }

  /** How the application's `connections` see this database and its replicas. The first is the database itself. */
  sources(): ConnectionSource[] {
    const engine = this.#engine;
    const own: ConnectionSource = { stats: () => engine.stats(), ping: (signal) => ping(engine, signal) };
    return [own, ...this.#replicas.flatMap((replica) => replica.sources())];
  }

  /** The counters of the pool now, without those of replicas. */
  stats(): DatabaseStats {
    return this.#engine.stats();
  }

  /** Waits for queries under way, then closes all connections. The container does it for the dependency. */
  async close(): Promise<void> {
    await Promise.all([this.#engine, ...this.#replicas].map((closable) => closable.close()));
  }

  #current(options: { readonly transaction?: 'join' | 'apart' | undefined } | undefined): Transaction | undefined {
    return options?.transaction === 'apart' ? undefined : Transaction.find(this.#context, this.#confinement, this.kind);
  }
}

/** Nobody else who gets the connection shall find a transaction on it. */
async function refuseBegin(connection: Connection): Promise<never> {
  await runText(connection, 'rollback');
  throw new TypeError(
    'A transaction begun by a statement has no end: use db.transaction(work), or the dependency tx(database)',
  );
}

async function ping(engine: Engine, signal: AbortSignal): Promise<void> {
  const connection = await engine.acquire(signal);
  try {
    await runStatement(connection, sql`select 1`, { signal });
  } finally {
    connection.release();
  }
}

function limitsOf(options: Limits | undefined): Limits {
  return { signal: options?.signal, timeout: options?.timeout };
}

function refuseOwnMode({ isolation, readOnly, deferrable, retry }: TransactionOptions): void {
  if (retry !== undefined) {
    throw new TypeError(
      "A transaction within another cannot be retried by itself, since a conflict undoes the outer one: give `retry` to that, or begin one of its own with transaction: 'apart'",
    );
  }
  if (isolation === undefined && readOnly === undefined && deferrable === undefined) return;
  throw new TypeError(
    "A transaction within another is a savepoint, which has no isolation, readOnly or deferrable of its own: set them on the outer one, or begin one of its own with transaction: 'apart'",
  );
}
