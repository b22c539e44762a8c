/** What a database and a transaction have in common: statements in, rows out. */
import { checkRows } from './check-rows.ts';
import { DatabaseError } from './database-error.ts';
import type { StatementResult } from './engine.ts';
import type { Limits } from './interrupt.ts';
import { Sql } from './sql.ts';

/** Options of one statement. */
export interface QueryOptions extends Limits {
  /**
   * `'apart'` runs it outside of the transaction that surrounds it, on a connection of its own: for what must stay even
   * when that one is undone. Default `'join'`. PGlite has one connection only, and would wait for itself.
   */
  readonly transaction?: 'join' | 'apart' | undefined;
}

/** Options of {@link Queryable.stream}. */
export interface StreamOptions extends Limits {
  /** Rows fetched at once. Default 100. More are fetched when these have been taken. */
  readonly batchSize?: number | undefined;
}

/** What a statement gave. */
export interface QueryResult<Row> {
  readonly rows: Row[];
  /** Rows read or changed. */
  readonly rowCount: number;
  /** The first word of what the server answered: `SELECT`, `INSERT`, `UPDATE` … */
  readonly command: string;
}

/** Runs statements: a {@link Database}, or a {@link Transaction}. */
export abstract class Queryable {
  /**
   * Sends one statement; the rest is the same for all.
   *
   * @internal
   */
  protected abstract send(statement: Sql<unknown>, options: QueryOptions | undefined): Promise<StatementResult>;

  /** Whether what is asked here and now is asked in a transaction, and sees what nobody else may see yet. */
  abstract get isInTransaction(): boolean;

  /**
   * The rows of a large result, fetched as they are asked for: memory holds `batchSize` of them, and a reader that is slow
   * makes the server wait. Leaving the loop closes it on the server.
   *
   * Takes a `select` or `values`. Outside of a transaction it has one of its own, read only, for as long as it runs.
   *
   * @example
   * ```ts
   * import { openDatabase, sql } from 'covet/data';
   *
   * const db = await openDatabase();
   * let sum = 0;
   * for await (const { n } of db.stream(sql<{ n: number }>`select n from generate_series(1, ${1000}) n`)) sum += n;
   * console.log(sum); // 500500
   * await db.close();
   * ```
   */
  abstract stream<Row>(statement: Sql<Row>, options?: StreamOptions): AsyncGenerator<Row, void, undefined>;

  /** Runs a statement: its rows and how many they were. */
  async run<Row>(statement: Sql<Row>, options?: QueryOptions): Promise<QueryResult<Row>> {
    return this.#settle(statement, options);
  }

  /**
   * The rows of a statement.
   *
   * @throws DatabaseError as docs/errors.md tells: `DATABASE_UNAVAILABLE`, `UNIQUE_VIOLATION`, `TIMEOUT_ERROR` …
   */
  async query<Row>(statement: Sql<Row>, options?: QueryOptions): Promise<Row[]> {
    return (await this.#settle(statement, options)).rows;
  }

  /**
   * The one row of a statement.
   *
   * @throws DatabaseError `UNEXPECTED_ROW_COUNT` when there is none, or more than one.
   */
  async one<Row>(statement: Sql<Row>, options?: QueryOptions): Promise<Row> {
    const { rows } = await this.#settle(statement, options);
    if (rows.length !== 1) throw unexpected('one row', rows.length, statement);
    return rows[0]!;
  }

  /**
   * The one row of a statement, or undefined when there is none.
   *
   * @throws DatabaseError `UNEXPECTED_ROW_COUNT` when there is more than one.
   */
  async maybeOne<Row>(statement: Sql<Row>, options?: QueryOptions): Promise<Row | undefined> {
    const { rows } = await this.#settle(statement, options);
    if (rows.length > 1) throw unexpected('one row at most', rows.length, statement);
    return rows[0];
  }

  /** How many rows a statement read or changed. */
  async execute(statement: Sql<unknown>, options?: QueryOptions): Promise<number> {
    return (await this.#settle(statement, options)).rowCount;
  }

  /** Throws at once, for the async function that calls it: a promise of its own would be one more for each statement. */
  #settle<Row>(statement: Sql<Row>, options: QueryOptions | undefined): Promise<QueryResult<Row>> {
    if (!(statement instanceof Sql)) {
      throw new TypeError('A statement is made by sql`…`: a string could hold anything, values of a client included');
    }
    const sent = this.send(statement, options);
    return statement.schema === undefined ? (sent as Promise<QueryResult<Row>>) : checked(sent, statement);
  }
}

async function checked<Row>(sent: Promise<StatementResult>, statement: Sql<Row>): Promise<QueryResult<Row>> {
  const result = await sent;
  return { ...result, rows: await checkRows<Row>(result.rows, statement.schema!, statement.text) };
}

function unexpected(wanted: string, count: number, { text }: Sql<unknown>): DatabaseError {
  return new DatabaseError(`Expected ${wanted}, got ${count}: ${text}`, { code: 'UNEXPECTED_ROW_COUNT' });
}
