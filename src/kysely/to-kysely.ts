/** Kysely on a database or a transaction of ours: the same connections, the same transaction. */
import {
  type CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';

import { Database } from '../data/database.ts';
import type { Queryable } from '../data/queryable.ts';
import { CompiledSql } from '../data/sql.ts';
import type { IsolationLevel } from '../data/transaction-options.ts';
import { Transaction } from '../data/transaction.ts';

/**
 * A Kysely whose queries run on `db`. On a database they run in the transaction around them, when there is one; on a transaction
 * always in that. Values come and go as docs/data.md says, errors are those of `covet/data`.
 *
 * `kysely.transaction()` begins one of the database, or a savepoint. Queries of `db` in its callback do not run in it: for that
 * put Kysely into `db.transaction`, not the other way round. `kysely.destroy()` does not close the database.
 *
 * @example
 * ```ts
 * import { openDatabase, sql } from 'covet/data';
 * import { toKysely } from 'covet/kysely';
 *
 * const db = await openDatabase();
 * await db.execute(sql`create table users (id int primary key, name text not null)`);
 * const kysely = toKysely<{ users: { id: number; name: string } }>(db);
 * await db.transaction(async () => {
 *   await db.execute(sql`insert into users values (1, 'Ada')`);
 *   await kysely.insertInto('users').values({ id: 2, name: 'Grace' }).execute();
 * });
 * console.log(await kysely.selectFrom('users').select('name').where('id', '>', 1).execute()); // [ { name: 'Grace' } ]
 * await db.close();
 * ```
 */
export function toKysely<Tables>(db: Queryable): Kysely<Tables> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new CovetDriver(db),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<Tables>({ dialect });
}

class CovetDriver implements Driver {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<CovetConnection> {
    return new CovetConnection(this.#db);
  }

  beginTransaction(connection: CovetConnection, settings: TransactionSettings): Promise<void> {
    return connection.begin(settings);
  }

  commitTransaction(connection: CovetConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: CovetConnection): Promise<void> {
    return connection.rollback();
  }

  async savepoint(connection: CovetConnection, name: string): Promise<void> {
    await connection.command(`savepoint ${quote(name)}`);
  }

  async rollbackToSavepoint(connection: CovetConnection, name: string): Promise<void> {
    await connection.command(`rollback to savepoint ${quote(name)}`);
  }

  async releaseSavepoint(connection: CovetConnection, name: string): Promise<void> {
    await connection.command(`release savepoint ${quote(name)}`);
  }

  async releaseConnection(): Promise<void> {}

  /** The database is not ours to close. */
  async destroy(): Promise<void> {}
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

let savepoints = 0;

class CovetConnection implements DatabaseConnection {
  readonly #db: Queryable;
  /** A transaction of Kysely's own. */
  #own: Transaction | undefined;
  /** Whether that one has ended: Kysely undoes what it failed to commit, and would hide why. */
  #hasEnded = false;
  /** Or a savepoint in one of ours. */
  #savepoint: string | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, rowCount, command } = await this.#target.run(new CompiledSql(sql, parameters));
    const isChange = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    return { rows: rows as Row[], ...(isChange ? { numAffectedRows: BigInt(rowCount) } : {}) };
  }

  async *streamQuery<Row>(
    { sql, parameters }: CompiledQuery,
    chunkSize = 100,
  ): AsyncIterableIterator<QueryResult<Row>> {
    let rows: Row[] = [];
    for await (const row of this.#target.stream(new CompiledSql(sql, parameters), { batchSize: chunkSize })) {
      rows.push(row as Row);
      if (rows.length < chunkSize) continue;
      yield { rows };
      rows = [];
    }
    if (rows.length > 0) yield { rows };
  }

  command(text: string): Promise<unknown> {
    return this.#target.run(new CompiledSql(text, []));
  }

  async begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    if (this.#db instanceof Database && this.#db.current() === undefined) {
      const isolation = toIsolation(isolationLevel);
      const readOnly = accessMode === undefined ? undefined : accessMode === 'read only';
      this.#own = this.#db.begin({ isolation, readOnly });
      this.#hasEnded = false;
      return;
    }
    if (isolationLevel !== undefined || accessMode !== undefined) {
      throw new TypeError(
        'A transaction within another is a savepoint, which has no isolation or access mode of its own',
      );
    }
    this.#hasEnded = false;
    this.#savepoint = `covet_kysely_${++savepoints}`;
    await this.command(`savepoint ${this.#savepoint}`);
  }

  async commit(): Promise<void> {
    if (this.#own === undefined) await this.command(`release savepoint ${this.#savepoint}`);
    else await this.#close({});
  }

  async rollback(): Promise<void> {
    if (this.#hasEnded) return;
    if (this.#own === undefined) await this.command(`rollback to savepoint ${this.#savepoint}`);
    else await this.#close({ error: undefined });
  }

  async #close(ending: { readonly error?: unknown }): Promise<void> {
    const own = this.#own!;
    this.#own = undefined;
    this.#hasEnded = true;
    await Transaction.close(own, ending);
  }

  get #target(): Queryable {
    return this.#own ?? this.#db;
  }
}

function toIsolation(level: TransactionSettings['isolationLevel']): IsolationLevel | undefined {
  if (level === 'snapshot') throw new TypeError("PostgreSQL has no isolation level 'snapshot': take 'repeatable read'");
  // PostgreSQL treats the one as the other (§ 13.2 of its manual).
  return level === 'read uncommitted' ? 'read committed' : level;
}
