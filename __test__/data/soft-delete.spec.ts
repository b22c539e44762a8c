/** Rows deleted in name only. */
import { notDeleted, paginate, restoreDeleted, softDelete, sql } from '../../src/data/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const onBoth = onBothEngines();

onBoth('the second time there is nothing to delete', async (t, db) => {
  const name = tableName();
  const table = sql.id(name);
  await db.execute(
    sql`create table ${table} (id int primary key, owner text, is_active bool default true, deleted_at timestamptz)`,
  );
  await db.execute(sql`insert into ${table} values (1, 'a'), (2, 'a'), (3, 'b')`);
  const options = { set: { is_active: false } };
  t.is(await softDelete(db, `public.${name}`, 1, options), 1);
  const first = await db.one(sql<{ is_active: boolean; deleted_at: string }>`select * from ${table} where id = 1`);
  t.false(first.is_active);
  t.true(Math.abs(Date.parse(first.deleted_at) - Date.now()) < 60_000);
  t.is(await softDelete(db, name, 1, options), 0);
  t.deepEqual(await db.one(sql`select * from ${table} where id = 1`), { ...first }, 'the time of the first stays');
  t.is(await softDelete(db, name, 99), 0);
  t.is(await softDelete(db, name, 3, { where: sql`owner = ${'a'} or owner = ${'c'}` }), 0, "another owner's");
  t.is(await softDelete(db, name, 'a', { key: 'owner' }), 1, 'those that were not deleted before');

  const living = sql<{ id: number }>`select id from ${table} own where ${notDeleted('own')}`;
  t.deepEqual(await db.query(living), [{ id: 3 }]);
  t.like(await paginate(db, living, { key: 'id' }), { total: 1 });
  t.is(await restoreDeleted(db, name, 1, { set: { is_active: true } }), 1);
  t.is(await restoreDeleted(db, name, 1), 0);
  t.like(await db.one(sql`select * from ${table} where id = 1`), { is_active: true, deleted_at: null });
});

onBoth('of many who delete at once, one does', async (t, db) => {
  const name = tableName();
  await db.execute(sql`create table ${sql.id(name)} (id int primary key, removed timestamptz)`);
  await db.execute(sql`insert into ${sql.id(name)} values (1)`);
  const counts = await Promise.all(Array.from({ length: 10 }, () => softDelete(db, name, 1, { column: 'removed' })));
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    1,
  );
});
