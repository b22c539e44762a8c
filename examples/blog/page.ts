/** Lists by pages. */
import { z } from 'zod';

import type { Queryable } from './database/queryable.ts';

/** The query parameters of every list; add filters with `.extend({ … })`. */
export const PageQuery = z.object({
  page: z.int().min(1).default(1),
  per_page: z.int().min(1).max(100).default(20),
});

/** The schema of one page of items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.int(), page: z.int(), per_page: z.int() });

export interface Page<Item> {
  readonly items: Item[];
  /** Of all pages, under the same conditions as the items. */
  readonly total: number;
  readonly page: number;
  readonly per_page: number;
}

/** A list of rows: SQL of the program's own, and the values it stands on. */
export interface Selection {
  /** `from` with joins and `where`: the one place for conditions, since items and total must agree. */
  readonly from: string;
  readonly columns: string;
  /** Ends with something unique, or rows wander between pages. */
  readonly order: string;
  readonly values: readonly unknown[];
}

/** Reads one page. */
export async function readPage<Row extends object>(
  session: Queryable,
  { from, columns, order, values }: Selection,
  { page, per_page }: z.infer<typeof PageQuery>,
): Promise<Page<Row>> {
  const next = values.length + 1;
  const items = await session.query<Row>(
    `select ${columns} from ${from} order by ${order} limit $${next}::bigint offset $${next + 1}::bigint`,
    [...values, per_page, (page - 1) * per_page],
  );
  const [counted] = await session.query<{ total: number }>(`select count(*) as total from ${from}`, values);
  return { items, total: counted?.total ?? 0, page, per_page };
}
