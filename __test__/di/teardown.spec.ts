import test from 'ava';

import { DependencyError } from '../../src/di/dependency-error.ts';
import { Depends } from '../../src/di/depends.ts';
import { planOf, request } from './request.ts';
import { traced } from './traced.ts';

test('generators yield their value, and go on in reverse order after success', async (t) => {
  const { log, sync, late } = traced();
  const a = sync('a');
  const b = late('b', { a });
  const values = await request(planOf({ b, c: sync('c'), a }), (own) => (log.push('handler'), { ...own }));
  t.deepEqual(values, { b: 'b', c: 'c', a: 'a' });
  t.deepEqual(log, [
    'a opens',
    'b opens',
    'c opens',
    'handler',
    'c commits',
    'c closes',
    'b commits',
    'b closes',
    'a commits',
    'a closes',
  ]);
});

test('synchronous generators open and close without a promise', (t) => {
  const { log, sync } = traced();
  const values: Record<string, unknown> = {};
  const scope = planOf({ a: sync('a') }).open([], values);
  if (scope === undefined || scope instanceof Promise) return t.fail('must be open at once');
  t.is(values['a'], 'a');
  t.is(scope.close(), undefined);
  t.is(scope.close(), undefined);
  t.deepEqual(log, ['a opens', 'a commits', 'a closes']);
});

test('a generator without a yield is named', async (t) => {
  const none = Depends(function* (): Generator<number> {}, { name: 'session' });
  const late = Depends(async function* (): AsyncGenerator<number> {});
  const message = /^GET \/me -> session ended without a yield/;
  await t.throwsAsync(request(planOf({ db: none }, 'GET /me')), { instanceOf: DependencyError, message });
  await t.throwsAsync(request(planOf({ late })), { message: /^GET \/ -> late ended without a yield/ });
});

test('a generator that yields twice is named, and still finished', async (t) => {
  let finished = 0;
  const twice = Depends(function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      finished += 1;
    }
  });
  const late = Depends(async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      finished += 1;
    }
  });
  await t.throwsAsync(request(planOf({ twice })), { message: /^GET \/ -> twice yielded a second time/ });
  await t.throwsAsync(request(planOf({ late })), { message: /^GET \/ -> late yielded a second time/ });
  t.is(finished, 2);
});

test('what was opened before a failing dependency is torn down, seeing that failure', async (t) => {
  for (const factory of [
    () => {
      throw new Error('no user');
    },
    async () => {
      throw new Error('no user');
    },
  ]) {
    const { log, sync, late } = traced();
    const user = Depends({ a: sync('a'), b: late('b') }, factory);
    await t.throwsAsync(request(planOf({ user, never: sync('never') })), { message: 'no user' });
    t.deepEqual(log, ['a opens', 'b opens', 'b sees no user', 'b closes', 'a sees no user', 'a closes']);
  }
});

test("teardown: 'after' waits for the response", async (t) => {
  const log: string[] = [];
  const step = (name: string, teardown: 'before' | 'after') =>
    Depends(
      async function* () {
        yield name;
        log.push(name);
      },
      { teardown },
    );
  const scope = await planOf({ cursor: step('cursor', 'after'), session: step('session', 'before') }).open([], {});
  t.true(scope?.hasAfter);
  await scope?.close();
  log.push('response');
  await scope?.closeAfter();
  t.deepEqual(log, ['session', 'response', 'cursor']);
  t.false(scope?.hasAfter);
});

test("teardown: 'after' is torn down at once when opening fails", async (t) => {
  const log: string[] = [];
  const cursor = Depends(
    async function* () {
      try {
        yield 1;
      } finally {
        log.push('closed');
      }
    },
    { teardown: 'after' },
  );
  const fails = Depends({ cursor }, () => {
    throw new Error('no');
  });
  await t.throwsAsync(request(planOf({ fails })), { message: 'no' });
  t.deepEqual(log, ['closed']);
});

test('what closes after the response cannot need what closes before it', (t) => {
  const session = Depends(
    async function* () {
      yield 1;
    },
    { name: 'session' },
  );
  const users = Depends({ session }, () => 1, { name: 'users' });
  const cursor = Depends(
    { users },
    async function* () {
      yield 1;
    },
    { teardown: 'after', name: 'cursor' },
  );
  const message = /cursor is torn down after the response.*GET \/ -> cursor \(after\) needs session \(before\)/;
  // `users` first: it is shared then, and must be seen through all the same.
  t.throws(() => planOf({ users, cursor }), { code: 'CAPTIVE_DEPENDENCY', message });
});

test('a plain function may hand over a generator', async (t) => {
  const log: string[] = [];
  function* open(): Generator<string> {
    yield 'value';
    log.push('closed');
  }
  t.deepEqual(await request(planOf({ a: Depends(() => open()) })), { a: 'value' });
  t.deepEqual(log, ['closed']);
});

test('what a synchronous generator yields is the value even if it is a promise', async (t) => {
  const promise = Promise.resolve(1);
  const values: Record<string, unknown> = {};
  await planOf({
    p: Depends(function* () {
      yield promise;
    }),
  }).open([], values);
  t.is(values['p'], promise);
});
