/** A PostgreSQL server, through a pool of connections. */
import { Pool, TypeOverrides } from 'pg';

import type { Log } from '../log.ts';
import { parsers, type Database, type Transaction } from './queryable.ts';

/** Opens a pool; it connects when it is first asked. */
export function openPostgres(url: string, log: Log): Database {
  const types = new TypeOverrides();
  for (const [type, parse] of Object.entries(parsers)) types.setTypeParser(Number(type), parse);
  const pool = new Pool({
    connectionString: url,
    max: 50,
    connectionTimeoutMillis: 30_000,
    maxLifetimeSeconds: 3600,
    types,
  });
  // An event nobody listens to would end the process. The pool itself drops the connection.
  pool.on('error', (error) => {
    log.warn({ err: error }, 'An idle database connection broke');
  });
  return {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    begin: () => begin(pool, log),
    close: () => pool.end(),
  };
}

async function begin(pool: Pool, log: Log): Promise<Transaction> {
  const client = await pool.connect();
  const onError = (error: Error): void => {
    log.warn({ err: error }, 'A database connection broke in a transaction');
  };
  client.on('error', onError);
  const giveBack = (isBroken: boolean): void => {
    client.off('error', onError);
    client.release(isBroken);
  };
  // A connection that cannot even do this is in an unknown state: thrown away, and its transaction with it.
  const run = async (statement: 'begin' | 'commit' | 'rollback'): Promise<string> => {
    try {
      return (await client.query(statement)).command;
    } catch (error) {
      giveBack(true);
      throw error;
    }
  };
  await run('begin');
  return {
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, [...values])).rows,
    run: async (script) => {
      await client.query(script);
    },
    commit: async () => {
      const command = await run('commit');
      giveBack(false);
      // PostgreSQL answers the commit of a transaction that had failed with a rollback, as if all were well.
      if (command !== 'COMMIT') throw new Error('A failed statement undid the transaction');
    },
    rollback: async () => {
      try {
        await run('rollback');
        giveBack(false);
      } catch (error) {
        // The server undoes what a lost connection had begun. The error that led here is the one to answer with.
        log.warn({ err: error }, 'A database connection was lost before its rollback');
      }
    },
  };
}
