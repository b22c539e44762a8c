import test from 'ava';

import { DependencyError } from '../../src/di/dependency-error.ts';
import { Depends } from '../../src/di/depends.ts';
import { HttpError } from '../../src/error.ts';
import { planOf, request } from './request.ts';

interface Traced {
  readonly log: string[];
  readonly sync: (name: string, needs?: object) => ReturnType<typeof Depends<never, Generator<string>>>;
  readonly late: (name: string, needs?: object) => ReturnType<typeof Depends<never, AsyncGenerator<string>>>;
}

function traced(): Traced {
  const log: string[] = [];
  return {
    log,
    sync: (name, needs = {}) =>
      Depends(needs as never, function* () {
        log.push(`${name} opens`);
        try {
          yield name;
          log.push(`${name} commits`);
        } catch (error) {
          log.push(`${name} sees ${(error as Error).message}`);
          throw error;
        } finally {
          log.push(`${name} closes`);
        }
      }),
    late: (name, needs = {}) =>
      Depends(needs as never, async function* () {
        await Promise.resolve();
        log.push(`${name} opens`);
        try {
          yield name;
          log.push(`${name} commits`);
        } catch (error) {
          log.push(`${name} sees ${(error as Error).message}`);
          throw error;
        } finally {
          log.push(`${name} closes`);
        }
      }),
  };
}

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

test('every generator sees the error of the request, which stays as it is', async (t) => {
  const { log, sync, late } = traced();
  const error = new HttpError(404, 'gone');
  const thrown = await t.throwsAsync(
    request(planOf({ a: sync('a'), b: late('b') }), () => {
      throw error;
    }),
  );
  t.is(thrown, error);
  t.is(error.cause, undefined);
  t.deepEqual(log, ['a opens', 'b opens', 'b sees gone', 'b closes', 'a sees gone', 'a closes']);
});

test('an error that is undefined is an error all the same', async (t) => {
  let seen: unknown = 'nothing';
  const session = Depends(function* () {
    try {
      yield 1;
      seen = 'committed';
    } catch (error) {
      seen = error;
      throw error;
    }
  });
  const values = {};
  const scope = await planOf({ session }).open([], values);
  scope?.close(undefined);
  t.is(seen, undefined);
});

test('a generator that swallows the error does not hide it', async (t) => {
  for (const session of [
    Depends(function* () {
      try {
        yield 1;
      } catch {
        // Swallowed on purpose: the request fails all the same.
      }
    }),
    Depends(async function* () {
      try {
        yield 1;
      } catch {
        // As above.
      }
    }),
  ]) {
    const error = new Error('handler');
    const thrown = await t.throwsAsync(
      request(planOf({ session }), () => {
        throw error;
      }),
    );
    t.is(thrown, error);
  }
});

test('a generator may replace the error; the next one sees the replacement, and nothing is lost', async (t) => {
  const seen: unknown[] = [];
  const conflict = new HttpError(409, 'taken');
  const outer = Depends(function* () {
    try {
      yield 1;
    } catch (error) {
      seen.push(error);
      throw error;
    }
  });
  const inner = Depends(async function* () {
    try {
      yield 1;
    } catch {
      throw conflict;
    }
  });
  const error = new Error('unique violation');
  const thrown = await t.throwsAsync(
    request(planOf({ outer, inner }), () => {
      throw error;
    }),
  );
  t.is(thrown, conflict);
  t.is(conflict.cause, error);
  t.deepEqual(seen, [conflict]);
});

test('a cause that is there already is kept, and the replaced error listed as suppressed', async (t) => {
  const cause = new Error('own cause');
  const replacement = new Error('replacement', { cause });
  const session = Depends(function* () {
    try {
      yield 1;
    } catch {
      throw replacement;
    }
  });
  const scope = await planOf({ session }).open([], {});
  const error = new Error('handler');
  t.is(t.throws(() => scope?.close(error)), replacement);
  t.is(replacement.cause, cause);
  t.deepEqual(scope?.suppressed, [error]);
});

test('throwing the cause of an error does not close a ring of causes', async (t) => {
  const root = new Error('root');
  const error = new Error('wrapped', { cause: root });
  const unwrap = Depends(function* () {
    try {
      yield 1;
    } catch (caught) {
      throw (caught as Error).cause;
    }
  });
  const scope = await planOf({ unwrap }).open([], {});
  t.is(t.throws(() => scope?.close(error)), root);
  t.is(root.cause, undefined);
  t.deepEqual(scope?.suppressed, [error]);
});

test('a teardown that fails after success fails the request, and the remaining ones still run, seeing it', async (t) => {
  const { log, sync } = traced();
  const commit = new Error('commit failed');
  const session = Depends({ a: sync('a') }, async function* () {
    yield 1;
    throw commit;
  });
  t.is(await t.throwsAsync(request(planOf({ session, b: sync('b') }))), commit);
  t.deepEqual(log, ['a opens', 'b opens', 'b commits', 'b closes', 'a sees commit failed', 'a closes']);
});

test('several failing teardowns are all kept', async (t) => {
  const failing = (name: string) =>
    Depends(function* () {
      try {
        yield name;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- exactly this mistake is under test
        throw new Error(name);
      }
    });
  const error: Error = await t.throwsAsync(request(planOf({ a: failing('a'), b: failing('b'), c: failing('c') })));
  t.is(error.message, 'a');
  t.is((error.cause as Error).message, 'b');
  t.is(((error.cause as Error).cause as Error).message, 'c');
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

test('a generator that yields again instead of rethrowing keeps the error as cause', async (t) => {
  const again = Depends(async function* () {
    try {
      yield 1;
    } catch {
      yield 2;
    }
  });
  const error = new Error('handler');
  const thrown = await t.throwsAsync(
    request(planOf({ again }), () => {
      throw error;
    }),
  );
  t.regex(thrown?.message ?? '', /again yielded a second time/);
  t.is(thrown?.cause, error);
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

test('a failure while opening may be replaced, and stays synchronous', (t) => {
  const session = Depends(function* () {
    try {
      yield 1;
    } catch {
      throw new HttpError(503, 'try again');
    }
  });
  const user = Depends({ session }, () => {
    throw new Error('lost');
  });
  t.throws(() => planOf({ user }).open([], {}), { instanceOf: HttpError, message: 'try again' });
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
