/** The end of a transaction on its connection, which is given back whatever comes of it. */
import { DatabaseError } from './database-error.ts';
import type { Connection, Engine } from './engine.ts';
import { runText } from './run-statement.ts';
import { settleCommit } from './settle-commit.ts';
import { breaksConnection, toDatabaseError, toUnavailable } from './sql-state.ts';

/** What there is to know of a transaction that is to be committed. */
export interface Commit {
  readonly engine: Engine;
  /** Whether a commit whose answer is lost is asked after. */
  readonly isSettled: boolean;
  /** The first statement that failed. */
  readonly firstFailure: unknown;
}

/**
 * Commits what runs on `connection`, and gives that back: with nothing on it, or broken.
 *
 * @throws DatabaseError `TRANSACTION_ERROR` when the server undid it, because a statement had failed; `COMMIT_UNKNOWN`
 * when the connection was lost before the server's answer, `DATABASE_UNAVAILABLE` when it was lost before that, so that nothing
 * was done.
 */
export async function commitConnection(connection: Connection, commit: Commit): Promise<void> {
  if (connection.isBroken) {
    connection.release();
    throw toUnavailable('The connection was lost before the commit', commit.firstFailure);
  }
  let id: string | undefined;
  try {
    if (commit.isSettled) id = await idOf(connection);
  } catch (error) {
    await rollbackConnection(connection);
    throw toDatabaseError(error).sqlState === failed ? toUndone(commit) : error;
  }
  let command: string;
  try {
    ({ command } = await runText(connection, 'commit'));
  } catch (error) {
    const isLost = breaksConnection((error as DatabaseError).cause);
    if (isLost) connection.destroy();
    // Before anything is asked: those who wait for the pool shall not wait for the answer.
    await rollbackConnection(connection);
    // A deferred constraint, a serialization failure: the server said no, and has undone it.
    if (!isLost) throw error;
    return settle(commit, id, error);
  }
  connection.release();
  if (command !== 'COMMIT') throw toUndone(commit);
}

/** Undoes what runs on `connection`, and gives that back. Never throws: one too broken for it has undone it by breaking. */
export async function rollbackConnection(connection: Connection): Promise<void> {
  try {
    if (!connection.isBroken) await runText(connection, 'rollback');
  } catch {
    // In an unknown state: thrown away, and the transaction with it. The error that led here is the one to tell.
    connection.destroy();
  } finally {
    connection.release();
  }
}

/** SQLSTATE `in_failed_sql_transaction`. */
const failed = '25P02';

async function settle({ engine, isSettled }: Commit, id: string | undefined, cause: unknown): Promise<void> {
  const unknown = new DatabaseError('The connection was lost during the commit: whether it was done is not known', {
    code: 'COMMIT_UNKNOWN',
    cause,
  });
  if (!isSettled) throw unknown;
  // Without a number it has written nothing, so nothing is lost.
  if (id !== undefined) await settleCommit(engine, id, unknown);
}

function toUndone({ firstFailure }: Commit): DatabaseError {
  return new DatabaseError(
    'The database undid the transaction: a statement in it had failed, and its error was caught',
    { code: 'TRANSACTION_ERROR', cause: firstFailure },
  );
}

/** The transaction's number, when it has written anything: what became of it can be asked by that. */
async function idOf(connection: Connection): Promise<string | undefined> {
  const { rows } = await runText(connection, 'select txid_current_if_assigned()::text as id');
  return (rows[0]?.['id'] as string | null | undefined) ?? undefined;
}
