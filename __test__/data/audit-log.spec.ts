/** Who did what: written with the change or not at all, without secrets, never changed. */
import test from 'ava';

import { auditLog, database, paginateByKey, sql, tx, type Database } from '../../src/data/index.ts';
import { Covet } from '../../src/index.ts';
import { readText } from '../helpers/repository.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const onBoth = onBothEngines();

async function prepare(db: Database) {
  const table = tableName();
  const audit = auditLog({ table, hide: ['Salary'] });
  await audit.ensureTable(db);
  return { audit, table: sql.id(table) };
}

onBoth('an entry lasts when its change does, and not otherwise', async (t, db) => {
  const { audit } = await prepare(db);
  const users = sql.id(tableName());
  await db.execute(sql`create table ${users} (id int primary key)`);
  const create = (id: number): Promise<void> =>
    db.transaction(async (tx) => {
      await audit.add(tx, { actor: 'root', action: 'user.create', target: { type: 'user', id } });
      await tx.execute(sql`insert into ${users} values (${id})`);
    });
  await create(1);
  await t.throwsAsync(create(1), { code: 'UNIQUE_VIOLATION' });
  t.is((await audit.list(db)).total, 1);
  await t.throwsAsync(audit.add(db as never, { actor: 1, action: 'x' }), { message: /give it tx/ });
});

onBoth('an entry says all there is to say, and no secret', async (t, db) => {
  const { audit } = await prepare(db);
  const start = Date.now();
  await db.transaction((tx) =>
    audit.add(tx, {
      actor: 12n,
      action: 'user.update',
      target: { type: 'user', id: 7 },
      before: { name: 'Ada', password: 'old', profile: { apiKey: 'k', salary: 1, sizes: [1, { token: 't' }] } },
      after: { name: 'Grace', at: new Date(0), big: 2n ** 60n },
      details: ['why', null],
      tenant: 'acme',
      request: { ip: '192.0.2.1', header: (name) => (name === 'x-request-id' ? 'r'.repeat(300) : undefined) },
    }),
  );
  const { items, ...rest } = await audit.list(db);
  const [{ at, ...entry }] = items as [(typeof items)[number]];
  t.deepEqual(rest, { total: 1, page: 1, per_page: 20, pages: 1 });
  t.deepEqual(entry, {
    id: 1,
    actor: '12',
    action: 'user.update',
    target_type: 'user',
    target_id: '7',
    before: {
      name: 'Ada',
      password: '[redacted]',
      profile: { apiKey: '[redacted]', salary: '[redacted]', sizes: [1, { token: '[redacted]' }] },
    },
    after: { name: 'Grace', at: '1970-01-01T00:00:00.000Z', big: '1152921504606846976' },
    details: ['why', null],
    tenant: 'acme',
    request_id: 'r'.repeat(200),
    ip: '192.0.2.1',
  });
  t.regex(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/);
  t.true(Math.abs(Date.parse(at) - start) < 60_000, `${at}: UTC`);

  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const add = db.transaction((tx) => audit.add(tx, { actor: 1, action: 'x', details: circle }));
  await t.throwsAsync(add, { instanceOf: TypeError, message: "The 'details' of an audit entry is no JSON" });
});

onBoth('entries are found by each of their facts, in pages, the newest first', async (t, db) => {
  const { audit } = await prepare(db);
  await db.transaction(async (tx) => {
    for (let n = 0; n < 25; n++) {
      await audit.add(tx, {
        actor: n % 2,
        action: n < 20 ? 'read' : 'write',
        target: { type: n % 5 === 0 ? 'user' : 'post', id: n },
        tenant: n < 3 ? 'a' : 'b',
      });
    }
  });
  const count = async (filter: Parameters<typeof audit.list>[1]): Promise<number> =>
    (await audit.list(db, filter)).total;
  t.is(await count({ actor: 1 }), 12);
  t.is(await count({ action: 'write' }), 5);
  t.is(await count({ target: { type: 'user' } }), 5);
  t.is(await count({ target: { type: 'user', id: 10 }, actor: 0 }), 1);
  t.is(await count({ tenant: 'a' }), 3);
  t.is(await count({ from: new Date(Date.now() - 60_000), until: new Date(Date.now() + 60_000) }), 25);
  t.is(await count({ from: new Date(Date.now() + 60_000) }), 0);
  t.is(await count({ until: new Date(Date.now() - 60_000) }), 0);
  const page = await audit.list(db, {}, { page: 2, perPage: 10 });
  t.deepEqual(
    page.items.map(({ id }) => id),
    [15, 14, 13, 12, 11, 10, 9, 8, 7, 6],
  );
  await t.throwsAsync(audit.list(db, {}, { perPage: 101 }), { name: 'ValidationError' });
  const byKey = await paginateByKey(db, audit.select({ actor: 1 }), { key: 'id', secret: 's'.repeat(32), limit: 3 });
  t.deepEqual(
    byKey.items.map(({ id }) => id),
    [2, 4, 6],
  );
});

onBoth('nobody changes an entry, or takes one away', async (t, db) => {
  const { audit, table } = await prepare(db);
  await audit.ensureTable(db);
  await db.transaction((tx) => audit.add(tx, { actor: 1, action: 'x' }));
  for (const statement of [
    sql`update ${table} set actor = '2'`,
    sql`delete from ${table}`,
    sql`truncate ${table}`,
    sql`delete from ${table} where false`,
  ]) {
    await t.throwsAsync(db.execute(statement), { message: /only added to/ }, statement.text);
  }
  t.is((await audit.list(db)).total, 1);
  const open = tableName();
  await auditLog({ table: open }).ensureTable(db, { appendOnly: false });
  t.is(await db.execute(sql`delete from ${sql.id(open)}`), 0);
  t.throws(() => auditLog({ table: 'a..b' }), { instanceOf: TypeError });
});

onBoth("the guide's migration makes the same table", async (t, db) => {
  const statements = /```sql\n-- The audit trail\n([\s\S]*?)```/.exec(readText('docs/data.md'))![1]!;
  await db.transaction((tx) => tx.script(statements));
  const table = tableName();
  await auditLog({ table }).ensureTable(db);
  const shape = (name: string): Promise<unknown> =>
    db.query(sql`
      select column_name, data_type, is_nullable, column_default, is_identity
      from information_schema.columns where table_name = ${name} order by ordinal_position`);
  t.deepEqual(await shape('covet_audit'), await shape(table));
  await db.transaction((tx) => auditLog().add(tx, { actor: 1, action: 'x' }));
  await t.throwsAsync(db.execute(sql`delete from covet_audit`), { message: /only added to/ });
});

test('a request gives its address and its id', async (t) => {
  const getDatabase = database();
  const audit = auditLog();
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const db = await app.resolve(getDatabase);
  await audit.ensureTable(db);
  app.delete('/users/{id:int}', { deps: { tx: tx(getDatabase) } }, async ({ tx, req, params }) => {
    await audit.add(tx, {
      actor: 'root',
      action: 'user.delete',
      target: { type: 'user', id: params.id },
      request: req,
    });
    return { message: 'User deleted successfully' };
  });
  await app.inject({ method: 'DELETE', url: '/users/7', headers: { 'x-request-id': 'r-1' } });
  const { items } = await audit.list(db);
  t.like(items[0], { request_id: 'r-1', target_id: '7' });
  t.regex(items[0]!.ip!, /^(127\.0\.0\.1|::1)$/);
});
