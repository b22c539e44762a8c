/** A list in pages, each from where the last one ended: as fast at its end as at its beginning. */
import { checkRows } from './check-rows.ts';
import { DatabaseError } from './database-error.ts';
import { fingerprintOf, openCursor, sealCursor } from './page-cursor.ts';
import { toAfter, toFullOrder, toOrderBy, type FullOrder, type PageOrder } from './page-order.ts';
import { checkNumber } from './paginate.ts';
import type { Queryable } from './queryable.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** Options of {@link paginateByKey}. */
export interface KeysetOptions extends PageOrder {
  /** The `next` of the page before; none for the first page. */
  readonly after?: string | null | undefined;
  /** Rows of a page. Default 20. */
  readonly limit?: number | undefined;
  /** The most rows a page may have. Default 100. */
  readonly maxLimit?: number | undefined;
  /** What cursors are signed with: 32 characters or more, the same in all processes. */
  readonly secret: string;
}

/** One page of a list, and the way to the next. */
export interface KeysetPage<Row> {
  readonly items: Row[];
  /** What `after` takes for the page after this one; null when this is the last. */
  readonly next: string | null;
}

/**
 * The rows of `list`, a `select` without `order by` and `limit`, that come after those of another page. What is inserted or
 * deleted meanwhile moves no row to another page; an index on the order's columns makes each page cost the same.
 *
 * The cursor is signed: a client can neither read other rows by one it made up, nor use it on another list or with other
 * conditions. It is not encrypted: it holds the last row's order columns.
 *
 * @example
 * ```ts
 * import { openDatabase, paginateByKey, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * const secret = 'a secret of 32 characters or more';
 * const list = sql<{ id: number }>`select id from generate_series(1, 5) id`;
 * const first = await paginateByKey(db, list, { key: 'id', limit: 3, secret });
 * const second = await paginateByKey(db, list, { key: 'id', limit: 3, secret, after: first.next });
 * console.log(first.items.length, second.items, second.next); // 3 [ { id: 4 }, { id: 5 } ] null
 * await db.close();
 * ```
 *
 * @throws DatabaseError `INVALID_CURSOR` (400) when `after` is not a cursor of this list; `DATABASE_ERROR` when an order column
 * that is not said to be `nullable` has NULL in it.
 * @throws ValidationError when `limit` is none from 1 to `maxLimit`.
 * @throws TypeError when there is no key, a direction is none, or the secret is too short.
 */
export async function paginateByKey<Row>(
  db: Queryable,
  list: Sql<Row>,
  options: KeysetOptions,
): Promise<KeysetPage<Row>> {
  const { after, limit = 20, maxLimit = 100, secret } = options;
  if (typeof secret !== 'string' || secret.length < 32) throw new TypeError('`secret` needs 32 characters or more');
  checkNumber('limit', limit, maxLimit);
  const order = toFullOrder(options);
  const fingerprint = fingerprintOf(list, order);
  const where =
    after === undefined || after === null
      ? sql``
      : sql`where ${toAfter(order, 'list', openCursor(after, fingerprint, secret))}`;
  const keys = order.map(
    ({ column }, index) => sql`${sql.id('list', column)}::text as ${sql.id(`covet_key_${index}`)}`,
  );
  // One more than asked for tells whether there is a next page.
  const rows = await db.query(sql`
    select list.*, ${sql.join(keys)} from (${list.bare}) list ${where}
    order by ${toOrderBy(order, 'list')} limit ${limit + 1}`);
  const shown = rows.slice(0, limit);
  const ends = shown.map((row) => splitRow(row, order));
  const items = ends.map(({ item }) => item);
  return {
    items: list.schema === undefined ? (items as Row[]) : await checkRows(items, list.schema, list.text),
    next: rows.length > limit ? sealCursor(ends.at(-1)!.values, fingerprint, secret) : null,
  };
}

/** A row without the columns that are ours, and the values of those. */
function splitRow(
  row: Record<string, unknown>,
  order: FullOrder,
): { item: Record<string, unknown>; values: (string | null)[] } {
  const item = { ...row };
  const values = order.map(({ column, nullable }, index) => {
    const name = `covet_key_${index}`;
    const value = item[name] as string | null;
    delete item[name];
    if (value === null && !nullable) {
      throw new DatabaseError(`The order column ${column} has NULL in it: say { column: '${column}', nullable: true }`);
    }
    return value;
  });
  return { item, values };
}
