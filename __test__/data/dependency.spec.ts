/** A database and a transaction as dependencies, seen from outside. */
import net from 'node:net';

import ava from 'ava';

import { connections } from '../../src/connections/index.ts';
import { database, sql, tx, type DatabaseOptions } from '../../src/data/index.ts';
import { Depends, HttpError } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { serverDatabase, until } from './both-engines.ts';

const { url, open } = serverDatabase();
/** One after the other: PGlite takes seconds to start on a busy machine, and each test starts its own. */
const test = ava.serial;
const engines: Record<string, () => Promise<DatabaseOptions>> = {
  postgres: async () => ({ url: await url() }),
  pglite: async () => ({}),
};

for (const [engine, options] of Object.entries(engines)) {
  test(`${engine}: a request's transaction is committed before the answer, and undone by any error`, async (t) => {
    const getDatabase = database('main', { _: Depends(() => 0, { scope: 'singleton' }) }, options);
    const getTx = tx(getDatabase);
    const { url: base } = await serve(t, (app) => {
      app.post('/users/{name}', { deps: { tx: getTx } }, async ({ tx: inTx, params, query }) => {
        await inTx.execute(sql`insert into people values (${params.name})`);
        if (query['fail'] === 'http') throw new HttpError(418, 'No');
        if (query['fail'] === 'commit')
          await inTx.execute(sql`insert into people values (${params.name})`).catch(() => {});
        if (query['fail'] === 'left') void inTx.execute(sql`select pg_sleep(0.01)`);
        return { ok: true };
      });
      app.get('/users', { deps: { db: getDatabase } }, async ({ db }) =>
        db.query(sql`select name from people order by 1`),
      );
      app.post('/tables', { deps: { db: getDatabase } }, async ({ db }) => {
        await db.execute(sql`create table people (name text primary key)`);
        return {};
      });
    });
    const post = (path: string): Promise<Response> => fetch(`${base}${path}`, { method: 'POST' });
    t.is((await post('/tables')).status, 200);
    t.is((await post('/users/Ada')).status, 200);
    t.is((await post('/users/Bob?fail=http')).status, 418);
    const failed = await post('/users/Cid?fail=commit');
    t.is(failed.status, 500);
    t.like(await failed.json(), { error: { code: 'TRANSACTION_ERROR', message: 'Internal Server Error' } });
    t.is((await post('/users/Dan?fail=left')).status, 500);
    const twice = await post('/users/Ada');
    t.is(twice.status, 409);
    t.like(await twice.json(), {
      error: {
        code: 'UNIQUE_VIOLATION',
        details: { field_errors: [{ field: 'name', message: 'Already taken', code: 'unique' }] },
      },
    });
    t.deepEqual(await (await fetch(`${base}/users`)).json(), [{ name: 'Ada' }]);
  });

  test(`${engine}: everything in a request shares its transaction, and services join it`, async (t) => {
    const getDatabase = database('main', { _: Depends(() => 0, { scope: 'singleton' }) }, options);
    t.is(tx(getDatabase), tx(getDatabase, {}));
    t.not(tx(getDatabase), tx(getDatabase, { readOnly: true }));
    const txid = sql<{ id: string }>`select txid_current()::text as id`;
    const getId = Depends({ tx: tx(getDatabase) }, async ({ tx: inTx }) => (await inTx.one(txid)).id);
    const { url: base } = await serve(t, (app) => {
      app.get('/', { deps: { db: getDatabase, tx: tx(getDatabase), id: getId } }, async ({ db, tx: inTx, id }) => {
        const joined = await inTx.join(() => db.one(txid));
        return { ids: new Set([id, (await inTx.one(txid)).id, joined.id]).size };
      });
    });
    t.deepEqual(await (await fetch(base)).json(), { ids: 1 });
  });

  test(`${engine}: a database announces itself with the counters of its pool, and leaves when the application closes`, async (t) => {
    const getDatabase = database('app', { _: Depends(() => 0, { scope: 'singleton' }) }, options);
    const { app } = await serve(t, (app) => app.get('/', { deps: { db: getDatabase } }, () => 'x'));
    const db = await app.resolve(getDatabase);
    const all = await app.resolve(connections);
    await db.transaction(async (inTx) => {
      await inTx.query(sql`select 1`);
      t.like(all.stats(), { db_app: { checked_out: 1, active_connections: 1, total_connections: 1, overflow: 0 } });
    });
    t.like(all.stats(), { db_app: { checked_out: 0, checked_in: 1, pool_size: engine === 'pglite' ? 1 : 20 } });
    t.like(await all.check(), { status: 'up' });
    await app.close();
    t.deepEqual(all.stats(), {});
  });
}

test('a database that is not there is a 503 with Retry-After, and is found when it comes', async (t) => {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  const target = new URL(await url());
  const here = new URL(target);
  here.host = `127.0.0.1:${port}`;
  const getDatabase = database('main', { url: here.href, acquireTimeout: 1000 });
  const { url: base, app } = await serve(t, (app) => {
    app.get('/', { deps: { db: getDatabase } }, ({ db }) => db.one(sql`select 1 as one`));
  });
  const answer = await fetch(base);
  t.is(answer.status, 503);
  t.is(answer.headers.get('retry-after'), '5');
  const text = await answer.text();
  t.like(JSON.parse(text), { error: { code: 'DATABASE_UNAVAILABLE', message: 'Service Unavailable', details: {} } });
  t.like(await (await app.resolve(connections)).check(), { status: 'down' });

  const proxy = net.createServer((socket) => {
    const server = net.connect(Number(target.port || 5432), target.hostname);
    socket.on('error', () => server.destroy()).pipe(server);
    server.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  t.deepEqual(await (await fetch(base)).json(), { one: 1 });
  t.like(await (await app.resolve(connections)).check(), { status: 'up' });
});

test('when the client goes away, its query is cancelled on the server and its transaction undone', async (t) => {
  const getDatabase = database('main', { _: Depends(() => 0, { scope: 'singleton' }) }, engines['postgres']!);
  const watch = await open(t);
  await watch.execute(sql`create table events (n int)`);
  const { url: base, app } = await serve(t, (app) => {
    app.get('/slow', { deps: { tx: tx(getDatabase) } }, async ({ tx: inTx }) => {
      await inTx.execute(sql`insert into events values (1)`);
      await inTx.query(sql`select pg_sleep(30) as nobody_waits`);
      return {};
    });
  });
  const running = async (): Promise<number> =>
    (
      await watch.one(
        sql<{
          n: number;
        }>`select count(*) as n from pg_stat_activity where state = 'active' and query = 'select pg_sleep(30) as nobody_waits'`,
      )
    ).n;
  const abort = new AbortController();
  const request = fetch(`${base}/slow`, { signal: abort.signal });
  await until(async () => (await running()) === 1);
  abort.abort();
  await t.throwsAsync(request, { any: true });
  await until(async () => (await running()) === 0);
  await until(async () => (await app.resolve(getDatabase)).stats().checked_out === 0);
  t.deepEqual(await watch.query(sql`select * from events`), []);
});

test('the name of a database is checked', (t) => {
  for (const name of ['', 'Main', 'a-b', '1a']) t.throws(() => database(name), { instanceOf: TypeError });
});
