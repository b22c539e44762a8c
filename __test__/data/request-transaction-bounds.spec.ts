/** What does not take part in a request's transaction: what is beyond the request, of another tenant, or for others. */
import { z } from 'zod';

import { cachedQuery, createCache } from '../../src/cache/index.ts';
import { sql, tenantDatabase, tx, type Database } from '../../src/data/index.ts';
import { Depends, HttpError, Injector, ndjson } from '../../src/index.ts';
import type { Dep } from '../../src/types/injectable.ts';
import { until } from './both-engines.ts';
import { onBothInRequests } from './request-setting.ts';

const onBoth = onBothInRequests();

onBoth('what comes after the answer is outside', async (setting) => {
  const { t, getDb, table, start } = setting;
  const seen: Record<string, boolean> = {};
  const { get, names } = await start((app) => {
    app.get('/', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db, tx: own, afterResponse }) => {
      const insert = (name: string) => async (): Promise<void> => {
        seen[name] = db.isInTransaction;
        await db.execute(sql`insert into ${table} values (${name})`);
      };
      await insert('handler')();
      own.afterCommit(insert('after the commit'));
      afterResponse(insert('after the response'));
      return {};
    });
    app.get(
      '/stream',
      { deps: { db: getDb, tx: tx(getDb) }, response: ndjson(z.object({ n: z.number() })) },
      (context) => {
        const { db, tx: own } = context;
        return (async function* () {
          await own.execute(sql`insert into ${table} values ('stream 1')`);
          yield { n: 1 };
          seen['stream'] = db.isInTransaction;
          await db.execute(sql`insert into ${table} values ('stream 2')`);
          throw new Error('Undone');
        })();
      },
    );
  });
  t.is((await get('/')).status, 200);
  await until(async () => (await names()).length === 3);
  await t.throwsAsync(async () => (await get('/stream')).text(), { any: true });
  await until(() => seen['stream'] !== undefined);
  t.deepEqual(seen, { handler: true, 'after the commit': false, 'after the response': false, stream: true });
  t.deepEqual(await names(), ['after the commit', 'after the response', 'handler']);
});

onBoth('of several none is meant, until one is', async (setting) => {
  const { t, engine, getDb, table, start } = setting;
  const both = { db: getDb, tx: tx(getDb), report: tx(getDb, { readOnly: true }) };
  const { get, names } = await start((app) => {
    app.get('/', { deps: both }, async ({ db, tx: own }) => {
      const inTransaction = [db.isInTransaction, own.join(() => db.isInTransaction)];
      await db.execute(sql`insert into ${table} values ('by itself')`);
      await own.join(() => db.execute(sql`insert into ${table} values ('joined')`));
      throw new HttpError(418, inTransaction.join());
    });
    app.get('/report', { deps: { db: getDb, report: tx(getDb, { readOnly: true }) } }, async ({ db }) =>
      db.execute(sql`insert into ${table} values ('in a report')`),
    );
    app.get('/apart', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db }) => {
      await db.execute(sql`insert into ${table} values ('apart')`, { transaction: 'apart' });
      if (engine === 'postgres') {
        await db.execute(sql`select 1`);
        await db.transaction(() => db.execute(sql`insert into ${table} values ('apart too')`), {
          transaction: 'apart',
        });
      }
      throw new HttpError(418, 'No');
    });
  });
  t.like(await (await get('/')).json(), { error: { message: 'false,true' } });
  t.deepEqual(await names(), ['by itself']);
  t.is((await get('/report')).status, 500);
  t.is((await get('/apart')).status, 418);
  t.deepEqual(await names(), ['apart', ...(engine === 'postgres' ? ['apart too'] : []), 'by itself']);
});

onBoth(
  'what is not of the request is not in it: singletons it is the first to need, runs of an injector',
  async (setting) => {
    const { t, getDb, table, start } = setting;
    const service = Depends(
      { db: getDb },
      async ({ db }) => {
        await db.execute(sql`insert into ${table} values ('singleton')`);
        return {};
      },
      { scope: 'singleton' },
    );
    const deps = { db: getDb };
    const { get, names } = await start((routes) => {
      routes.get('/', { deps: { tx: tx(getDb), service, injector: Injector } }, async ({ injector }) => {
        await injector.run(deps, ({ db }) => db.execute(sql`insert into ${table} values ('run')`));
        throw new HttpError(418, 'No');
      });
    });
    t.is((await get('/')).status, 418);
    t.deepEqual(await names(), ['run', 'singleton']);
  },
);

onBoth('a tenant’s transaction is joined by that tenant’s database alone', async (setting) => {
  const { t, name, getDb, table, start } = setting;
  const tenantDb = (tenant: string): Dep<Database> =>
    tenantDatabase({ strategy: 'schema', tenant: Depends(() => tenant), database: getDb });
  const acme = tenantDb('acme');
  const { get, names, db } = await start((app) => {
    const deps = { shared: getDb, acme, globex: tenantDb('globex'), tx: tx(acme) };
    app.get('/{fate}', { deps }, async ({ shared, acme: own, globex, tx: inTx, params: { fate } }) => {
      await own.execute(sql`insert into ${table} values ('a')`);
      await inTx.execute(sql`insert into ${table} values ('b')`);
      const seen = (await own.query(sql`select * from ${table}`)).length;
      const all = [seen, own.isInTransaction, globex.isInTransaction, shared.isInTransaction].join();
      if (fate === 'undone') throw new HttpError(418, all);
      return { all };
    });
  });
  const schema = sql.id('tenant_acme');
  await db.transaction((inTx) =>
    inTx.script(`create schema if not exists tenant_acme; create table tenant_acme.${name} (name text)`),
  );
  const count = async (): Promise<number> => (await db.query(sql`select * from ${schema}.${table}`)).length;
  t.like(await (await get('/undone')).json(), { error: { message: '2,true,false,false' } });
  t.is(await count(), 0);
  t.deepEqual(await (await get('/done')).json(), { all: '2,true,false,false' });
  t.is(await count(), 2);
  t.deepEqual(await names(), []);
});

onBoth('a value for a cache is others’ as well', async (setting) => {
  const { t, engine, getDb, table, start } = setting;
  const cache = createCache({ logger: false });
  t.teardown(() => cache.close());
  const { get } = await start((app) => {
    app.get('/', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db }) => {
      await db.execute(sql`insert into ${table} values ('undone')`);
      const list = sql<{ name: string }>`select name from ${table}`;
      const rows = await cachedQuery(cache, db, list, { database: 'main' });
      const kept = await cache.getOrSet('names', () => db.query(list));
      throw new HttpError(418, `${rows.length},${kept.length}`);
    });
  });
  // PGlite has no second connection to ask on.
  t.like(await (await get('/')).json(), { error: { message: engine === 'pglite' ? '1,1' : '1,0' } });
});
