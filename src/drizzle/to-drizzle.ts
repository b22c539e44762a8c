/** Drizzle on a database or a transaction of ours: the same connections, the same transaction. */
import { TransactionRollbackError, type DrizzleConfig } from 'drizzle-orm';
import type { PgTransactionConfig } from 'drizzle-orm/pg-core';
import { drizzle, type PgRemoteDatabase } from 'drizzle-orm/pg-proxy';

import { DatabaseError } from '../data/database-error.ts';
import { Database } from '../data/database.ts';
import type { Queryable } from '../data/queryable.ts';
import { CompiledSql } from '../data/sql.ts';
import type { TransactionOptions } from '../data/transaction-options.ts';
import type { Transaction } from '../data/transaction.ts';

/** What is changed of Drizzle's session, of which its types tell less. */
interface Session {
  prepareQuery(...parts: unknown[]): { execute(values?: Record<string, unknown>): Promise<unknown> };
  transaction(work: (tx: unknown) => Promise<unknown>, config?: PgTransactionConfig): Promise<unknown>;
}

/**
 * A Drizzle whose queries run on `db`. On a database they run in the transaction around them, when there is one; on a
 * transaction always in that. `drizzle.transaction()` is `db.transaction`: queries of `db` in its callback run in it too, and
 * one within another is a savepoint. Errors are those of `covet/data`, not wrapped. Raw `execute` gives the rows.
 *
 * @example
 * ```ts
 * import { openDatabase, sql } from 'covet/data';
 * import { toDrizzle } from 'covet/drizzle';
 * import { integer, pgTable, text } from 'drizzle-orm/pg-core';
 *
 * const users = pgTable('users', { id: integer().primaryKey(), name: text().notNull() });
 *
 * const db = await openDatabase();
 * await db.execute(sql`create table users (id int primary key, name text not null)`);
 * const drizzle = toDrizzle(db);
 * await drizzle.transaction(async (tx) => {
 *   await tx.insert(users).values({ id: 1, name: 'Ada' });
 *   await db.execute(sql`insert into users values (2, 'Grace')`);
 * });
 * console.log(await drizzle.select({ name: users.name }).from(users)); // [ { name: 'Ada' }, { name: 'Grace' } ]
 * await db.close();
 * ```
 */
export function toDrizzle<Tables extends Record<string, unknown> = Record<string, never>>(
  db: Database | Transaction,
  config: DrizzleConfig<Tables> = {},
): PgRemoteDatabase<Tables> {
  const remote = drizzle<Tables>((text, values, method) => send(db, text, values, method), config);
  const session = remote._.session as unknown as Session;
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (...parts) => {
    const query = prepareQuery(...parts);
    const execute = query.execute.bind(query);
    query.execute = async (values) => {
      try {
        return await execute(values);
      } catch (error) {
        // Drizzle wraps it together with SQL and values; ours knows its status, and how little to tell.
        if (error instanceof Error && error.cause instanceof DatabaseError) throw error.cause;
        throw error;
      }
    };
    return query;
  };
  session.transaction = (work, options) => begin(db, toOptions(options), (tx) => work(toInner(tx, config)));
  return remote;
}

async function send(db: Queryable, text: string, values: unknown[], method: string): Promise<{ rows: any[] }> {
  // Arrays for its own queries, in which a join may have a name twice.
  const statement = new CompiledSql(text, values, method === 'all' ? 'array' : undefined);
  return { rows: await db.query(statement) };
}

function begin<T>(
  db: Database | Transaction,
  options: TransactionOptions,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  if (db instanceof Database) return db.transaction(work, options);
  if (Object.keys(options).length > 0) {
    throw new TypeError(
      'A transaction within another is a savepoint, which has no isolation or access mode of its own',
    );
  }
  return db.transaction(work);
}

/** What the callback of a transaction gets: the same, and `rollback`. */
function toInner<Tables extends Record<string, unknown>>(tx: Transaction, config: DrizzleConfig<Tables>): unknown {
  return Object.assign(toDrizzle(tx, config), {
    rollback: (): never => {
      throw new TransactionRollbackError();
    },
  });
}

function toOptions({ isolationLevel, accessMode, deferrable }: PgTransactionConfig = {}): TransactionOptions {
  return {
    // PostgreSQL treats the one as the other (§ 13.2 of its manual).
    ...(isolationLevel === undefined
      ? {}
      : { isolation: isolationLevel === 'read uncommitted' ? 'read committed' : isolationLevel }),
    ...(accessMode === undefined ? {} : { readOnly: accessMode === 'read only' }),
    ...(deferrable === undefined ? {} : { deferrable }),
  };
}
