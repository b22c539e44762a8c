/** Lists in pages, by number and by key: every row once, an honest total, and nothing a client could bend. */
import type { ExecutionContext } from 'ava';
import { z } from 'zod';

import { paginate, paginateByKey, sql, type Database, type PageOrder, type Sql } from '../../src/data/index.ts';
import { ValidationError } from '../../src/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();
const secret = 'the secret of these tests, which is long enough';

interface Row {
  readonly id: number;
  readonly score: number | null;
  readonly at: string;
}

/** Thirty rows with three scores between them, some without; two at a time share an instant but for microseconds. */
async function createList(db: Database): Promise<Sql<Row>> {
  const table = sql.id(tableName());
  await db.execute(sql`create table ${table} (id int primary key, score int, at timestamptz not null)`);
  await db.execute(sql`insert into ${table}
    select n, nullif(n % 4, 3), timestamptz '2026-01-01 00:00:00Z' + (n / 2) * interval '1 ms' + (n % 2) * interval '1 us'
    from generate_series(1, 30) n`);
  return sql<Row>`select id, score, at from ${table} where id > ${0}`;
}

async function walk(t: ExecutionContext, db: Database, list: Sql<Row>, order: PageOrder): Promise<number[]> {
  const ids: number[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < 20; pages++) {
    const page: { items: Row[]; next: string | null } = await paginateByKey(db, list, {
      ...order,
      after,
      limit: 4,
      secret,
    });
    ids.push(...page.items.map(({ id }) => id));
    t.deepEqual(Object.keys(page.items[0] ?? {}), ['id', 'score', 'at']);
    if (page.next === null) return ids;
    after = page.next;
  }
  throw new Error('The pages have no end');
}

test('pages by number: each row once, and the total is that of the same conditions', async (t, db) => {
  const list = await createList(db);
  const options = { orderBy: [{ column: 'score', direction: 'desc' }], key: 'id', perPage: 8 } as const;
  const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => paginate(db, list, { ...options, page })));
  t.deepEqual(
    pages.map(({ items }) => items.length),
    [8, 8, 8, 6, 0],
  );
  for (const page of pages) t.like(page, { total: 30, pages: 4, per_page: 8 });
  const ids = pages.flatMap(({ items }) => items.map(({ id }) => id));
  t.deepEqual(
    ids,
    (await db.query(sql<Row>`select id from (${list}) l order by score desc, id desc`)).map(({ id }) => id),
  );
  t.deepEqual(Object.keys(pages[0]!.items[0]!), ['id', 'score', 'at']);
  t.like(await paginate(db, sql`${list} and id > 100`, { key: 'id' }), { items: [], total: 0, pages: 0, page: 1 });
});

test('rows of a page are checked by the schema of their list', async (t, db) => {
  const list = await createList(db);
  const Item = z.strictObject({ id: z.int(), score: z.int().nullable(), at: z.coerce.date() });
  const typed = sql.type(Item)`${list}`;
  t.true((await paginate(db, typed, { key: 'id', perPage: 1 })).items[0]!.at instanceof Date);
  t.true((await paginateByKey(db, typed, { key: 'id', limit: 1, secret })).items[0]!.at instanceof Date);
});

test('a page or size out of range is a 422', async (t, db) => {
  const list = await createList(db);
  const refused: readonly [object, string][] = [
    [{ page: 0 }, 'page'],
    [{ page: -1 }, 'page'],
    [{ page: 1.5 }, 'page'],
    [{ page: Number.NaN }, 'page'],
    [{ perPage: 0 }, 'per_page'],
    [{ perPage: 101 }, 'per_page'],
    [{ perPage: 11, maxPerPage: 10 }, 'per_page'],
  ];
  for (const [options, field] of refused) {
    const error = await t.throwsAsync(paginate(db, list, { key: 'id', ...options }), { instanceOf: ValidationError });
    t.like(error, { status: 422, fieldErrors: [{ field, code: 'out_of_range', in: 'query' }] });
  }
  await t.throwsAsync(paginateByKey(db, list, { key: 'id', secret, limit: 101 }), { instanceOf: ValidationError });
  await t.throwsAsync(paginate(db, list, { key: [] }), { instanceOf: TypeError, message: /needs a `key`/ });
  const direction = 'asc; drop table users' as 'asc';
  await t.throwsAsync(paginate(db, list, { key: 'id', keyDirection: direction }), { instanceOf: TypeError });
});

const orders: Record<string, PageOrder> = {
  'the key alone': { key: 'id' },
  'the key alone, backwards': { key: 'id', keyDirection: 'desc' },
  microseconds: { orderBy: ['at'], key: 'id' },
  'microseconds, backwards': { orderBy: [{ column: 'at', direction: 'desc' }], key: 'id' },
  'NULL last': { orderBy: [{ column: 'score', nullable: true }], key: 'id' },
  'NULL first': { orderBy: [{ column: 'score', direction: 'desc', nullable: true }], key: 'id' },
  'both directions': {
    orderBy: [{ column: 'score', direction: 'desc', nullable: true }, 'at'],
    key: 'id',
    keyDirection: 'desc',
  },
  'two columns as the key': { key: ['at', 'id'] },
};

for (const [name, order] of Object.entries(orders)) {
  test(`pages by key: each row once, in order: ${name}`, async (t, db) => {
    const list = await createList(db);
    const columns = [...(order.orderBy ?? []), ...[order.key].flat()].map((item) =>
      typeof item === 'string' ? { column: item } : item,
    );
    const keys = columns.map((item, index) => {
      const isKey = index >= (order.orderBy?.length ?? 0);
      const direction = isKey
        ? (order.keyDirection ?? columns[(order.orderBy?.length ?? 0) - 1]?.direction)
        : item.direction;
      return sql`${sql.id(item.column)} ${sql.unsafe(direction ?? 'asc')}`;
    });
    const expected = await db.query(sql<Row>`select id from (${list}) l order by ${sql.join(keys)}`);
    t.deepEqual(
      await walk(t, db, list, order),
      expected.map(({ id }) => id),
    );
  });
}

test('what is inserted or deleted meanwhile moves no row to another page', async (t, db) => {
  const table = sql.id(tableName());
  await db.execute(sql`create table ${table} as select n as id from generate_series(10, 20) n`);
  const list = sql<{ id: number }>`select id from ${table}`;
  const first = await paginateByKey(db, list, { key: 'id', limit: 5, secret });
  await db.execute(sql`insert into ${table} values (1), (2)`);
  await db.execute(sql`delete from ${table} where id = 14`);
  const second = await paginateByKey(db, list, { key: 'id', limit: 5, secret, after: first.next });
  t.deepEqual(
    second.items.map(({ id }) => id),
    [15, 16, 17, 18, 19],
  );
});

test('a cursor is good for its own list alone, and nobody can make one', async (t, db) => {
  const list = await createList(db);
  const { next } = await paginateByKey(db, list, { key: 'id', limit: 5, secret });
  const broken = Buffer.from(next!, 'base64url');
  broken[broken.length - 2]! ^= 1;
  const other = sql<Row>`${list} and score = 1`;
  const refused = [
    paginateByKey(db, list, { key: 'id', secret, after: broken.toString('base64url') }),
    paginateByKey(db, list, { key: 'id', secret: `${secret}!`, after: next }),
    paginateByKey(db, list, { key: 'id', keyDirection: 'desc', secret, after: next }),
    paginateByKey(db, other, { key: 'id', secret, after: next }),
    paginateByKey(db, sql<Row>`select * from (${list}) l where id < ${99}`, { key: 'id', secret, after: next }),
    paginateByKey(db, list, { key: 'id', secret, after: '' }),
    paginateByKey(db, list, { key: 'id', secret, after: 'x'.repeat(5000) }),
  ];
  for (const page of refused) t.like(await t.throwsAsync(page), { status: 400, code: 'INVALID_CURSOR' });
  await t.throwsAsync(paginateByKey(db, list, { key: 'id', secret: 'short' }), { message: /32 characters/ });
});

test('a cursor of other values of the same statement is refused', async (t, db) => {
  const table = sql.id(tableName());
  await db.execute(sql`create table ${table} as select n as id, n % 2 as tenant from generate_series(1, 9) n`);
  const of = (tenant: number): Sql<{ id: number }> => sql`select id from ${table} where tenant = ${tenant}`;
  const { next } = await paginateByKey(db, of(0), { key: 'id', limit: 2, secret });
  t.like(await t.throwsAsync(paginateByKey(db, of(1), { key: 'id', secret, after: next })), { code: 'INVALID_CURSOR' });
});

test('NULL in an order column that is not said to have any is an error, not a row left out', async (t, db) => {
  const list = await createList(db);
  const order = { orderBy: [{ column: 'score', direction: 'desc' as const }], key: 'id' };
  await t.throwsAsync(paginateByKey(db, list, { ...order, secret }), { message: /score has NULL in it/ });
});
