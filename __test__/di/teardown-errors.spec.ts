import test from 'ava';

import { Depends } from '../../src/di/depends.ts';
import { HttpError } from '../../src/error.ts';
import { planOf, request } from './request.ts';
import { traced } from './traced.ts';

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
  await scope?.close(undefined);
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
  t.is(
    t.throws(() => scope?.close(error)),
    replacement,
  );
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
  t.is(
    t.throws(() => scope?.close(error)),
    root,
  );
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
