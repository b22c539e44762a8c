/** What the rest of the application knows of a database. */

/** Runs SQL. Values go beside the text, as `$1`, `$2` …, never into it. */
export interface Queryable {
  /** Timestamps come as ISO 8601 text in UTC, 64-bit integers as numbers; the rest as the driver has it. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Statements that take effect together. Ends with one `commit` or `rollback`. */
export interface Transaction extends Queryable {
  /** Runs several statements, without values. */
  run(script: string): Promise<void>;
  /** @throws when the database rolled back instead, because a statement had failed. */
  commit(): Promise<void>;
  /** Never throws: a connection too broken for it has undone its work by breaking. */
  rollback(): Promise<void>;
}

export interface Database extends Queryable {
  begin(): Promise<Transaction>;
  /** Called by the container when the application closes. */
  close(): Promise<void>;
}

/** Does `work` in a transaction: commits what it did, or nothing of it when it throws. */
export async function inTransaction<T>(database: Database, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const transaction = await database.begin();
  let result: T;
  try {
    result = await work(transaction);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  await transaction.commit();
  return result;
}

/** The unique index or constraint that an error of either engine says was violated (SQLSTATE 23505). */
export function violatedUnique(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return undefined;
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : undefined;
}

/** How both drivers read the types they would otherwise read differently; by PostgreSQL's number of the type. */
export const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  // int8: `count(*)` and identities; all far below 2^53.
  20: Number,
  // timestamptz: JSON has no dates, and a response says what its schema says.
  1184: (text) => new Date(text).toISOString(),
};
