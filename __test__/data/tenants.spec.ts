/** A tenant sees its own rows and no others, by whatever route it tries (D13). */
import test, { type ExecutionContext } from 'ava';

import { database, openDatabase, sql, tenant, tenantDatabase, tx } from '../../src/data/index.ts';
import { Covet, Depends, HttpError } from '../../src/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { serve } from '../helpers/serve.ts';
import { asDependency, enginesOf, role, strategies, toOptions, type Setting } from './tenant-strategies.ts';

/** Every way in which a handler can reach rows. */
async function serveNotes(
  t: ExecutionContext,
  { db, close }: Setting,
): Promise<(...args: CallArgs) => Promise<Answer>> {
  const served = await serve(t, (app) => {
    const list = sql<{ id: number; text: string }>`select id, text from notes order by id`;
    app.get('/notes', { deps: { db } }, ({ db }) => db.query(list));
    app.get('/notes/tx', { deps: { tx: tx(db) } }, ({ tx }) => tx.query(list));
    app.get('/notes/read', { deps: { db } }, ({ db }) => db.read.query(list));
    app.get('/notes/nested', { deps: { db } }, ({ db }) =>
      db.transaction((outer) => outer.transaction(() => db.query(list))),
    );
    app.get('/notes/stream', { deps: { db } }, async ({ db }) => {
      const rows = [];
      for await (const row of db.stream(list)) rows.push(row);
      return rows;
    });
    app.get('/notes/all', { deps: { db } }, ({ db }) => db.query(sql`select * from notes where true or id = 1`));
    app.get('/notes/{id:int}', { deps: { db } }, async ({ db, params }) => {
      const row = await db.maybeOne(sql`select id, text from notes where id = ${params.id}`);
      if (row === undefined) throw new HttpError(404, 'Note not found');
      return row;
    });
    app.put('/notes/{id:int}', { deps: { tx: tx(db) } }, async ({ tx, params }) => {
      await tx.execute(sql`insert into notes (id, text) values (${params.id}, 'new')`);
      return {};
    });
    app.delete('/notes/{id:int}', { deps: { tx: tx(db) } }, async ({ tx, params }) => ({
      count: await tx.execute(sql`delete from notes where id = ${params.id}`),
    }));
    app.patch('/notes/{id:int}', { deps: { db } }, async ({ db, params }) => ({
      count: await db.execute(sql`update notes set text = 'changed' where id = ${params.id}`),
    }));
    app.onClose(close);
  });
  return async (method, path, key, headers = {}) => {
    const init = { method, headers: { ...(key === undefined ? {} : { 'x-api-key': key }), ...headers } };
    const response = await fetch(served.url + path, init);
    return { status: response.status, body: await response.json() };
  };
}

type CallArgs = [method: string, path: string, key?: string, headers?: Record<string, string>];
interface Answer {
  readonly status: number;
  readonly body: any;
}

const routes = ['/notes', '/notes/tx', '/notes/read', '/notes/nested', '/notes/stream', '/notes/all'];

for (const [strategy, create] of Object.entries(strategies)) {
  for (const engine of enginesOf(strategy)) {
    test.serial(`${strategy} on ${engine}: no route shows or changes another tenant's rows`, async (t) => {
      const call = await serveNotes(t, await create(engine));
      for (const id of [1, 2]) t.is((await call('PUT', `/notes/${id}`, 'a')).status, 200);
      t.is((await call('PUT', '/notes/3', 'b')).status, 200);
      for (const route of routes) {
        const [mine, theirs] = [await call('GET', route, 'a'), await call('GET', route, 'b')];
        t.deepEqual([mine.status, theirs.status], [200, 200], route);
        t.deepEqual(
          [mine.body.map(({ id }: { id: number }) => id).sort(), theirs.body.map(({ id }: { id: number }) => id)],
          [[1, 2], [3]],
          route,
        );
      }
      t.is((await call('GET', '/notes/1', 'b')).status, 404);
      t.deepEqual((await call('DELETE', '/notes/1', 'b')).body, { count: 0 });
      t.deepEqual((await call('PATCH', '/notes/1', 'b')).body, { count: 0 });
      t.deepEqual((await call('GET', '/notes/1', 'a')).body, { id: 1, text: 'new' });
      // The same id is free for everybody: nobody learns by a conflict what others have.
      t.is((await call('PUT', '/notes/1', 'b')).status, 200);
      t.is((await call('PUT', '/notes/1', 'b')).status, 409);
    });

    test.serial(`${strategy} on ${engine}: many at once never see each other's rows`, async (t) => {
      const call = await serveNotes(t, await create(engine));
      await call('PUT', '/notes/1', 'a');
      await call('PUT', '/notes/2', 'b');
      const answers = await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const key = n % 2 === 0 ? 'a' : 'b';
          return { key, ...(await call('GET', routes[n % routes.length]!, key)) };
        }),
      );
      for (const { key, status, body } of answers) {
        t.is(status, 200);
        t.deepEqual(
          body.map(({ id }: { id: number }) => id),
          [key === 'a' ? 1 : 2],
        );
      }
    });
  }
}

test('the tenant is that of the claim, whatever the header says', async (t) => {
  const call = await serveNotes(t, await strategies['schema']!('pglite'));
  const status = async (key?: string, header?: string): Promise<number> =>
    (await call('GET', '/notes', key, header === undefined ? {} : { 'tenant-id': header })).status;
  t.is(await status('a'), 200);
  t.is(await status('a', 'acme'), 200);
  t.is(await status('a', 'globex'), 403);
  t.is(await status('a', 'acme; drop table notes'), 400);
  t.is(await status('a', "x'y"), 400);
  t.is(await status('c', 'acme'), 401);
  t.is(await status(undefined, 'acme'), 401);
  const unknown = await call('GET', '/notes', 'd');
  t.is(unknown.status, 400);
  t.like(unknown.body, { error: { message: 'Invalid tenant' } });
});

for (const engine of ['postgres', 'pglite']) {
  test.serial(`row on ${engine}: a role that bypasses policies is refused, and one that is none`, async (t) => {
    const { options, drop } = await toOptions(engine);
    const db = await openDatabase(options);
    t.teardown(async () => {
      await db.close();
      await drop();
    });
    const run = async (name?: string): Promise<{ status: number; code: unknown }> => {
      const app = new Covet({ logger: false, mode: 'development' });
      const codes: unknown[] = [];
      app.onError((error) => void codes.push(error.code));
      const getDb = tenantDatabase({
        strategy: 'row',
        tenant: Depends(() => 'acme'),
        database: asDependency(db),
        role: name,
      });
      app.get('/', { deps: { db: getDb } }, ({ db }) => db.query(sql`select 1 as one`));
      const { status } = await app.inject('/');
      await app.close();
      return { status, code: codes[0] };
    };
    t.deepEqual(await run(), { status: 500, code: 'TENANT_NOT_ISOLATED' });
    t.deepEqual(await run('no_such_role'), { status: 500, code: 'TENANT_NOT_ISOLATED' });
    await db.execute(role);
    t.deepEqual(await run('covet_test_tenant'), { status: 200, code: undefined });
  });
}

test("a transaction of all tenants' database and one of a tenant do not mix", async (t) => {
  const made = await createDatabase();
  const db = await openDatabase({ url: made.url });
  t.teardown(async () => {
    await db.close();
    await made.drop();
  });
  const acme = db.confine("select set_config('covet.tenant', 'acme', true)");
  const globex = db.confine("select set_config('covet.tenant', 'globex', true)");
  const current = sql<{ tenant: string | null }>`select nullif(current_setting('covet.tenant', true), '') as tenant`;
  const seen = await db.transaction(async (outer) => [
    await db.one(current),
    await acme.transaction(async (inner) => [
      await acme.one(current),
      await db.one(current),
      await globex.one(current),
      await inner.transaction(() => acme.one(current)),
      await outer.one(current),
    ]),
    await db.one(current),
  ]);
  const of = (tenant: string | null): { tenant: string | null } => ({ tenant });
  t.deepEqual(seen, [of(null), [of('acme'), of(null), of('globex'), of('acme'), of(null)], of(null)]);
  t.deepEqual(await db.one(current), of(null), 'nothing is left on a connection of the pool');
  t.is(db.stats().checked_out, 0);
});

test('names that are more than names are refused', (t) => {
  const shared = database();
  const base = { strategy: 'row', tenant: Depends(() => 'acme'), database: shared } as const;
  t.throws(() => tenantDatabase({ ...base, setting: 'search_path' }), { instanceOf: TypeError, message: /has a dot/ });
  t.throws(() => tenantDatabase({ ...base, setting: "a.b', 'x" }), { instanceOf: TypeError, message: /has a dot/ });
  t.throws(() => tenantDatabase({ ...base, role: '' }), { instanceOf: TypeError, message: /1 to 63 bytes/ });
  t.throws(() => tenantDatabase({ ...base, role: 'x'.repeat(64) }), {
    instanceOf: TypeError,
    message: /1 to 63 bytes/,
  });
  const own = { strategy: 'database', tenant: Depends(() => 'acme'), open: () => ({}) } as const;
  t.throws(() => tenantDatabase({ ...own, maxPools: 0 }), { instanceOf: RangeError, message: /maxPools/ });
  t.throws(() => tenantDatabase({ ...own, poolTimeout: 0 }), { instanceOf: RangeError, message: /poolTimeout/ });
});

test("a tenant's name that makes too long a schema is no tenant", async (t) => {
  const db = await openDatabase();
  t.teardown(() => db.close());
  const app = new Covet({ logger: false });
  let name = 'x'.repeat(57);
  const claim = tenant({ claim: Depends(() => name) });
  const getDb = tenantDatabase({ strategy: 'schema', tenant: claim, database: asDependency(db) });
  app.get('/', { deps: { db: getDb } }, ({ db }) => db.query(sql`select 1 as one`));
  const refused = await app.inject('/');
  t.is(refused.status, 400);
  t.like(await refused.json(), { error: { message: 'Invalid tenant' } });
  name = 'x'.repeat(56);
  t.is((await app.inject('/')).status, 200);
  await app.close();
});
