/** Rows that are deleted in name only: kept, marked, and left out by those who say so. */
import type { Queryable } from './queryable.ts';
import { sql, type ColumnValues } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** Options of {@link softDelete} and {@link restoreDeleted}. */
export interface SoftDeleteOptions {
  /** The column that `id` is of. Default `id`. */
  readonly key?: string | undefined;
  /** The column that says when. Default `deleted_at`. */
  readonly column?: string | undefined;
  /** What else to set: `{ is_active: false }`. */
  readonly set?: ColumnValues | undefined;
  /** Further conditions: the tenant's, the owner's. */
  readonly where?: Sql | undefined;
}

/**
 * Marks a row as deleted, at the time of the server's clock. Tables with their schema: `app.users`.
 *
 * @returns how many rows were: 0 when there is none, or it was deleted before, whose time then stays. A handler answers 404
 * to that: the second `DELETE` of the same thing finds nothing to delete.
 *
 * @example
 * ```ts
 * import { notDeleted, openDatabase, softDelete, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * await db.execute(sql`create table users (id int primary key, is_active bool default true, deleted_at timestamptz)`);
 * await db.execute(sql`insert into users values (1), (2)`);
 *
 * const set = { is_active: false };
 * console.log(await softDelete(db, 'users', 1, { set })); // 1
 * console.log(await softDelete(db, 'users', 1, { set })); // 0
 * console.log(await db.query(sql`select id from users where ${notDeleted()}`)); // [ { id: 2 } ]
 * await db.close();
 * ```
 */
export function softDelete(
  db: Queryable,
  table: string,
  id: string | number | bigint,
  options: SoftDeleteOptions = {},
): Promise<number> {
  const column = sql.id(options.column ?? 'deleted_at');
  return db.execute(sql`
    update ${sql.id(...table.split('.'))} set ${column} = now()${others(options)}
    where ${sql.id(options.key ?? 'id')} = ${id} and ${column} is null${conditions(options)}`);
}

/** Takes {@link softDelete} back. @returns how many rows: 0 when there is none, or it is not deleted. */
export function restoreDeleted(
  db: Queryable,
  table: string,
  id: string | number | bigint,
  options: SoftDeleteOptions = {},
): Promise<number> {
  const column = sql.id(options.column ?? 'deleted_at');
  return db.execute(sql`
    update ${sql.id(...table.split('.'))} set ${column} = null${others(options)}
    where ${sql.id(options.key ?? 'id')} = ${id} and ${column} is not null${conditions(options)}`);
}

/**
 * The condition that leaves deleted rows out: `"deleted_at" is null`; of one table among several, `notDeleted('u')`.
 */
export function notDeleted(alias?: string, column = 'deleted_at'): Sql {
  return sql`${alias === undefined ? sql.id(column) : sql.id(alias, column)} is null`;
}

function others({ set }: SoftDeleteOptions): Sql {
  return set === undefined || Object.keys(set).length === 0 ? sql`` : sql`, ${sql.set(set)}`;
}

function conditions({ where }: SoftDeleteOptions): Sql {
  return where === undefined ? sql`` : sql` and (${where})`;
}
