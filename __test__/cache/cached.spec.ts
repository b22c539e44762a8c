/** Functions, methods and statements whose results are kept. */
import test from 'ava';

import { cached, cachedQuery, createCache } from '../../src/cache/index.ts';
import { openDatabase, sql } from '../../src/data/index.ts';
import type { Transaction } from '../../src/data/index.ts';
import { allLayers, open } from './open-cache.ts';

for (const layers of allLayers) {
  test(`a function runs once for the same arguments (${layers})`, async (t) => {
    const { cache } = await open(t, layers);
    const calls: unknown[] = [];
    const load = cached(
      function load(id: number | string, filter?: { a?: number; b?: number }) {
        calls.push([id, filter]);
        return { id, filter: filter ?? null };
      },
      { cache, tags: (id) => [`load:${id}`] },
    );
    t.deepEqual(await load(1, { a: 1, b: 2 }), { id: 1, filter: { a: 1, b: 2 } });
    t.deepEqual(await load(1, { b: 2, a: 1 }), { id: 1, filter: { a: 1, b: 2 } });
    t.is(calls.length, 1);
    await load('1', { a: 1, b: 2 });
    await load(1);
    t.is(calls.length, 3);
    await load.delete(1);
    await load(1);
    t.is(calls.length, 4);
    await cache.deleteByTag('load:1');
    await load(1, { a: 1, b: 2 });
    t.is(calls.length, 5);
  });

  test(`a method runs once for its class, its name and its arguments (${layers})`, async (t) => {
    const { cache } = await open(t, layers);
    class Users {
      calls = 0;
      readonly cache = cache;
      @cached({ cache: (self: Users) => self.cache, ttl: 60 })
      async find(id: number): Promise<{ id: number; by: string }> {
        this.calls += 1;
        return { id, by: 'find' };
      }
      @cached({ cache, key: (_db: unknown, id: number) => ['user', id] })
      async findBy(_db: object, id: number): Promise<{ id: number; by: string }> {
        this.calls += 1;
        return { id, by: 'findBy' };
      }
    }
    const [one, other] = [new Users(), new Users()];
    t.deepEqual(await one.find(1), { id: 1, by: 'find' });
    t.deepEqual(await other.find(1), { id: 1, by: 'find' });
    t.deepEqual([one.calls, other.calls], [1, 0]);
    await one.findBy({ connect: () => 1 }, 1);
    t.deepEqual(await one.findBy({ connect: () => 2 }, 1), { id: 1, by: 'findBy' });
    t.is(one.calls, 2);
    await cache.delete(['user', 1]);
    await one.findBy({}, 1);
    t.is(one.calls, 3);
  });
}

test('a decorator works in the form of experimentalDecorators', async (t) => {
  const cache = createCache({ name: 'legacy', logger: false });
  t.teardown(() => cache.close());
  class Users {
    calls = 0;
    async find(id: number): Promise<number> {
      this.calls += 1;
      return id;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Users.prototype, 'find')!;
  cached({ cache })(Users.prototype, 'find', descriptor);
  Object.defineProperty(Users.prototype, 'find', descriptor);
  const users = new Users();
  t.deepEqual([await users.find(1), await users.find(1), await users.find(2)], [1, 1, 2]);
  t.is(users.calls, 2);
});

test('two of one name are refused, and told apart by a key', async (t) => {
  const { cache } = await open(t, 'memory');
  const make = (result: string, key?: string) =>
    cached(
      function load() {
        return result;
      },
      { cache, key },
    );
  const [one, other, third] = [make('one'), make('other'), make('third', 'load 3')];
  t.is(await one(), 'one');
  t.throws(() => other(), { instanceOf: TypeError, message: /Two of the name 'load'/ });
  t.is(await third(), 'third');
  t.throws(() => cached(() => 1, { cache }), { message: /without a name/ });
});

test('an argument that is no data is refused with where it stands', async (t) => {
  const { cache } = await open(t, 'memory');
  const load = cached(async function load(_db: object) {}, { cache });
  await t.throwsAsync(load({ query: () => 1 }), {
    instanceOf: TypeError,
    message: /key\[2\]\[0\]\.query is a function/,
  });
});

test('rows are kept by database, very text, values and tenant', async (t) => {
  const db = await openDatabase();
  t.teardown(() => db.close());
  let tenant = 'one';
  const { cache } = await open(t, 'memory and Redis', { tenant: () => tenant });
  const loads = (): number => cache.stats().loads;
  const query = (statement: ReturnType<typeof sql>, database = 'main') =>
    cachedQuery(cache, db, statement, { database });
  const typed = sql`select 'a  b' as t, ${new Date(5)}::timestamptz as d, ${2n}::int8 as i`;
  t.deepEqual(await query(typed), await db.query(typed));
  t.deepEqual(await query(typed), await db.query(typed));
  t.is(loads(), 1);
  t.deepEqual(await query(sql`select 'a b' as t`), [{ t: 'a b' }]);
  t.deepEqual(await query(sql`select 'a  b' as t`), [{ t: 'a  b' }]);
  t.is(loads(), 3);
  await query(sql`select 'a b' as t`, 'other');
  t.is(loads(), 4);
  tenant = 'two';
  await query(sql`select 'a b' as t`);
  t.is(loads(), 5);
});

test('in a transaction rows are asked for, and not kept', async (t) => {
  const db = await openDatabase();
  t.teardown(() => db.close());
  const { cache } = await open(t, 'memory');
  await db.execute(sql`create table entries (n int)`);
  const query = (source: typeof db | Transaction = db) =>
    cachedQuery(cache, source, sql`select n from entries`, { database: 'main' });
  const undone = db.transaction(async (tx) => {
    await tx.execute(sql`insert into entries values (1)`);
    t.deepEqual(await query(), [{ n: 1 }]);
    t.deepEqual(await query(tx), [{ n: 1 }]);
    t.deepEqual(await cachedQuery(cache, db.read, sql`select n from entries`, { database: 'main' }), [{ n: 1 }]);
    throw new RangeError('undone');
  });
  await t.throwsAsync(undone, { instanceOf: RangeError });
  t.deepEqual(await query(), []);
  t.is(cache.stats().loads, 1);
});

for (const text of [
  'insert into a values (1)',
  'with x as (delete from a returning *) select * from x',
  'select * from a for update',
  '/* select */ update a set b = 1',
  'select * into b from a',
  'create table a (b int)',
]) {
  test(`${text}: not cached`, async (t) => {
    const { cache } = await open(t, 'memory');
    const db = { query: () => Promise.resolve([]) };
    t.throws(() => cachedQuery(cache, db, { text, values: [] }, { database: 'main' }), { message: /Only a statement/ });
  });
}

test('words in texts and quoted names do not count', async (t) => {
  const { cache } = await open(t, 'memory');
  const db = { query: () => Promise.resolve([1]) };
  const text = `-- update\nselect "update" from a where b = 'delete from it''s'`;
  t.deepEqual(await cachedQuery(cache, db, { text, values: [] }, { database: 'main' }), [1]);
});
