/** Rows against the schema of their statement. */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { Schema } from '../types/schema.ts';
import { DatabaseError } from './database-error.ts';

/**
 * Checks each row, and gives what the schema makes of it.
 *
 * @throws DatabaseError `ROW_MISMATCH` naming statement, row and field.
 */
export async function checkRows<Row>(
  rows: readonly Record<string, unknown>[],
  schema: Schema<any, Row>,
  text: string,
): Promise<Row[]> {
  const { validate } = schema['~standard'];
  const checked: Row[] = [];
  for (const [index, row] of rows.entries()) {
    let result = validate(row);
    if (result instanceof Promise) result = await result;
    if (result.issues !== undefined) throw mismatch(result.issues, index, text);
    checked.push(result.value);
  }
  return checked;
}

function mismatch(issues: readonly StandardSchemaV1.Issue[], index: number, text: string): DatabaseError {
  const faults = issues.slice(0, 5).map(({ path = [], message }) => {
    const field = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
    return field === '' ? message : `${field}: ${message}`;
  });
  return new DatabaseError(`Row ${index + 1} does not fit its schema (${faults.join('; ')}): ${text}`, {
    code: 'ROW_MISMATCH',
  });
}
