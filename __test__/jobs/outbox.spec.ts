/** Jobs that leave exactly when a transaction commits, whatever dies in between. */
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';

import { database, openDatabase, sql, type Database, type DatabaseOptions } from '../../src/data/index.ts';
import { Covet, Depends } from '../../src/index.ts';
import {
  bullJobs,
  defineJob,
  ensureOutbox,
  jobs,
  memoryJobs,
  outbox,
  type JobDriver,
  type Outbox,
  type OutboxOptions,
} from '../../src/jobs/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { stores, until } from './stores.ts';

const payload = z.object({ n: z.number() });

interface Bench {
  readonly db: Database;
  readonly box: Outbox;
  readonly done: number[];
  readonly Note: ReturnType<typeof note>;
}

function note(done: number[]) {
  return defineJob('note', { payload }, ({ payload }) => done.push(payload.n));
}

/** An application with a queue that has an outbox. */
async function open(
  t: ExecutionContext,
  driver: JobDriver,
  options: { readonly database?: DatabaseOptions; readonly outbox?: OutboxOptions } = {},
): Promise<Bench> {
  const done: number[] = [];
  const Note = note(done);
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const getDatabase = database('main', options.database ?? {});
  const getOutbox = outbox(getDatabase, options.outbox);
  const db = await app.resolve(getDatabase);
  await ensureOutbox(db);
  await app.resolve(jobs({ handlers: [Note], driver, outbox: getOutbox, concurrency: 1 }));
  return { db, box: await app.resolve(getOutbox), done, Note };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);

for (const [name, create] of Object.entries(stores)) {
  for (const engine of ['pglite', 'postgres']) {
    test(`${name}, ${engine}: a job leaves with the commit, once, in order, and not when it is undone`, async (t) => {
      const store = await create();
      t.teardown(store.clear);
      const own = engine === 'postgres' ? await createDatabase() : undefined;
      if (own !== undefined) t.teardown(() => own.drop());
      const { db, box, done, Note } = await open(t, store.driver(), { database: { url: own?.url } });
      await db.transaction(async (tx) => {
        for (const n of numbers(0, 20)) await box.add(tx, Note, { n });
        await new Promise((resolve) => setTimeout(resolve, 100));
        t.deepEqual(done, [], 'nothing leaves before the commit');
      });
      const undone = db.transaction(async (tx) => {
        await box.add(tx, Note, { n: -1 });
        throw new Error('no');
      });
      await t.throwsAsync(undone, { message: 'no' });
      await db.transaction(async (tx) => {
        await box.add(tx, Note, { n: 20 }, { id: 'twenty' });
        await box.add(tx, Note, { n: 20 }, { id: 'twenty' });
      });
      await until(() => done.length >= 21);
      await until(async () => (await box.count()) === 0);
      t.deepEqual(done, numbers(0, 21));
    });
  }
}

test('a relay whose connection is killed, and a driver that fails, lose nothing and add nothing twice', async (t) => {
  const own = await createDatabase();
  t.teardown(() => own.drop());
  const store = await stores['BullMQ']!();
  t.teardown(store.clear);
  const admin = await openDatabase({ url: own.url, applicationName: 'covet_admin' });
  t.teardown(() => admin.close());
  const driver = store.driver();
  const add = driver.add.bind(driver);
  let calls = 0;
  driver.add = async (batch) => {
    calls += 1;
    if (calls % 5 === 1) throw new Error('refused before');
    await add(batch);
    if (calls % 5 === 2) throw new Error('failed after');
    // The rows have been given over and not yet deleted: now the relay's back end goes.
    if (calls % 5 === 3) {
      await admin.query(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'covet_outbox_test'`);
    }
  };
  const { db, box, done, Note } = await open(t, driver, {
    database: { url: own.url, applicationName: 'covet_outbox_test' },
    outbox: { batchSize: 5, pollInterval: 100 },
  });
  for (const n of numbers(0, 60)) {
    await db.transaction((tx) => box.add(tx, Note, { n }), { retry: { retries: 20 } });
  }
  await until(async () => (await admin.one(sql<{ n: number }>`select count(*)::int as n from covet_outbox`)).n === 0);
  await until(() => done.length >= 60);
  t.true(calls > 10);
  t.deepEqual(sorted(done), numbers(0, 60));
});

test('Redis stopped and started again: the rows wait', async (t) => {
  const server = await createOwnRedis();
  t.teardown(() => server.close());
  await server.start();
  const { db, box, done, Note } = await open(t, bullJobs({ url: server.url }), { outbox: { pollInterval: 100 } });
  await db.transaction((tx) => box.add(tx, Note, { n: 0 }));
  await until(() => done.length === 1);
  await server.stop();
  for (const n of numbers(1, 10)) await db.transaction((tx) => box.add(tx, Note, { n }));
  t.is(await box.count(), 9);
  await server.start();
  await until(() => done.length >= 10, 40_000);
  await until(async () => (await box.count()) === 0);
  t.deepEqual(sorted(done), numbers(0, 10));
});

test('a process that only adds is heard by the one that works, and two that work do nothing twice', async (t) => {
  const own = await createDatabase();
  t.teardown(() => own.drop());
  const store = await stores['BullMQ']!();
  t.teardown(store.clear);
  const options = { database: { url: own.url }, outbox: { pollInterval: 600_000 } };
  const workers = [await open(t, store.driver(), options), await open(t, store.driver(), options)];
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const db = await app.resolve(database('main', { url: own.url }));
  const box = await app.resolve(outbox(Depends(() => db, { scope: 'singleton' })));
  await until(async () => {
    const listening = sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and query like 'listen%'`;
    return (await db.one(listening)).n === 2;
  });
  const { Note } = workers[0]!;
  await Promise.all(numbers(0, 50).map((n) => db.transaction((tx) => box.add(tx, Note, { n }))));
  const done = (): number[] => workers.flatMap((worker) => worker.done);
  await until(() => done().length >= 50);
  await until(async () => (await box.count()) === 0);
  t.deepEqual(sorted(done()), numbers(0, 50));
});

test('mistakes are told', async (t) => {
  const { db, box, Note } = await open(t, memoryJobs());
  await t.throwsAsync(box.add(db as never, Note, { n: 1 }), { message: /give it tx/ });
  await t.throwsAsync(
    db.transaction((tx) => box.add(tx, Note, { n: 'x' as never })),
    { code: 'JOB_PAYLOAD_INVALID' },
  );
  await t.throwsAsync(
    db.transaction((tx) => box.add(tx, Note, { n: 1 }, { priority: 11 })),
    { instanceOf: RangeError },
  );
  t.throws(() => outbox(database(), { batchSize: 0 }), { instanceOf: RangeError });
  t.throws(() => outbox(database(), { pollInterval: 1 }), { instanceOf: RangeError });
  t.throws(() => outbox(database(), { table: '' }), { instanceOf: TypeError });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const stray = jobs('other', { handlers: [], outbox: outbox(database()) });
  await t.throwsAsync(async () => app.resolve(stray), { message: /was given the outbox of 'main'/ });
});
