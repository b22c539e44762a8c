/** Increments at once while back ends of the database are killed at random, whatever they are doing: commits included. */
import { setTimeout as sleep } from 'node:timers/promises';

import { sql, type Database } from '../../src/data/index.ts';

/** What came of them. */
export interface Outcome {
  /** The counter, and how many transactions left their id. */
  readonly n: number;
  readonly entries: number;
  readonly rejected: readonly unknown[];
  readonly killed: number;
  /** How many of those were committing. */
  readonly killedInCommit: number;
  readonly time: number;
}

/** Runs `count` of them on `db`, while `admin` kills one back end every `interval` milliseconds, and every commit it catches. */
export async function incrementUnderFire(
  db: Database,
  admin: Database,
  { count, interval }: { readonly count: number; readonly interval: number },
): Promise<Outcome> {
  await db.execute(sql`create table counter (n int)`);
  await db.execute(sql`insert into counter values (0)`);
  await db.execute(sql`create table ledger (id int primary key)`);
  const fire = { isOver: false, killed: 0, killedInCommit: 0 };
  const victims = sql.unsafe(
    'select pid, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  const killer = (async () => {
    for (let round = 0; !fire.isOver; round++) {
      // By turns anybody, and one that commits: it may be done, undone, or under way when its connection goes.
      const who = round % 2 === 0 ? sql`true` : sql`state = 'active' and query = 'commit'`;
      const rows = await admin.query(
        sql`select pg_terminate_backend(pid), query from (${victims} and ${who} order by random() limit 1) victim`,
      );
      fire.killed += rows.length;
      fire.killedInCommit += rows.filter(({ query }) => query === 'commit').length;
      await sleep(interval);
    }
  })();
  const start = performance.now();
  // The id would clash if a transaction that was committed were tried again.
  const increment = (id: number): Promise<void> =>
    db.transaction(
      async (tx) => {
        await tx.execute(sql`insert into ledger values (${id})`);
        await tx.execute(sql`update counter set n = n + 1`);
      },
      { retry: { retries: 50, delay: 5, maxDelay: 200 } },
    );
  const results = await Promise.allSettled(Array.from({ length: count }, (_, id) => increment(id)));
  const time = performance.now() - start;
  fire.isOver = true;
  await killer;
  const rejected = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const { n, entries } = await db.one(
    sql<{ n: number; entries: number }>`select n, (select count(*) from ledger) as entries from counter`,
  );
  return { n, entries, rejected, killed: fire.killed, killedInCommit: fire.killedInCommit, time };
}
