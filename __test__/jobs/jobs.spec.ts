/** Jobs do the same on every store (issue: typed contract over BullMQ and pg-boss, in-process by default). */
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';

import { Covet, Depends } from '../../src/index.ts';
import { type Job, type Jobs, type JobsOptions, UnrecoverableError, defineJob, jobs } from '../../src/jobs/index.ts';
import { type Store, stores, until } from './stores.ts';

const payload = z.object({ n: z.number() });

/** An application with the queue open. Closed, and the store cleared, at the end of the test. */
async function open(t: ExecutionContext, store: Store, options: JobsOptions): Promise<{ app: Covet; queue: Jobs }> {
  const app = new Covet({ logger: false });
  const queue = await app.resolve(jobs({ driver: store.driver(), ...options }));
  t.teardown(() => app.close());
  return { app, queue };
}

for (const [name, create] of Object.entries(stores)) {
  const setUp = async (t: ExecutionContext): Promise<Store> => {
    const store = await create();
    t.teardown(store.clear);
    return store;
  };

  test(`${name}: a job is done once, with its payload as the schema makes it and with its dependencies`, async (t) => {
    const done: unknown[] = [];
    const session = Depends(async function* () {
      yield { insert: (row: unknown) => done.push(row) };
      done.push('committed');
    });
    const Insert = defineJob(
      'insert',
      { payload: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }), deps: { session } },
      ({ payload, session, attempt, id, signal }) => {
        session.insert({ at: payload.at.getTime(), attempt, id, aborted: signal.aborted });
      },
    );
    const { queue } = await open(t, await setUp(t), { handlers: [Insert] });
    const id = await queue.add(Insert, { at: '2026-01-02T03:04:05Z' });
    await until(() => done.length === 2);
    t.deepEqual(done, [{ at: Date.UTC(2026, 0, 2, 3, 4, 5), attempt: 1, id, aborted: false }, 'committed']);
    await until(async () => (await queue.counts()).active === 0);
    t.deepEqual(await queue.counts(), { waiting: 0, active: 0, delayed: 0, failed: 0 });
  });

  test(`${name}: what fails is tried again, later, and then given up`, async (t) => {
    const attempts: { attempt: number; at: number }[] = [];
    const Fail = defineJob('fail', { payload, attempts: 2, backoff: { delay: 200 } }, ({ attempt }) => {
      attempts.push({ attempt, at: Date.now() });
      throw new Error('no luck');
    });
    const { queue } = await open(t, await setUp(t), { handlers: [Fail] });
    await queue.add(Fail, { n: 1 });
    await until(async () => (await queue.counts()).failed === 1);
    t.deepEqual(
      attempts.map(({ attempt }) => attempt),
      [1, 2],
    );
    t.true(attempts[1]!.at - attempts[0]!.at >= 95, 'it waited at least half of the delay');
    t.like(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
  });

  test(`${name}: an unrecoverable error ends it at once`, async (t) => {
    let attempts = 0;
    const Fail = defineJob('fail', { payload, attempts: 5, backoff: { delay: 1 } }, () => {
      attempts += 1;
      throw new UnrecoverableError('never');
    });
    const { queue } = await open(t, await setUp(t), { handlers: [Fail] });
    await queue.add(Fail, { n: 1 });
    await until(async () => (await queue.counts()).failed === 1);
    t.is(attempts, 1);
    t.like(await queue.counts(), { waiting: 0, active: 0, delayed: 0 });
  });

  test(`${name}: an attempt that takes too long has failed, and is told`, async (t) => {
    const aborted: unknown[] = [];
    const Slow = defineJob('slow', { payload, attempts: 1, timeout: 100 }, ({ signal }) => {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.push((signal.reason as Error).message);
          resolve(undefined);
        });
      });
    });
    const { queue } = await open(t, await setUp(t), { handlers: [Slow] });
    await queue.add(Slow, { n: 1 });
    await until(async () => (await queue.counts()).failed === 1);
    t.deepEqual(aborted, ["Job 'slow' took longer than 100 ms"]);
  });

  test(`${name}: a job of a name is added once, also after it is done`, async (t) => {
    const done: number[] = [];
    const Once = defineJob('once', { payload }, ({ payload }) => done.push(payload.n));
    const { queue } = await open(t, await setUp(t), { handlers: [Once] });
    const first = await queue.add(Once, { n: 1 }, { id: 'user 17' });
    await until(() => done.length === 1);
    t.is(await queue.add(Once, { n: 2 }, { id: 'user 17' }), first);
    t.not(await queue.add(Once, { n: 3 }, { id: 'user 18' }), first);
    await until(() => done.includes(3));
    t.deepEqual(done, [1, 3]);
  });

  test(`${name}: a delay is kept, and higher priorities go first`, async (t) => {
    const store = await setUp(t);
    const done: number[] = [];
    const Note = defineJob('note', { payload }, ({ payload }) => done.push(payload.n));
    const { queue } = await open(t, store, { handlers: [Note], concurrency: 1 });
    // One that holds the only place while the others come.
    let go: (value?: unknown) => void = () => {};
    const held = new Promise((resolve) => (go = resolve));
    const Hold = defineJob('hold', { payload }, () => held);
    const other = await open(t, await setUp(t), { handlers: [Hold, Note], concurrency: 1 });
    await other.queue.add(Hold, { n: 0 });
    await until(async () => (await other.queue.counts()).active === 1);
    await other.queue.add(Note, { n: 2 }, { priority: 0 });
    await other.queue.add(Note, { n: 3 }, { priority: -5 });
    await other.queue.add(Note, { n: 1 }, { priority: 5 });
    go();
    await until(() => done.length === 3);
    t.deepEqual(done.splice(0), [1, 2, 3]);

    const start = Date.now();
    await queue.add(Note, { n: 1 }, { delay: 400 });
    t.is((await queue.counts()).delayed, 1);
    await queue.add(Note, { n: 2 });
    await until(() => done.length === 2);
    t.deepEqual(done, [2, 1]);
    t.true(Date.now() - start >= 400);
  });

  test(`${name}: as many at once as asked for, and closing waits for them`, async (t) => {
    let running = 0;
    let most = 0;
    let finished = 0;
    const Work = defineJob('work', { payload }, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 30));
      running -= 1;
      finished += 1;
    });
    const { app, queue } = await open(t, await setUp(t), { handlers: [Work], concurrency: 4 });
    await queue.addMany(
      Work,
      Array.from({ length: 20 }, (_, n) => ({ payload: { n } })),
    );
    await until(() => finished >= 5);
    await app.close();
    t.is(running, 0, 'nothing was cut off');
    t.is(most, 4);
    await t.throwsAsync(queue.add(Work, { n: 1 }), { code: 'JOB_QUEUE_UNAVAILABLE' });
  });

  test(`${name}: closing tells those who take longer than the grace, and does not hang`, async (t) => {
    const reasons: unknown[] = [];
    let isStarted = false;
    const Endless = defineJob('endless', { payload, attempts: 1 }, ({ signal }) => {
      isStarted = true;
      return new Promise(() => signal.addEventListener('abort', () => reasons.push((signal.reason as Error).message)));
    });
    const { app, queue } = await open(t, await setUp(t), { handlers: [Endless], grace: 50 });
    await queue.add(Endless, { n: 1 });
    await until(() => isStarted);
    await app.close();
    t.deepEqual(reasons, ['The application closes']);
  });

  test(`${name}: a payload that does not fit is refused, with the place`, async (t) => {
    const Note = defineJob('note', { payload: z.object({ user: z.object({ id: z.int() }) }) }, () => {});
    const { queue } = await open(t, await setUp(t), { handlers: [Note] });
    await t.throwsAsync(queue.add(Note, { user: { id: 1.5 } }), {
      code: 'JOB_PAYLOAD_INVALID',
      message: /The payload of job 'note' does not fit: user\.id: /,
    });
    await t.throwsAsync(queue.add(Note, { user: { id: 1n as never } }), {
      code: 'JOB_PAYLOAD_INVALID',
      message: "The payload of job 'note' is no JSON",
    });
    const Stranger: Job<typeof payload> = defineJob('note', { payload }, () => {});
    await t.throwsAsync(queue.add(Stranger, { n: 1 }), { code: 'JOB_UNKNOWN' });
    await t.throwsAsync(queue.add(Note, { user: { id: 1 } }, { delay: -1 }), { instanceOf: RangeError });
    await t.throwsAsync(queue.add(Note, { user: { id: 1 } }, { priority: 11 }), { instanceOf: RangeError });
    t.like(await queue.counts(), { waiting: 0, active: 0, delayed: 0, failed: 0 });
  });
}

for (const name of ['BullMQ', 'pg-boss']) {
  test(`${name}: what one process adds another does, each job once`, async (t) => {
    const store = await stores[name]!();
    t.teardown(store.clear);
    const done: number[] = [];
    const Note = defineJob('note', { payload }, ({ payload }) => done.push(payload.n));
    const adder = await open(t, store, { handlers: [Note], worker: false });
    await adder.queue.addMany(
      Note,
      Array.from({ length: 50 }, (_, n) => ({ payload: { n } })),
    );
    t.is((await adder.queue.counts()).waiting, 50);
    await Promise.all([open(t, store, { handlers: [Note] }), open(t, store, { handlers: [Note] })]);
    await until(async () => done.length >= 50 && (await adder.queue.counts()).active === 0);
    t.deepEqual(
      [...done].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, n) => n),
    );
  });
}
