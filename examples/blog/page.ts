/** Lists by pages, as clients ask for them and get them. `paginate` of covet/data reads them. */
import { z } from 'zod';

/** The query parameters of every list; add filters with `.extend({ … })`. */
export const PageQuery = z.object({
  page: z.int32().min(1).default(1),
  per_page: z.int().min(1).max(100).default(20),
});

export type PageQuery = z.infer<typeof PageQuery>;

/** The schema of one page of items. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.int(), page: z.int(), per_page: z.int(), pages: z.int() });
