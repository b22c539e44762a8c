import test from 'ava';

import { createCache } from '../../src/cache/index.ts';
import { database, sql, tx } from '../../src/data/index.ts';
/** What a transaction has not committed yet is kept for nobody, on either engine. */
import { Covet, HttpError } from '../../src/index.ts';
import { onBothEngines, serverDatabase, tableName } from '../data/both-engines.ts';

const onEngines = onBothEngines();
const { url } = serverDatabase();

onEngines('a value made within a transaction is given to it and not kept', async (t, db) => {
  const table = sql.id(tableName());
  await db.execute(sql`create table ${table} (n int)`);
  const cache = createCache({ logger: false });
  t.teardown(() => cache.close());
  const count = (): Promise<{ n: number }> =>
    cache.getOrSet('count', () => db.one(sql<{ n: number }>`select count(*) as n from ${table}`));
  await t.throwsAsync(
    db.transaction(async (transaction) => {
      await transaction.execute(sql`insert into ${table} values (1)`);
      t.deepEqual(await count(), { n: 1 }, 'its own row');
      throw new Error('undone');
    }),
    { message: 'undone' },
  );
  t.deepEqual(await count(), { n: 0 }, 'and nobody else’s');
  t.deepEqual(await count(), { n: 0 });
  t.is(cache.stats().loads, 2, 'what is committed is kept');
});

onEngines(
  'a transaction that a value is made by is committed when it is there, and the value is kept',
  async (t, db) => {
    const table = sql.id(tableName());
    await db.execute(sql`create table ${table} (n int)`);
    const cache = createCache({ logger: false });
    t.teardown(() => cache.close());
    const add = (): Promise<{ n: number }> =>
      cache.getOrSet('added', () =>
        db.transaction(async () => {
          await db.execute(sql`insert into ${table} values (1)`);
          return db.one(sql<{ n: number }>`select count(*) as n from ${table}`);
        }),
      );
    t.deepEqual([await add(), await add()], [{ n: 1 }, { n: 1 }]);
  },
);

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: rows of a request that fails are not in what the others get`, async (t) => {
    const getDatabase = database('main', engine === 'pglite' ? {} : { url: await url() });
    const table = sql.id(tableName());
    const cache = createCache({ logger: false });
    const app = new Covet({ logger: false });
    t.teardown(async () => {
      await app.close();
      await cache.close();
    });
    const db = await app.resolve(getDatabase);
    await db.execute(sql`create table ${table} (n int)`);
    const count = (): Promise<unknown> =>
      cache.getOrSet('count', () => db.one(sql`select count(*) as n from ${table}`));
    app.post('/fails', { deps: { tx: tx(getDatabase) } }, async (needs) => {
      await needs.tx.execute(sql`insert into ${table} values (1)`);
      await count();
      throw new HttpError(418, 'undone');
    });
    app.get('/count', () => count());
    t.is((await app.inject({ method: 'POST', url: '/fails' })).status, 418);
    t.deepEqual(await (await app.inject({ url: '/count' })).json(), { n: 0 });
  });
}
