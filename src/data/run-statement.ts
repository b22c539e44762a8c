/** One statement on one connection: encoded, within its limits, its failure made a {@link DatabaseError}. */
import { encodeValue } from './encode-value.ts';
import type { Connection, Statement, StatementResult } from './engine.ts';
import { withinLimits, type Limits } from './interrupt.ts';
import { toDatabaseError } from './sql-state.ts';
import type { Sql } from './sql.ts';

/** What is run: a statement, or text of our own. */
export type RunnableStatement = Pick<Sql, 'text' | 'values'> & {
  readonly rowMode?: 'array' | undefined;
  readonly isPreparable?: boolean | undefined;
};

/** Runs a statement. @throws DatabaseError; TypeError when a value is none. */
export async function runStatement(
  connection: Connection,
  { text, values, rowMode, isPreparable }: RunnableStatement,
  limits?: Limits,
): Promise<StatementResult> {
  const statement = encode({ text, values, rowMode, isPreparable });
  try {
    if (limits?.signal === undefined && limits?.timeout === undefined) return await connection.run(statement);
    return await withinLimits(connection, limits, () => connection.run(statement));
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/** As it is sent; before that, so that a value that is none says nothing of the connection. @throws TypeError for such a one. */
export function encode({ text, values, rowMode, isPreparable }: RunnableStatement): Statement {
  return { text, values: values.map(encodeValue), rowMode, isPreparable };
}

/** Runs text of our own, without values. */
export function runText(connection: Connection, text: string): Promise<StatementResult> {
  return runStatement(connection, { text, values: [] });
}
