import test from 'ava';
import pg from 'pg';

import { openDataDatabase } from '../../benchmark/http/data-database.ts';
import { rowCount, statements, takeRows, userOf } from '../../benchmark/http/servers/data/fixtures.ts';

test('the database has the rows that the cases expect, answers numbers, and is dropped in use', async (t) => {
  const database = await openDataDatabase();
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query({ text: statements.page, values: [4200] });
    t.deepEqual(
      rows,
      Array.from({ length: 20 }, (_, index) => userOf(4201 + index)),
    );
    t.is(await database.ask('select count(*) from users'), rowCount);
    t.is(await database.ask('select sum(visits) from counters'), 0);
    t.is((await client.query({ text: statements.update, values: [rowCount] })).rowCount, 1);
    t.is(await database.ask('select sum(visits) from counters'), 1);
    await t.throwsAsync(database.ask('select name from users where id = 1'), { message: /gives no number: select/ });
    await t.throwsAsync(database.ask('select id from users'), { message: /gives no number/ });
  } finally {
    await database.close();
  }
  const again = new pg.Client({ connectionString: database.url });
  await t.throwsAsync(again.connect(), { message: /does not exist/ });
});

test('transactions take rows that others have not', (t) => {
  const taken = Array.from({ length: rowCount / 10 }, () => takeRows());
  t.is(new Set(taken.flat()).size, rowCount);
  t.true(taken.flat().every((id) => id >= 1 && id <= rowCount));
  t.deepEqual(
    taken[0],
    [...(taken[0] ?? [])].toSorted((a, b) => a - b),
  );
});
