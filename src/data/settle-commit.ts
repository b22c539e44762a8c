/** A commit whose answer was lost is asked after: by the transaction's number, on a connection beyond the pool. */
import { setTimeout as sleep } from 'node:timers/promises';

import { DatabaseError } from './database-error.ts';
import type { Engine } from './engine.ts';
import { toDatabaseError } from './sql-state.ts';

/** For how long it is asked, in milliseconds: a server that restarts is back within, a slow commit has come to its end. */
const patience = 30_000;

/** The first and the longest pause between two questions, in milliseconds. */
const pauses = { first: 10, longest: 250 };

/**
 * Settles when the transaction was committed after all.
 *
 * @throws DatabaseError `DATABASE_UNAVAILABLE` when it was undone, so that it can be tried again; `unknown` when nobody can tell.
 */
export async function settleCommit(engine: Engine, id: string, unknown: DatabaseError): Promise<void> {
  const deadline = performance.now() + patience;
  for (let pause = pauses.first; performance.now() < deadline; pause = Math.min(pause * 2, pauses.longest)) {
    const status = await statusOf(engine, id);
    if (status === 'committed') return;
    if (status === 'aborted') {
      throw new DatabaseError('The connection was lost during the commit, which the server then undid', {
        code: 'DATABASE_UNAVAILABLE',
        headers: { 'retry-after': '1' },
        cause: unknown,
      });
    }
    await sleep(pause);
  }
  throw unknown;
}

/** `in progress` while the server still works at it; undefined when it does not answer, or has forgotten. */
async function statusOf(engine: Engine, id: string): Promise<unknown> {
  try {
    const { rows } = await engine.ask({ text: 'select txid_status($1::bigint) as status', values: [id] });
    return rows[0]?.['status'];
  } catch (error) {
    // Gone, starting or full: it may answer the next time. Anything else is a fault of this question.
    if (toDatabaseError(error).code === 'DATABASE_UNAVAILABLE') return undefined;
    throw error;
  }
}
