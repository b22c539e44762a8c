/** A request's transaction: begun by its first query, committed before the response leaves, undone by any error. */
import { Depends } from 'covet';

import { getDatabase } from './database.ts';
import type { Database, Queryable, Transaction } from './queryable.ts';

export class Session implements Queryable {
  readonly #database: Database;
  #transaction: Promise<Transaction> | undefined;
  #hasEnded = false;

  constructor(database: Database) {
    this.#database = database;
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    // The connection is somebody else's by then.
    if (this.#hasEnded) throw new Error('The request has ended, and its transaction with it');
    // Late, so that no connection is held while a password is hashed or another service is asked.
    const transaction = await (this.#transaction ??= this.#database.begin());
    return transaction.query<Row>(sql, values);
  }

  async commit(): Promise<void> {
    this.#hasEnded = true;
    await (await this.#transaction)?.commit();
  }

  async rollback(): Promise<void> {
    this.#hasEnded = true;
    await (await this.#transaction)?.rollback();
  }
}

export const getSession = Depends({ database: getDatabase }, async function* ({ database }) {
  const session = new Session(database);
  try {
    yield session;
  } catch (error) {
    await session.rollback();
    throw error;
  }
  await session.commit();
});
