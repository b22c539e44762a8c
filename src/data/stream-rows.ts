/** A large result through a cursor on the server, a batch at a time. */
import { checkRows } from './check-rows.ts';
import { DatabaseError } from './database-error.ts';
import type { StatementResult } from './engine.ts';
import type { StreamOptions } from './queryable.ts';
import { CompiledSql, Sql } from './sql.ts';

/** The transaction that the cursor lives in. */
export interface CursorPlace {
  /** What no other cursor of the transaction is called. */
  readonly name: string;
  /** Runs a statement in it, within the limits of the stream. */
  readonly send: (statement: Sql<unknown>) => Promise<StatementResult>;
  /** Runs one without. */
  readonly sendAlways: (statement: Sql<unknown>) => Promise<StatementResult>;
}

/** The rows of `statement`, fetched as they are taken. Must run in a transaction. */
export async function* streamRows<Row>(
  statement: Sql<Row>,
  { batchSize = 100 }: StreamOptions,
  { name, send, sendAlways }: CursorPlace,
): AsyncGenerator<Row, void, undefined> {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize must be a positive integer, not ${batchSize}`);
  }
  await send(new CompiledSql(`declare ${name} no scroll cursor for ${statement.text}`, statement.values));
  const fetch = new Sql([`fetch forward ${batchSize} from ${name}`], []);
  let isOpen = true;
  try {
    for (;;) {
      let batch: StatementResult;
      try {
        batch = await send(fetch);
      } catch (error) {
        // A statement that failed has ended the transaction, and the cursor with it.
        isOpen = false;
        throw error;
      }
      const { rows } = batch;
      yield* statement.schema === undefined
        ? (rows as Row[])
        : await checkRows<Row>(rows, statement.schema, statement.text);
      if (rows.length < batchSize) return;
    }
  } finally {
    if (isOpen) await sendAlways(new Sql([`close ${name}`], [])).catch(ignoreAborted);
  }
}

/** Where nothing may run any more, as in the transaction of a client that went away, the cursor goes with the transaction. */
function ignoreAborted(error: unknown): void {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code !== 'CLIENT_CLOSED_REQUEST' && code !== 'TIMEOUT_ERROR') throw error;
}
