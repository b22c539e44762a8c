/** The order of a list, and where in it a page begins. */
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** One column of an order: a column of the list's own result. */
export interface OrderColumn {
  readonly column: string;
  /** Default `asc`. */
  readonly direction?: 'asc' | 'desc' | undefined;
  /** Whether there may be NULL in it; a keyset then takes no index for this column. Default false. */
  readonly nullable?: boolean | undefined;
}

/** The order of a list: columns, and last what no two rows have alike, such as the primary key. */
export interface PageOrder {
  /** The columns before the key. Default none. */
  readonly orderBy?: readonly (string | OrderColumn)[] | undefined;
  /** Column or columns that no two rows have alike. Without them pages would overlap. */
  readonly key: string | readonly string[];
  /** The direction of the key. Default: that of the last column before it, or `asc`. */
  readonly keyDirection?: 'asc' | 'desc' | undefined;
}

/** An order with nothing left open. */
export type FullOrder = readonly {
  readonly column: string;
  readonly direction: 'asc' | 'desc';
  readonly nullable: boolean;
}[];

/**
 * Completes an order with its key.
 *
 * @throws TypeError when there is no key, or a direction is none.
 */
export function toFullOrder({ orderBy = [], key, keyDirection }: PageOrder): FullOrder {
  const columns = orderBy.map((item) => (typeof item === 'string' ? { column: item } : item));
  const keys = typeof key === 'string' ? [key] : key;
  if (keys.length === 0) throw new TypeError('A list in pages needs a `key`: a column that no two rows have alike');
  const direction = keyDirection ?? columns.at(-1)?.direction ?? 'asc';
  const named = new Set(columns.map(({ column }) => column));
  const rest = keys.filter((column) => !named.has(column)).map((column) => ({ column, direction }));
  return [...columns, ...rest].map(({ column, direction = 'asc', nullable = false }: OrderColumn) => {
    // It becomes part of the text: the type alone would not keep a client's value out.
    if (direction !== 'asc' && direction !== 'desc') {
      throw new TypeError(`The direction of an order is 'asc' or 'desc', not '${String(direction)}'`);
    }
    return { column, direction, nullable };
  });
}

/** The words of `order by`, for the columns of `from`. */
export function toOrderBy(order: FullOrder, from: string): Sql {
  return sql.join(order.map(({ column, direction }) => sql`${sql.id(from, column)} ${words[direction]}`));
}

const words = { asc: sql.unsafe('asc'), desc: sql.unsafe('desc') };
const after = { asc: sql.unsafe('>'), desc: sql.unsafe('<') };

/** What is true of the rows of `from` that come after one with these values, in PostgreSQL's order of NULL. */
export function toAfter(order: FullOrder, from: string, values: readonly (string | null)[]): Sql {
  const isRow = order.every(({ direction, nullable }) => direction === order[0]!.direction && !nullable);
  if (isRow) {
    // The form that an index on all the columns answers with one descent.
    const columns = order.map(({ column }) => sql.id(from, column));
    return sql`(${sql.join(columns)}) ${after[order[0]!.direction]} (${sql.join(values)})`;
  }
  const cases = order.map((item, index) => {
    const equal = order.slice(0, index).map(({ column }, at) => isEqual(sql.id(from, column), values[at]!));
    return sql`(${sql.join([...equal, isAfter(item, from, values[index]!)], sql` and `)})`;
  });
  return sql`(${sql.join(cases, sql` or `)})`;
}

function isEqual(column: Sql, value: string | null): Sql {
  return value === null ? sql`${column} is null` : sql`${column} = ${value}`;
}

/** NULL comes last in `asc` and first in `desc`. */
function isAfter({ column, direction, nullable }: FullOrder[number], from: string, value: string | null): Sql {
  const name = sql.id(from, column);
  if (value === null) return direction === 'asc' ? sql`false` : sql`${name} is not null`;
  const beyond = sql`${name} ${after[direction]} ${value}`;
  return nullable && direction === 'asc' ? sql`(${beyond} or ${name} is null)` : beyond;
}
