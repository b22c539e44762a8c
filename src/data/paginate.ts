/** A list in pages, by number: with an honest total, a bounded size and an order that holds still. */
import { ValidationError } from '../error.ts';
import type { FaultPlace } from '../error.ts';
import { checkRows } from './check-rows.ts';
import { toFullOrder, toOrderBy, type PageOrder } from './page-order.ts';
import type { Queryable } from './queryable.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** Options of {@link paginate}. */
export interface PaginateOptions extends PageOrder {
  /** Which page, from 1. Default 1. */
  readonly page?: number | undefined;
  /** Rows of a page. Default 20. */
  readonly perPage?: number | undefined;
  /** The most rows a page may have. Default 100. */
  readonly maxPerPage?: number | undefined;
}

/** One page of a list. */
export interface Page<Row> {
  readonly items: Row[];
  /** Rows of the whole list, by the same conditions and at the same instant as the items. */
  readonly total: number;
  readonly page: number;
  readonly per_page: number;
  /** How many pages there are. */
  readonly pages: number;
}

/**
 * One page of the rows of `list`, a `select` without `order by` and `limit`, and how many there are in all: one statement, so
 * that both are of the same instant. The order ends with `key`, so no row is on two pages of a list that does not change.
 *
 * The server reads what comes before the page each time; for long lists there is {@link paginateByKey}.
 *
 * @example
 * ```ts
 * import { openDatabase, paginate, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * const list = sql<{ id: number }>`select id from generate_series(1, 45) id where id > ${5}`;
 * const page = await paginate(db, list, { key: 'id', page: 4, perPage: 12 });
 * console.log(page.items.length, page.total, page.pages); // 4 40 4
 * await db.close();
 * ```
 *
 * @throws ValidationError when `page` is no integer from 1, or `perPage` none from 1 to `maxPerPage`: both are a client's.
 * @throws TypeError when there is no key, or a direction is none.
 */
export async function paginate<Row>(db: Queryable, list: Sql<Row>, options: PaginateOptions): Promise<Page<Row>> {
  const { page = 1, perPage = 20, maxPerPage = 100 } = options;
  checkNumber('page', page, 2 ** 31 - 1);
  checkNumber('per_page', perPage, maxPerPage);
  const order = toFullOrder(options);
  // `left join`, so that the total is told even where the page is empty.
  const rows = await db.query(sql`
    select page.*, total.covet_total from (select count(*) as covet_total from (${list.bare}) list) total
    left join lateral (
      select list.*, true as covet_row from (${list.bare}) list
      order by ${toOrderBy(order, 'list')} limit ${perPage} offset ${(page - 1) * perPage}
    ) page on true order by ${toOrderBy(order, 'page')}`);
  const total = Number(rows[0]!['covet_total']);
  const items = rows
    .filter((row) => row['covet_row'] === true)
    .map(({ covet_total: _total, covet_row: _row, ...item }) => item);
  return {
    items: list.schema === undefined ? (items as Row[]) : await checkRows(items, list.schema, list.text),
    total,
    page,
    per_page: perPage,
    pages: Math.ceil(total / perPage),
  };
}

/** Refuses what is no number of a page or of its rows. */
export function checkNumber(field: string, value: number, most: number, place: FaultPlace = 'query'): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  const message = `Must be an integer from 1 to ${most}`;
  throw new ValidationError([{ field, message, code: 'out_of_range', in: place, pointer: `/${field}` }]);
}
