/** Tests that need PostgreSQL have one, each with a database of its own. */
import test from 'ava';
import { Client } from 'pg';

import { createDatabase } from '../helpers/database.ts';

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('a test database is real, empty, its own, and gone when dropped', async (t) => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  t.teardown(() => Promise.all([one.drop(), other.drop()]));
  await query(one.url, 'create table cats (name text primary key)');
  t.deepEqual(await query(one.url, "insert into cats values ('Mia') returning name"), [{ name: 'Mia' }]);
  await t.throwsAsync(query(other.url, 'table cats'), { message: /"cats" does not exist/ });
  await one.drop();
  await t.throwsAsync(query(one.url, 'select 1'), { message: /database ".*" does not exist/ });
});
