/** The tag `sql`, and the pieces it makes beside templates. */
import type { OutputOf, Schema } from '../types/schema.ts';
import { JsonValue } from './encode-value.ts';
import { Sql, fromTemplate, toSql, typedTag, type TypedSqlTag } from './sql.ts';

/** A row as an object: column names and what goes into them, pieces of SQL included. */
export type ColumnValues = Readonly<Record<string, unknown>>;

/** The tag {@link sql} and its pieces. */
export interface SqlTag {
  /** SQL with values. A type argument claims the type of its rows, unchecked; `sql.type` checks. */
  <Row = Record<string, unknown>>(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql<Row>;

  /**
   * SQL whose rows are checked, and transformed, by a schema.
   *
   * A row that does not fit is a `ROW_MISMATCH` naming the statement, the row and the field.
   */
  type<S extends Schema>(schema: S): TypedSqlTag<OutputOf<S>>;

  /**
   * A name, quoted and escaped: `sql.id('app', 'users')` is `"app"."users"`.
   *
   * @throws TypeError when a part is empty, no text, or has a NUL in it.
   */
  id(...parts: readonly string[]): Sql;

  /**
   * Pieces or values, with a separator between them: `, ` unless given.
   *
   * @throws TypeError when the list is empty, for which SQL has no words. For `in`, write `= any(${array})`.
   */
  join(list: readonly unknown[], separator?: Sql): Sql;

  /**
   * The columns and rows of an insert: `("a", "b") values ($1, $2), ($3, $4)`. Columns are those of the first row, or
   * those given; each row must have all of them.
   *
   * @throws TypeError when there are no rows or columns, or a row lacks one or has another.
   */
  values(rows: ColumnValues | readonly ColumnValues[], columns?: readonly string[]): Sql;

  /**
   * The assignments of an update: `"a" = $1, "b" = $2`.
   *
   * @throws TypeError when there are none, or one is undefined.
   */
  set(assignments: ColumnValues): Sql;

  /** A value as JSON: needed for arrays, text, numbers and null, which would be bound as what they are. */
  json(value: unknown): JsonValue;

  /**
   * Text put into a statement as it is. **Whoever writes the text rules the database**: never give it anything that came
   * from outside. For names there is `sql.id`, for values `${…}`.
   */
  unsafe(text: string): Sql;
}

function id(...parts: readonly string[]): Sql {
  if (parts.length === 0)
    throw new TypeError("sql.id() takes the parts of a name: sql.id('users'), sql.id('app', 'users')");
  for (const part of parts) {
    if (typeof part !== 'string' || part === '' || part.includes('\0')) {
      throw new TypeError(`sql.id(): ${JSON.stringify(part)} is no name`);
    }
  }
  return new Sql([parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.')], []);
}

function join(list: readonly unknown[], separator: Sql = comma): Sql {
  if (list.length === 0) {
    throw new TypeError(
      'sql.join() of nothing has no words in SQL. For `in` write `= any(${array})`, which may be empty',
    );
  }
  if (!(separator instanceof Sql)) throw new TypeError('The separator of sql.join() is a piece of SQL: sql` and `');
  const pieces = list.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
  return toSql(['', ...pieces.map(() => '')], pieces);
}

const comma = new Sql([', '], []);

function values(rows: ColumnValues | readonly ColumnValues[], columns?: readonly string[]): Sql {
  const list = (Array.isArray(rows) ? rows : [rows]) as readonly ColumnValues[];
  const [first] = list;
  if (first === undefined)
    throw new TypeError('sql.values() of no rows: leave the insert out when there is nothing to insert');
  const names = columns ?? Object.keys(first);
  if (names.length === 0) throw new TypeError('sql.values() of rows without columns: write `default values`');
  const tuples = list.map((row, index) => {
    if (columns === undefined) refuseOthers(row, names, index);
    const fields = names.map((name) => {
      if (!Object.hasOwn(row, name) || row[name] === undefined) {
        throw new TypeError(`sql.values(): row ${index + 1} has no ${JSON.stringify(name)}. For NULL write null`);
      }
      return row[name];
    });
    return sql`(${join(fields)})`;
  });
  return sql`(${join(names.map((name) => id(name)))}) values ${join(tuples)}`;
}

function refuseOthers(row: ColumnValues, names: readonly string[], index: number): void {
  const other = Object.keys(row).find((name) => !names.includes(name));
  if (other === undefined) return;
  throw new TypeError(
    `sql.values(): row ${index + 1} has ${JSON.stringify(other)}, the first row has not. Name the columns: sql.values(rows, [...])`,
  );
}

function set(assignments: ColumnValues): Sql {
  const entries = Object.entries(assignments);
  if (entries.length === 0) throw new TypeError('sql.set() of nothing: leave the update out when nothing changes');
  return join(
    entries.map(([name, value]) => {
      if (value === undefined)
        throw new TypeError(`sql.set(): ${JSON.stringify(name)} is undefined. For NULL write null`);
      return sql`${id(name)} = ${value}`;
    }),
  );
}

function unsafe(text: string): Sql {
  if (typeof text !== 'string') throw new TypeError(`sql.unsafe() takes text, not ${typeof text}`);
  return new Sql([text], []);
}

/**
 * Makes statements whose values are always bound, never text.
 *
 * @example
 * ```ts
 * import { sql } from 'covet/data';
 *
 * const email = "x'; drop table users; --";
 * const byEmail = sql`where ${sql.id('email')} = ${email}`;
 * const statement = sql<{ id: number }>`select id from users ${byEmail} limit ${10}`;
 * console.log(statement.text); // select id from users where "email" = $1 limit $2
 * ```
 *
 * Numbers, text, booleans, bigints, dates, bytes, null, arrays of these and objects (as JSON) can be bound.
 *
 * @throws TypeError when a value is undefined, a function, a symbol or a promise.
 * @throws RangeError when there are more than 65535 values.
 */
export const sql: SqlTag = Object.assign(
  <Row>(strings: TemplateStringsArray, ...bound: readonly unknown[]): Sql<Row> => fromTemplate<Row>(strings, bound),
  { type: typedTag, id, join, values, set, json: (value: unknown): JsonValue => new JsonValue(value), unsafe },
);
