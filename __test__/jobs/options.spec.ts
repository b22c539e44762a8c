/** What is wrong with a job or a queue is said when it is defined. */
import test from 'ava';
import { z } from 'zod';

import { Depends } from '../../src/index.ts';
import { bossJobs, defineJob, jobs, memoryJobs } from '../../src/jobs/index.ts';
import { toWait } from '../../src/jobs/job.ts';

const payload = z.object({});
const nothing = (): void => {};

test('a name that is none', (t) => {
  for (const name of ['', '-a', 'a b', 'a:b', 'x'.repeat(101)]) {
    t.throws(() => defineJob(name, { payload }, nothing), { instanceOf: TypeError, message: /A job's name is/ }, name);
  }
  t.throws(() => jobs('a:b', { handlers: [] }), { instanceOf: TypeError, message: /A queue's name is/ });
});

test('numbers out of range', (t) => {
  for (const attempts of [0, 1.5, 101, Number.NaN]) {
    t.throws(() => defineJob('a', { payload, attempts }, nothing), { instanceOf: RangeError, message: /attempts/ });
  }
  for (const timeout of [0, -1, Number.NaN, 86_400_000]) {
    t.throws(() => defineJob('a', { payload, timeout }, nothing), { instanceOf: RangeError, message: /timeout/ });
    const backoff = { delay: timeout };
    t.throws(() => defineJob('a', { payload, backoff }, nothing), {
      instanceOf: RangeError,
      message: /backoff\.delay/,
    });
  }
  t.throws(() => jobs({ handlers: [], concurrency: 0 }), { instanceOf: RangeError, message: /concurrency/ });
  t.throws(() => jobs({ handlers: [], grace: -1 }), { instanceOf: RangeError, message: /grace/ });
  t.throws(() => memoryJobs({ limit: 0 }), { instanceOf: RangeError, message: /limit/ });
  t.throws(() => bossJobs({ url: '', pollingInterval: 1 }), { instanceOf: RangeError, message: /pollingInterval/ });
});

test("a dependency under one of the context's own names", (t) => {
  const deps = { signal: Depends(() => 1) };
  t.throws(() => defineJob('a', { payload, deps }, nothing), { message: /'signal' is the context's own/ });
});

test('two jobs of one name', (t) => {
  const handlers = [defineJob('a', { payload }, nothing), defineJob('a', { payload }, nothing)];
  t.throws(() => jobs({ handlers }), { message: "Queue 'main' has two jobs named 'a'" });
});

test('waits double up to the longest, and half of each is left to chance', (t) => {
  const backoff = { delay: 100, max: 500 };
  const waits = [1, 2, 3, 4, 100].map((attempt) => [toWait(backoff, attempt, 0), toWait(backoff, attempt, 1)]);
  t.deepEqual(waits, [
    [50, 100],
    [100, 200],
    [200, 400],
    [250, 500],
    [250, 500],
  ]);
});
