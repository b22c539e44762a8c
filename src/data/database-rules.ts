import { Depends } from '../di/depends.ts';
import { Body } from '../di/source.ts';
/** What only the database can say of an input: that a value is free, or that what it names exists. */
import { ValidationError } from '../error.ts';
import type { FaultPlace, FieldError } from '../error.ts';
import { toJsonPointer } from '../internal/json-pointer.ts';
import type { Dep } from '../types/injectable.ts';
import type { OutputOf, Schema } from '../types/schema.ts';
import { DatabaseError } from './database-error.ts';
import type { Queryable } from './queryable.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** A rule for one value. Made by {@link unique} and {@link exists}. */
export interface DatabaseRule {
  readonly kind: 'unique' | 'exists';
  readonly table: string;
  readonly column: string;
  readonly where: Sql | undefined;
  readonly message: string;
}

/** Options of {@link unique} and {@link exists}. */
export interface RuleOptions {
  /** Further conditions on the rows looked at, such as the tenant's own, or all but the row that is changed. */
  readonly where?: Sql | undefined;
  /** For people. Default "Already taken", "Does not exist". */
  readonly message?: string | undefined;
}

/** Rules by the field they are for; `address.country` for one within another. */
export type DatabaseRules = Readonly<Record<string, DatabaseRule>>;

/** The most values checked at once: a body must not buy a statement without end. */
const maxChecks = 1000;

/**
 * No row of `table` has the value in `column`. Somebody else may take it right after: the unique index of the column answers
 * that with the same field error, `UNIQUE_VIOLATION`. Table names may have their schema: `app.users`.
 */
export function unique(table: string, column: string, options: RuleOptions = {}): DatabaseRule {
  return { kind: 'unique', table, column, where: options.where, message: options.message ?? 'Already taken' };
}

/** A row of `table` has the value in `column`; of an array, a row for each element. */
export function exists(table: string, column: string, options: RuleOptions = {}): DatabaseRule {
  return { kind: 'exists', table, column, where: options.where, message: options.message ?? 'Does not exist' };
}

/**
 * Checks all rules in one statement. Values that are null or undefined are free of them.
 *
 * @throws ValidationError with a field error for each fault, its code `unique` or `exists`.
 */
export async function checkRules(
  db: Queryable,
  value: object,
  rules: DatabaseRules,
  options: { readonly in?: FaultPlace | undefined } = {},
): Promise<void> {
  const place = options.in ?? 'body';
  const checks = Object.entries(rules).flatMap(([field, rule]) => expand(field.split('.'), rule, value));
  if (checks.length === 0) return;
  if (checks.length > maxChecks) {
    throw new ValidationError([
      { field: '', message: `More than ${maxChecks} values to look up`, code: 'too_big', in: place },
    ]);
  }
  const columns = checks.map((check, index) => sql`${isThere(check)} as ${sql.id(`c${index}`)}`);
  let row: Record<string, unknown>;
  try {
    row = await db.one(sql`select ${sql.join(columns)}`);
  } catch (error) {
    const [check, ...others] = checks;
    // The server does not say which value it cannot compare: with one there is no question.
    if (!(error instanceof DatabaseError) || error.code !== 'UNPROCESSABLE_CONTENT' || others.length > 0) throw error;
    throw new ValidationError([{ ...toFieldError(check!, place), message: error.message, code: 'invalid' }]);
  }
  const faults = checks.filter(({ rule }, index) => row[`c${index}`] === (rule.kind === 'unique'));
  if (faults.length > 0) throw new ValidationError(faults.map((check) => toFieldError(check, place)));
}

/**
 * The request's body, checked by its schema and then by rules of the database: a dependency, to stand in `deps`. The schema's
 * faults are one 422 with those of the route's other inputs; the rules run, in one statement, when there are none.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { checkedBody, database, exists, sql, tx, unique } from 'covet/data';
 * import { z } from 'zod';
 *
 * const getDatabase = database();
 * const NewUser = z.object({ email: z.email(), team_id: z.int() });
 * const newUser = checkedBody(getDatabase, NewUser, {
 *   email: unique('users', 'email'),
 *   team_id: exists('teams', 'id'),
 * });
 *
 * const app = new Covet();
 * app.post('/users', { deps: { user: newUser, tx: tx(getDatabase) } }, async ({ user, tx }) =>
 *   tx.one(sql`insert into users ${sql.values(user)} returning id`),
 * );
 * ```
 */
export function checkedBody<S extends Schema>(
  from: Dep<Queryable>,
  schema: S,
  rules: DatabaseRules | ((body: OutputOf<S>) => DatabaseRules),
): Dep<OutputOf<S>> {
  return Depends(
    { body: Body(schema), db: from },
    async ({ body, db }) => {
      const applied = typeof rules === 'function' ? rules(body) : rules;
      await checkRules(db, body, applied);
      return body;
    },
    { name: 'checkedBody' },
  );
}

interface Check {
  readonly path: readonly string[];
  readonly rule: DatabaseRule;
  readonly value: unknown;
}

function expand(path: readonly string[], rule: DatabaseRule, input: object): Check[] {
  let value: unknown = input;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
    value = (value as Record<string, unknown>)[name];
  }
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return [{ path, rule, value }];
  return value.map((item: unknown, index) => ({ path: [...path, String(index)], rule, value: item }));
}

function isThere({ rule: { table, column, where }, value }: Check): Sql {
  const condition = where === undefined ? sql`` : sql` and (${where})`;
  return sql`exists (select 1 from ${sql.id(...table.split('.'))} where ${sql.id(column)} = ${value}${condition})`;
}

function toFieldError({ path, rule }: Check, place: FaultPlace): FieldError {
  return { field: path.join('.'), message: rule.message, code: rule.kind, in: place, pointer: toJsonPointer(path) };
}
