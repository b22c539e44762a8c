/** Tests of outages have a PostgreSQL of their own to stop and start. */
import test from 'ava';
import { Client } from 'pg';

import { createOwnPostgres } from '../../scripts/postgres.mjs';

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

test('a server of its own keeps its data from stop to start', async (t) => {
  const own = await createOwnPostgres();
  t.teardown(own.close);
  await own.start();
  await query(own.url, 'create table cats (name text)');
  await own.stop();
  await t.throwsAsync(query(own.url, 'table cats'), { code: 'ECONNREFUSED' });
  await own.start();
  t.deepEqual(await query(own.url, 'table cats'), []);
});
