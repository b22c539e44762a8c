/** A tenant that tries to read what is another's, by every way there is to rows, fails (D13): caches, builders, jobs too. */
import test, { type ExecutionContext } from 'ava';
import { pgTable, integer, text } from 'drizzle-orm/pg-core';
import { z } from 'zod';

import { cached, cachedQuery, cacheResponses, createCache, type Cache } from '../../src/cache/index.ts';
import { auditLog, paginate, paginateByKey, sql, tenants, tx } from '../../src/data/index.ts';
import type { Database } from '../../src/data/index.ts';
import { toDrizzle } from '../../src/drizzle/index.ts';
import { ndjson, type Covet, type CovetRequest } from '../../src/index.ts';
import { defineJob, jobs } from '../../src/jobs/index.ts';
import { toKysely } from '../../src/kysely/index.ts';
import { serve, until } from '../helpers/serve.ts';
import { enginesOf, strategies, type Setting } from './tenant-strategies.ts';

interface Note {
  id: number;
  text: string;
}

const list = sql<Note>`select id, text from notes`;
const drizzleNotes = pgTable('notes', { id: integer().notNull(), text: text().notNull() });
const secret = 'only for tests: 5f3c1d9a7b2e4860';

type Reading = (db: Database, cache: Cache) => unknown;

/** The ways to rows that take a database alone. */
const readings: Readonly<Record<string, Reading>> = {
  query: (db) => db.query(list),
  read: (db) => db.read.query(list),
  stream: async (db) => {
    const rows = [];
    for await (const row of db.stream(list)) rows.push(row);
    return rows;
  },
  'stream of read': async (db) => {
    const rows = [];
    for await (const row of db.read.stream(list)) rows.push(row);
    return rows;
  },
  transaction: (db) => db.transaction((outer) => outer.transaction(() => db.query(list))),
  page: async (db) => (await paginate(db, list, { key: 'id' })).items,
  'keyset page': async (db) =>
    (await paginateByKey(db, list, { orderBy: [{ column: 'text' }], key: 'id', limit: 20, secret })).items,
  kysely: (db) => toKysely<{ notes: Note }>(db).selectFrom('notes').selectAll().select(['id', 'text']).execute(),
  'kysely transaction': (db) =>
    toKysely<{ notes: Note }>(db)
      .transaction()
      .execute((trx) => trx.selectFrom('notes').select(['id', 'text']).execute()),
  drizzle: (db) => toDrizzle(db).select().from(drizzleNotes),
  'drizzle transaction': (db) => toDrizzle(db).transaction((trx) => trx.select().from(drizzleNotes)),
  cachedQuery: (db, cache) => cachedQuery(cache, db, list, { database: 'main' }),
  'cachedQuery of read': (db, cache) => cachedQuery(cache, db.read, list, { database: 'main' }),
  'value of a cache': (db, cache) => cache.getOrSet('notes', () => db.query(list)),
  'cached function': (db, cache) => cached(async () => db.query(list), { cache, key: () => 'cached notes' })(),
};

async function start(t: ExecutionContext, { db, close }: Setting) {
  const cache = createCache({ logger: false });
  t.teardown(() => cache.close());
  const found = new Map<string, Note[]>();
  const Read = defineJob(
    'read',
    { payload: z.object({ tenant: z.string() }), deps: { tenants: tenants(db) } },
    async ({ payload, tenants }) => {
      const rows = await tenants.run(payload.tenant, (own) =>
        cachedQuery<typeof list, Note>(cache, own, list, { database: 'main' }),
      );
      found.set(payload.tenant, rows);
    },
  );
  const queue = jobs({ handlers: [Read] });
  const audit = auditLog();
  const tenantOf = (req: CovetRequest): string | undefined =>
    ({ a: 'acme', b: 'globex' })[req.header('x-api-key') ?? ''];
  const served = await serve(t, (app: Covet) => {
    for (const [name, reading] of Object.entries(readings)) {
      app.get(`/${name.replaceAll(' ', '-')}`, { deps: { db } }, ({ db }) => reading(db, cache));
    }
    app.get('/tx', { deps: { tx: tx(db) } }, ({ tx }) => tx.query(list));
    app.get('/cached-tx', { deps: { tx: tx(db) } }, ({ tx }) => cache.getOrSet('of tx', () => tx.query(list)));
    app.get('/lines', { deps: { db }, response: ndjson(z.object({ id: z.int(), text: z.string() })) }, ({ db }) =>
      db.stream(list),
    );
    app.get(
      '/cached-lines',
      { deps: { db }, response: ndjson(z.object({ id: z.int(), text: z.string() })) },
      ({ db }) =>
        (async function* () {
          yield* await cache.getOrSet('lines', () => db.query(list));
        })(),
    );
    const options = { cache, tenant: tenantOf };
    app.get('/responses', { deps: { db }, middleware: [cacheResponses(options)] }, ({ db }) => db.query(list));
    app.get('/leaky', { deps: { db }, middleware: [cacheResponses({ cache })] }, ({ db }) => db.query(list));
    app.get('/audit', { deps: { db } }, async ({ db }) => (await audit.list(db)).items);
    app.post('/jobs', { deps: { db, queue } }, async ({ db, queue }) => {
      await queue.add(Read, { tenant: db.tenant! });
      return {};
    });
    app.put('/notes/{id:int}', { deps: { tx: tx(db) } }, async ({ tx, params }) => {
      await tx.execute(sql`insert into notes (id, text) values (${params.id}, 'new')`);
      await audit.add(tx, { actor: 1, action: 'note.add', target: { type: 'note', id: params.id } });
      return {};
    });
    app.onClose(close);
  });
  const call = async (method: string, path: string, key: string): Promise<{ status: number; body: any }> => {
    const response = await fetch(served.url + path, { method, headers: { 'x-api-key': key } });
    const body = await response.text();
    const isLines = response.headers.get('content-type')?.includes('ndjson') === true;
    const parsed: unknown = isLines
      ? body
          .split('\n')
          .filter(Boolean)
          .map((line): unknown => JSON.parse(line))
      : JSON.parse(body);
    return { status: response.status, body: parsed };
  };
  return { call, cache, found, served };
}

const idsOf = ({ body }: { body: any }): number[] => body.map(({ id }: { id: number }) => id).sort();

for (const [strategy, create] of Object.entries(strategies)) {
  for (const engine of enginesOf(strategy)) {
    test.serial(`${strategy} on ${engine}: another tenant's rows come by no way`, async (t) => {
      const setting = await create(engine);
      const { call, cache, found, served } = await start(t, setting);
      for (const id of [1, 2]) t.is((await call('PUT', `/notes/${id}`, 'a')).status, 200);
      t.is((await call('PUT', '/notes/3', 'b')).status, 200);
      const names = [...Object.keys(readings), 'tx', 'cached-tx', 'lines', 'cached-lines', 'responses'];
      for (const name of names) {
        const path = `/${name.replaceAll(' ', '-')}`;
        // Twice: what is kept is given the second time.
        for (const [key, ids] of [
          ['a', [1, 2]],
          ['b', [3]],
          ['a', [1, 2]],
          ['b', [3]],
        ] as const) {
          const answer = await call('GET', path, key);
          t.is(answer.status, 200, `${name} ${JSON.stringify(answer.body)}`);
          t.deepEqual(idsOf(answer), [...ids], name);
        }
      }
      for (const key of ['a', 'b']) t.is((await call('POST', '/jobs', key)).status, 200);
      t.true(await until(() => found.size === 2, 10_000));
      t.deepEqual([idsOf({ body: found.get('acme') }), idsOf({ body: found.get('globex') })], [[1, 2], [3]]);
      const { status } = await call('GET', '/leaky', 'a');
      t.is(status, 500);
      const line = await served.logs.find(({ path }) => path === '/leaky');
      t.like(line, { code: 'TENANT_NOT_ISOLATED', tenant: 'acme' });
      t.is((await call('GET', '/leaky', 'b')).status, 500, 'and nothing was kept');
      if (strategy === 'row') return;
      const entries = async (key: string) =>
        (await call('GET', '/audit', key)).body.map((entry: any) => entry.target_id);
      t.deepEqual([(await entries('a')).sort(), await entries('b')], [['1', '2'], ['3']]);
      void cache;
    });
  }
}

test.serial('a value for all tenants cannot be made of the data of one', async (t) => {
  const { db: getDb, close } = await strategies['schema']!('pglite');
  const shared = createCache({ tenant: 'shared', logger: false });
  const own = createCache({ logger: false });
  t.teardown(() => Promise.all([shared.close(), own.close()]));
  let calls = 0;
  const { url, logs } = await serve(t, (app) => {
    app.get('/rates', { deps: { db: getDb } }, () => shared.getOrSet('rates', () => ({ calls: (calls += 1) })));
    app.get('/direct', { deps: { db: getDb } }, ({ db }) => shared.getOrSet('a', () => db.query(list)));
    app.get('/query', { deps: { db: getDb } }, ({ db }) => cachedQuery(shared, db, list, { database: 'main' }));
    app.get('/nested', { deps: { db: getDb } }, ({ db }) =>
      shared.getOrSet('b', () => own.getOrSet('c', () => db.query(list))),
    );
    app.onClose(close);
  });
  const ask = (path: string, key: string): Promise<Response> => fetch(url + path, { headers: { 'x-api-key': key } });
  for (const key of ['a', 'b']) t.deepEqual(await (await ask('/rates', key)).json(), { calls: 1 });
  for (const path of ['/direct', '/query', '/nested']) {
    t.is((await ask(path, 'a')).status, 500, path);
    const line = await logs.find((each) => each['path'] === path);
    t.is(line['code'], 'TENANT_NOT_ISOLATED');
  }
});

test.serial("tags are a tenant's own, and its jobs reach them", async (t) => {
  const { db: getDb, close } = await strategies['schema']!('pglite');
  const cache = createCache({ logger: false });
  t.teardown(() => cache.close());
  let calls = 0;
  const { url, app } = await serve(t, (app) => {
    app.get('/', { deps: { db: getDb } }, () => cache.getOrSet('n', () => ({ n: (calls += 1) }), { tags: ['notes'] }));
    app.post('/', { deps: { db: getDb } }, async () => {
      await cache.deleteByTag('notes');
      return {};
    });
    app.onClose(close);
  });
  const ask = async (key: string, method = 'GET'): Promise<any> =>
    (await fetch(url, { method, headers: { 'x-api-key': key } })).json();
  t.deepEqual([await ask('a'), await ask('b')], [{ n: 1 }, { n: 2 }]);
  await ask('a', 'POST');
  t.deepEqual([await ask('a'), await ask('b')], [{ n: 3 }, { n: 2 }]);
  const access = await app.resolve(tenants(getDb));
  await access.run('globex', () => cache.deleteByTag('notes'));
  t.deepEqual([await ask('a'), await ask('b')], [{ n: 3 }, { n: 4 }]);
});
