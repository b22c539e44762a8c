/** The example's transactions and migrations, on both engines (D4). */
import test from 'ava';
import { Covet } from 'covet';

import { createApp } from '../../examples/blog/app.ts';
import { getDatabase } from '../../examples/blog/database/database.ts';
import { migrate, readMigrations } from '../../examples/blog/database/migrate.ts';
import { openPglite } from '../../examples/blog/database/pglite.ts';
import { openPostgres } from '../../examples/blog/database/postgres.ts';
import { type Database, inTransaction, violatedUnique } from '../../examples/blog/database/queryable.ts';
import { Session } from '../../examples/blog/database/session.ts';
import { createPostgresDatabase, engines } from './blog.ts';

const { log } = new Covet({ logger: false });

for (const engine of engines) {
  const closers: (() => Promise<void>)[] = [];
  let open: () => Database = openPglite;
  let database!: Database;

  test.before(async () => {
    if (engine === 'PostgreSQL') {
      const { url, drop } = await createPostgresDatabase();
      closers.push(drop);
      open = () => openPostgres(url, log);
    }
    database = open();
    closers.unshift(() => database.close());
    await database.query('create table items (name text constraint items_name_key unique, later integer)');
  });
  test.after.always(async () => {
    for (const close of closers) await close();
  });

  const names = async (prefix: string): Promise<string[]> => {
    const sql = "select name from items where name like $1 || '%' order by name";
    return (await database.query<{ name: string }>(sql, [prefix])).map(({ name }) => name);
  };
  const insert = (to: Pick<Database, 'query'>, name: string) => to.query('insert into items values ($1)', [name]);

  test(`${engine}: reads times, large integers, lists and documents alike`, async (t) => {
    const [row] = await database.query(
      `select timestamptz '2026-01-02 03:04:05.678+02' as time, int8 '9007199254740991' as big, array['a', 'b'] as list,
         jsonb '{"a":[1]}' as document, count(*) as count from (values (1), (2)) v`,
    );
    t.deepEqual(
      { ...row },
      {
        time: '2026-01-02T01:04:05.678Z',
        big: 9_007_199_254_740_991,
        list: ['a', 'b'],
        document: { a: [1] },
        count: 2,
      },
    );
  });

  test(`${engine}: a transaction does all or nothing`, async (t) => {
    await inTransaction(database, (transaction) => insert(transaction, 'all-1'));
    const failing = inTransaction(database, async (transaction) => {
      await insert(transaction, 'all-2');
      throw new Error('changed my mind');
    });
    await t.throwsAsync(failing, { message: 'changed my mind' });
    t.deepEqual(await names('all'), ['all-1']);
  });

  test(`${engine}: says which unique index was violated`, async (t) => {
    await insert(database, 'unique');
    const error = await t.throwsAsync(insert(database, 'unique'));
    t.is(violatedUnique(error), 'items_name_key');
    t.is(violatedUnique(await t.throwsAsync(database.query('select 1 / 0'))), undefined);
    t.is(violatedUnique(undefined), undefined);
  });

  test(`${engine}: a transaction in which a statement failed cannot be committed`, async (t) => {
    const failing = inTransaction(database, async (transaction) => {
      await insert(transaction, 'failed');
      await t.throwsAsync(transaction.query('select 1 / 0'));
    });
    await t.throwsAsync(failing);
    t.deepEqual(await names('failed'), []);
  });

  test(`${engine}: a failed commit is an error`, async (t) => {
    await database.query(
      'create table deferred (id integer constraint deferred_key unique deferrable initially deferred)',
    );
    const failing = inTransaction(database, (transaction) => transaction.run('insert into deferred values (1), (1)'));
    t.is(violatedUnique(await t.throwsAsync(failing)), 'deferred_key');
    t.deepEqual(await database.query('select * from deferred'), []);
    // And the connection serves on.
    t.is((await database.query('select 1')).length, 1);
  });

  test(`${engine}: a session begins when it is first asked, and ends once`, async (t) => {
    let begun = 0;
    const counting: Database = {
      ...database,
      begin: () => {
        begun += 1;
        return database.begin();
      },
    };
    const idle = new Session(counting);
    await idle.commit();
    t.is(begun, 0);
    await t.throwsAsync(idle.query('select 1'), { message: /has ended/ });

    const session = new Session(counting);
    await Promise.all([insert(session, 'session-1'), insert(session, 'session-2')]);
    t.is(begun, 1);
    await session.commit();
    t.deepEqual(await names('session'), ['session-1', 'session-2']);

    const undone = new Session(counting);
    await insert(undone, 'session-3');
    await undone.rollback();
    t.deepEqual(await names('session'), ['session-1', 'session-2']);
  });

  // One after another, and alone: they share the table of what was applied.
  test.serial(`${engine}: migrations are applied once, in order, by one of many`, async (t) => {
    const migrations = await readMigrations();
    t.deepEqual(
      migrations.map(({ name }) => name),
      ['001-users.sql', '002-posts.sql', '003-audit-log.sql'],
    );
    const others = engine === 'PGlite' ? [database, database] : [open(), open()];
    const applied = await Promise.all([database, ...others].map((one) => migrate(one, migrations)));
    if (engine === 'PostgreSQL') await Promise.all(others.map((other) => other.close()));
    t.deepEqual(
      applied.sort((a, b) => b.length - a.length),
      [migrations.map(({ name }) => name), [], []],
    );
    const crlf = migrations.map(({ name, script }) => ({ name, script: script.replaceAll('\n', '\r\n') }));
    t.deepEqual(await migrate(database, crlf), []);

    const [first, ...rest] = migrations;
    const changed = [{ ...first!, script: `${first!.script}-- ` }, ...rest];
    await t.throwsAsync(migrate(database, changed), { message: /001-users\.sql has changed/ });
    await t.throwsAsync(migrate(database, rest), { message: /001-users\.sql, which this program lacks/ });

    const broken = [
      ...migrations,
      { name: '004.sql', script: 'create table fourth (); insert into fourth default values;' },
      { name: '005.sql', script: 'create table fifth (); create table fifth ();' },
    ];
    await t.throwsAsync(migrate(database, broken), { message: /fifth/ });
    await t.throwsAsync(database.query('select * from fourth'), { message: /fourth/ });
    t.deepEqual(await migrate(database, broken.slice(0, 4)), ['004.sql']);
  });
}

test('a database that is down is a 500, not a 401, and heals by itself', async (t) => {
  const inner = openPglite();
  t.teardown(() => inner.close());
  let isDown = false;
  const down = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
  const app = createApp({ logger: { level: 'silent' } });
  app.override(getDatabase, {
    query: (sql, values) => (isDown ? down() : inner.query(sql, values)),
    begin: () => (isDown ? down() : inner.begin()),
    close: async () => {},
  });
  const { url, close } = await app.listen({ port: 0 });
  t.teardown(() => close(0));
  const headers = { authorization: `Bearer ${'A'.repeat(43)}` };

  isDown = true;
  for (const path of ['/api/profile', '/api/v1/admin/users', '/api/posts']) {
    const response = await fetch(url + path, { headers });
    t.is(response.status, 500);
    const text = await response.text();
    t.notRegex(text, /ECONN|10\.0/);
    t.is(JSON.parse(text).error.code, 'SYSTEM_ERROR');
  }
  isDown = false;
  t.is((await fetch(`${url}/api/profile`, { headers })).status, 401);
  t.is((await fetch(`${url}/api/posts`)).status, 200);
});
