/** What a database's roles and sessions may not leave open between tenants (D13). */
import test from 'ava';

import { openDatabase, sql, tenantDatabase, tenants } from '../../src/data/index.ts';
import { Covet, Depends } from '../../src/index.ts';
import { asDependency, strategies, toOptions } from './tenant-strategies.ts';

for (const engine of ['postgres', 'pglite']) {
  test.serial(`row on ${engine}: a role that owns tables without forced policies is refused`, async (t) => {
    const { options, drop } = await toOptions(engine);
    const db = await openDatabase(options);
    const owner = 'covet_test_owner';
    t.teardown(async () => {
      await db.close();
      await drop();
    });
    await db.execute(
      sql`do $$ begin create role covet_test_owner; exception when duplicate_object or unique_violation then null; end $$`,
    );
    await db.execute(sql`create table owned (tenant text)`);
    await db.execute(sql`alter table owned enable row level security`);
    await db.execute(sql`create policy tenant on owned using (tenant = current_setting('covet.tenant'))`);
    await db.execute(sql`insert into owned values ('acme'), ('globex')`);
    await db.execute(sql`alter table owned owner to ${sql.id(owner)}`);
    const shared = asDependency(db);
    const app = new Covet({ logger: false });
    const errors: string[] = [];
    app.onError((error) => void errors.push(`${String(error.code)} ${error.message}`));
    const getDb = tenantDatabase({ strategy: 'row', tenant: Depends(() => 'acme'), database: shared, role: owner });
    app.get('/', { deps: { db: getDb } }, ({ db }) => db.query(sql`select tenant from owned`));
    t.is((await app.inject('/')).status, 500);
    t.regex(
      errors[0]!,
      /^TENANT_NOT_ISOLATED The role 'covet_test_owner' owns .* of owned: .*force row level security/,
    );
    await db.execute(sql`alter table owned force row level security`);
    t.deepEqual(await (await app.inject('/')).json(), [{ tenant: 'acme' }]);
    await app.close();
  });

  test.serial(`on ${engine}: what a tenant puts into a temporary table is gone for the next`, async (t) => {
    const { db: getDb, close } = await strategies['schema']!(engine);
    const app = new Covet({ logger: false });
    t.teardown(async () => {
      await app.close();
      await close();
    });
    const access = await app.resolve(tenants(getDb));
    await access.run('acme', async (db) => {
      await db.execute(sql`create temp table notes as select 1 as id, 'secret'::text as text`);
      await db.execute(sql`create temp table only_here as select 'secret'::text as text`);
    });
    for (const name of ['globex', 'acme']) {
      t.deepEqual(await access.run(name, (db) => db.query(sql`select * from notes`)), []);
      await t.throwsAsync(
        access.run(name, (db) => db.query(sql`select * from only_here`)),
        { message: /does not exist/ },
      );
    }
    // Within a transaction it is in nobody's way, either.
    const seen = await access.run('acme', (db) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`create temp table notes as select 1 as id, 'mine'::text as text`);
        return [await tx.query(sql`select * from notes`), await tx.query(sql`select text from pg_temp.notes`)];
      }),
    );
    t.deepEqual(seen, [[], [{ text: 'mine' }]]);
  });

  test.serial(`schema on ${engine}: each tenant may have a role of its own`, async (t) => {
    const { options, drop } = await toOptions(engine);
    const db = await openDatabase(options);
    const app = new Covet({ logger: false });
    t.teardown(async () => {
      await app.close();
      await db.close();
      await drop();
    });
    for (const name of ['acme', 'globex']) {
      const own = sql.id(`covet_test_${name}`);
      await db.execute(
        sql`do $$ begin create role ${own}; exception when duplicate_object or unique_violation then null; end $$`,
      );
      await db.execute(sql`create schema ${sql.id(`tenant_${name}`)} authorization ${own}`);
    }
    const getDb = tenantDatabase({
      strategy: 'schema',
      tenant: Depends(() => 'acme'),
      database: asDependency(db),
      role: (name) => `covet_test_${name}`,
    });
    const access = await app.resolve(tenants(getDb));
    for (const name of ['acme', 'globex']) {
      await access.run(name, (own) => own.execute(sql`create table notes as select ${name}::text as whose`));
    }
    t.deepEqual(await access.run('acme', (own) => own.query(sql`select * from notes`)), [{ whose: 'acme' }]);
    // Even by its full name another's schema is out of reach.
    await t.throwsAsync(
      access.run('acme', (own) => own.query(sql`select * from tenant_globex.notes`)),
      { message: /permission denied/ },
    );
  });
}
