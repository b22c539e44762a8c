/** PostgreSQL inside this process: no server to install, one connection, everything in turn. */
import { PGlite, type Transaction as PgliteTransaction } from '@electric-sql/pglite';

import { parsers, type Database, type Transaction } from './queryable.ts';

/** Opens the database kept in `folder`, or one in memory. */
export function openPglite(folder?: string): Database {
  const pglite = new PGlite(folder ?? 'memory://', { parsers: { ...parsers } });
  return {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await pglite.query<Row>(sql, [...values])).rows,
    begin: () => begin(pglite),
    close: () => pglite.close(),
  };
}

/** PGlite has transactions as callbacks; this one's lasts until somebody ends it. */
function begin(pglite: PGlite): Promise<Transaction> {
  return new Promise((resolve, reject) => {
    const finished = pglite.transaction(
      (inner) => new Promise<void>((end) => resolve(toTransaction(inner, () => (end(), finished)))),
    );
    // Seen by whoever ends the transaction; before that, it could not begin.
    finished.catch(reject);
  });
}

function toTransaction(inner: PgliteTransaction, end: () => Promise<void>): Transaction {
  return {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await inner.query<Row>(sql, [...values])).rows,
    run: async (script) => void (await inner.exec(script)),
    commit: end,
    rollback: async () => {
      await inner.rollback();
      await end();
    },
  };
}
