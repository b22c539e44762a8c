import test from 'ava';

import { DependencyError } from '../../src/di/dependency-error.ts';
import { Depends } from '../../src/di/depends.ts';
import { Header, Req } from '../../src/di/source.ts';
import { planOf, request } from './request.ts';

test('a plain factory gives its value, at once', (t) => {
  const values: Record<string, unknown> = {};
  const scope = planOf({ answer: Depends(() => 42) }).open([], values);
  t.is(scope, undefined);
  t.deepEqual(values, { answer: 42 });
});

test('an async factory gives what it resolves to', async (t) => {
  t.deepEqual(await request(planOf({ answer: Depends(async () => 42) })), { answer: 42 });
});

test('kinds of factories may stand in any order', async (t) => {
  const kinds = {
    lateGenerator: Depends(async function* () {
      yield 'lateGenerator';
    }),
    late: Depends(async () => ({ done: true, value: 'late' })),
    generator: Depends(function* () {
      yield 'generator';
    }),
    singleton: Depends(async () => ({ done: true, value: 'singleton' }), { scope: 'singleton' }),
    plain: Depends(() => 'plain'),
  };
  const expected = {
    lateGenerator: 'lateGenerator',
    late: { done: true, value: 'late' },
    generator: 'generator',
    singleton: { done: true, value: 'singleton' },
    plain: 'plain',
  };
  t.deepEqual(await request(planOf(kinds)), expected);
  const reversed = Object.fromEntries(Object.entries(kinds).toReversed());
  t.deepEqual(await request(planOf({ first: kinds.lateGenerator, ...reversed })), {
    first: 'lateGenerator',
    ...expected,
  });
  const { lateGenerator, singleton } = kinds;
  t.deepEqual(await request(planOf({ lateGenerator, singleton })), {
    lateGenerator: 'lateGenerator',
    singleton: expected.singleton,
  });
});

test('a thenable is awaited as await would', async (t) => {
  const thenable = { then: (resolve: (value: number) => void) => resolve(7) };
  t.deepEqual(await request(planOf({ answer: Depends(() => thenable) })), { answer: 7 });
});

test('needs reach the factory by their names', async (t) => {
  const one = Depends(() => 1);
  const two = Depends(async () => 2);
  const sum = Depends({ one, two }, (needs) => ({ ...needs, sum: needs.one + needs.two }));
  t.deepEqual(await request(planOf({ sum })), { sum: { one: 1, two: 2, sum: 3 } });
});

test('values are set in the order of declaration, and made in it', async (t) => {
  const order: string[] = [];
  const note = (name: string, value: unknown = name) => Depends(() => (order.push(name), value));
  const spec = { a: note('a', Promise.resolve(1)), b: note('b'), c: Depends({ d: note('d') }, () => order.push('c')) };
  const values = await request(planOf(spec));
  t.deepEqual(Object.keys(values), ['a', 'b', 'c']);
  t.deepEqual(order, ['a', 'b', 'd', 'c']);
});

test('one request runs a dependency once, however often it is needed', async (t) => {
  let runs = 0;
  const db = Depends(async () => ({ run: (runs += 1) }));
  const users = Depends({ db }, ({ db: own }) => own);
  const posts = Depends({ db, users }, ({ db: own }) => own);
  const plan = planOf({ users, posts, db });
  const first = await request(plan);
  t.is(first.users, first.posts);
  t.is(first.users, first.db);
  t.is(runs, 1);
  t.not((await request(plan)).db, first.db);
  t.is(runs, 2);
});

test('identity is the key: two dependencies with one factory are two', async (t) => {
  let runs = 0;
  const factory = () => (runs += 1);
  t.deepEqual(await request(planOf({ a: Depends(factory), b: Depends(factory) })), { a: 1, b: 2 });
});

test('a memoised factory of dependencies shares the cache', async (t) => {
  let checks = 0;
  const known = new Map<string, ReturnType<typeof create>>();
  const create = (permission: string) => Depends(() => ((checks += 1), permission));
  const requirePermission = (permission: string) => {
    const found = known.get(permission) ?? create(permission);
    known.set(permission, found);
    return found;
  };
  const nested = Depends({ may: requirePermission('users.delete') }, ({ may }) => may);
  await request(planOf({ a: requirePermission('users.delete'), nested, b: requirePermission('users.read') }));
  t.is(checks, 2);
});

test('useCache: false runs once for each need', async (t) => {
  let runs = 0;
  const id = Depends(() => (runs += 1), { useCache: false });
  const nested = Depends({ id }, (needs) => needs.id);
  t.deepEqual(await request(planOf({ a: id, nested, b: id })), { a: 1, nested: 2, b: 3 });
});

test('the cache keeps undefined, null and errors apart from "not there"', async (t) => {
  let runs = 0;
  const nothing = Depends(() => void (runs += 1));
  await request(planOf({ a: nothing, b: Depends({ nothing }, () => 1), c: nothing }));
  t.is(runs, 1);
});

test('sources are listed once each, and their values handed out', async (t) => {
  const token = Header('Authorization');
  const user = Depends({ token, req: Req }, ({ token: own, req }) => ({ own, req }));
  const plan = planOf({ user, token, again: Header('authorization') });
  t.deepEqual(
    plan.sources.map((source) => [source.in, source.name]),
    [
      ['header', 'authorization'],
      ['request', ''],
    ],
  );
  const values = await request(plan, undefined, ['Bearer 1', 'the request']);
  t.deepEqual(values, { user: { own: 'Bearer 1', req: 'the request' }, token: 'Bearer 1', again: 'Bearer 1' });
});

test('source values that do not match the sources are refused', (t) => {
  const plan = planOf({ token: Header('authorization') }, 'GET /me');
  t.throws(() => plan.open([], {}), { instanceOf: DependencyError, message: /GET \/me got 0 source values for 1/ });
});

test('an empty spec is an empty plan', (t) => {
  const plan = planOf({});
  t.true(plan.isEmpty);
  t.is(plan.open([], {}), undefined);
  t.false(planOf({ a: Depends(() => 1) }).isEmpty);
});

test('a factory that throws fails the request with that very error, and those after it do not run', async (t) => {
  const error = new Error('no database');
  let ran = false;
  const fails = Depends(() => {
    throw error;
  });
  const plan = planOf({ fails, after: Depends(() => (ran = true)) });
  t.is(
    t.throws(() => plan.open([], {})),
    error,
  );
  const rejects = planOf({ fails: Depends(() => Promise.reject(error)), after: Depends(() => (ran = true)) });
  t.is(await t.throwsAsync(async () => rejects.open([], {})), error);
  t.false(ran);
});

test('a failed factory is not remembered by the next request', async (t) => {
  let runs = 0;
  const flaky = Depends(async () => {
    if ((runs += 1) === 1) throw new Error('first');
    return runs;
  });
  const plan = planOf({ flaky });
  await t.throwsAsync(request(plan), { message: 'first' });
  t.deepEqual(await request(plan), { flaky: 2 });
});

test('Depends refuses what cannot work', (t) => {
  class Users {}
  const refused = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: DependencyError, message });
  refused(() => Depends({} as never), /factory must be a function, not undefined/);
  refused(() => Depends(Users as never), /Users is a class; put it into `deps` as it is/);
  refused(() => Depends(() => 1, { scope: 'app' as never }), /scope must be/);
  refused(() => Depends(() => 1, { teardown: 'later' as never }), /teardown must be/);
  refused(() => Depends(() => 1, { scope: 'singleton', useCache: false }), /a singleton is shared/);
  refused(() => Depends(() => 1, { scope: 'singleton', teardown: 'after' }), /does not apply/);
});

test('a need that is nothing injectable is named with its path', (t) => {
  const user = Depends({ db: undefined as never }, () => 1);
  t.throws(() => planOf({ user }, 'GET /me'), { message: /^GET \/me -> user -> db is undefined; modules that import/ });
  t.throws(() => planOf({ n: 5 as never }), { message: /GET \/ -> n is nothing that can be injected/ });
  t.throws(() => planOf({ f: (() => 1) as never }), { message: /GET \/ -> f is a plain function; wrap it in Depends/ });
});
