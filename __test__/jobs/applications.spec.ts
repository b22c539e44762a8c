/** What a queue leaves behind when its application has closed, or could not open it: nothing. And what it shows of itself. */
import { AsyncLocalStorage } from 'node:async_hooks';

import test from 'ava';
import { z } from 'zod';

import { connections } from '../../src/connections/index.ts';
import { openDatabase, sql } from '../../src/data/index.ts';
import { Covet } from '../../src/index.ts';
import { defineJob, jobs, schedule } from '../../src/jobs/index.ts';
import { stores, until } from './stores.ts';

const payload = z.object({ n: z.number() });

for (const [name, create] of Object.entries(stores)) {
  test(`${name}: a driver works in the application after the one it was in`, async (t) => {
    const store = await create();
    t.teardown(store.clear);
    const done: number[] = [];
    const Note = defineJob('note', { payload }, ({ payload }) => done.push(payload.n));
    const queue = jobs({ handlers: [Note], driver: store.driver() });
    for (const n of [1, 2, 3]) {
      const app = new Covet({ logger: false });
      const opened = await app.resolve(queue);
      await opened.add(Note, { n }, { id: `${n}` });
      // In memory it is gone with the application, and so is its name.
      if (name === 'memory') await opened.add(Note, { n: 10 + n }, { id: 'the same' });
      await until(() => done.includes(n) && (name !== 'memory' || done.includes(10 + n)));
      await app.close();
    }
    t.deepEqual(
      done.filter((n) => n < 10),
      [1, 2, 3],
    );
  });

  test(`${name}: a schedule that is none leaves nothing at work`, async (t) => {
    const store = await create();
    t.teardown(store.clear);
    const done: number[] = [];
    const Note = defineJob('note', { payload }, ({ payload }) => done.push(payload.n));
    const driver = store.driver();
    const broken = new Covet({ logger: false });
    const schedules = [schedule(Note, '99 * * * *', { n: 0 })];
    await t.throwsAsync(async () => broken.resolve(jobs({ handlers: [Note], schedules, driver })), {
      instanceOf: TypeError,
    });
    // Not closed: nothing of it may be there.
    const app = new Covet({ logger: false });
    t.teardown(() => app.close());
    const opened = await app.resolve(
      jobs({ handlers: [Note], worker: false, driver: name === 'memory' ? driver : store.driver() }),
    );
    await opened.add(Note, { n: 1 });
    await new Promise((resolve) => setTimeout(resolve, 700));
    t.deepEqual(done, []);
    t.is((await opened.counts()).waiting, 1);
  });
}

for (const [name, pool] of [
  ['BullMQ', 'redis_jobs_main'],
  ['pg-boss', 'db_jobs_main'],
] as const) {
  test(`${name}: its connections are counted and checked`, async (t) => {
    const store = await stores[name]!();
    t.teardown(store.clear);
    const app = new Covet({ logger: false });
    t.teardown(() => app.close());
    const Note = defineJob('note', { payload }, () => {});
    const queue = await app.resolve(jobs({ handlers: [Note], driver: store.driver() }));
    await queue.add(Note, { n: 1 });
    const pools = await app.resolve(connections);
    await until(() => pools.stats()[pool]!.total_connections > 0);
    const { status, connections: checks } = await pools.check({ timeout: 5000 });
    t.is(status, 'up');
    t.deepEqual(Object.keys(checks), [pool]);
    await app.close();
    t.deepEqual(pools.stats(), {});
  });
}

test('memory: a job added in a transaction is done outside of it', async (t) => {
  const db = await openDatabase();
  t.teardown(() => db.close());
  await db.execute(sql`create table notes (n int)`);
  const context = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const Note = defineJob('note', { payload }, async ({ payload }) => {
    seen.push(context.getStore());
    await db.execute(sql`insert into notes values (${payload.n})`);
  });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  // Opened where it is first needed, which may be in a request's context.
  const queue = await context.run('opened', () => app.resolve(jobs({ handlers: [Note] })));
  const undone = context.run('added', () =>
    db.transaction(async () => {
      await queue.add(Note, { n: 1 });
      // Were it in the transaction, it would be done before that ends.
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new Error('no');
    }),
  );
  await t.throwsAsync(undone, { message: 'no' });
  await until(async () => (await queue.counts()).active === 0);
  t.deepEqual(seen, [undefined]);
  t.deepEqual(await db.query(sql`select n from notes`), [{ n: 1 }]);
});
