/** No increment is lost and none is counted twice, whatever back ends are killed. */
import ava from 'ava';

import { sql } from '../../src/data/index.ts';
import { serverDatabase, until } from './both-engines.ts';
import { incrementUnderFire } from './increment-under-fire.ts';

const { open } = serverDatabase();
const test = ava.serial;

// `programs/ten-thousand-increments.ts` runs more of them: on a busy machine too long for every run of the tests.
test('3000 increments at once, with back ends killed in the middle of anything, commits included', async (t) => {
  t.timeout(110_000);
  // So long that nobody is told to come again later, on a busy machine either.
  const db = await open(t, { poolSize: 10, maxOverflow: 0, acquireTimeout: 100_000 });
  const admin = await open(t, { poolSize: 1, maxOverflow: 0 });
  const { rejected, n, entries, killed, killedInCommit } = await incrementUnderFire(db, admin, {
    count: 3000,
    interval: 80,
  });
  t.deepEqual(rejected.slice(0, 3), []);
  t.deepEqual({ n, entries }, { n: 3000, entries: 3000 });
  t.true(killed > 10 && killedInCommit > 3, `${killed} back ends were killed, ${killedInCommit} that committed`);
  t.is(db.stats().checked_out, 0);
});

test('a lost commit is settled while the pool has nothing to spare, and nobody waits for that', async (t) => {
  const db = await open(t, { poolSize: 1, maxOverflow: 0, acquireTimeout: 10_000 });
  const admin = await open(t, { poolSize: 2 });
  await db.execute(sql`create table slow_commits (n int)`);
  await db.execute(sql`create function wait_for_it() returns trigger language plpgsql as
    $$ begin perform pg_sleep(30); return null; end $$`);
  await db.execute(sql`create constraint trigger slow after insert on slow_commits deferrable initially deferred
    for each row when (new.n = 1) execute function wait_for_it()`);
  let runs = 0;
  const work = db.transaction(
    async (tx) => {
      await tx.execute(sql`insert into slow_commits values (${++runs})`);
    },
    { retry: 5 },
  );
  const committing = sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query = 'commit' and state = 'active'`;
  await until(async () => (await admin.execute(committing)) === 1);
  const start = performance.now();
  t.is(await db.execute(sql`select 1`), 1);
  await work;
  t.true(performance.now() - start < 9000);
  t.is(runs, 2, 'what was undone was done again');
  t.deepEqual(await db.query(sql`select n from slow_commits`), [{ n: 2 }]);
});
