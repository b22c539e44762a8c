import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { Header, Req } from '../../src/di/source.ts';
import { token } from '../../src/di/token.ts';
import { planOf, request } from './request.ts';

test('a singleton is made at first need, once for all plans of a container, and once for each container', async (t) => {
  let runs = 0;
  const pool = Depends(() => ({ run: (runs += 1) }), { scope: 'singleton' });
  const container = new Container();
  const one = container.plan({ pool }, 'GET /one');
  const two = container.plan({ db: Depends({ pool }, (needs) => needs.pool) }, 'GET /two');
  t.is(runs, 0);
  const first = await request(one);
  t.is((await request(two)).db, first.pool);
  t.is(runs, 1);
  t.not((await request(planOf({ pool }))).pool, first.pool);
});

test('concurrent first requests share one creation', async (t) => {
  let runs = 0;
  const pool = Depends(
    async () => {
      await sleep(5);
      return { run: (runs += 1) };
    },
    { scope: 'singleton' },
  );
  const container = new Container();
  const plans = [container.plan({ pool }, 'GET /a'), container.plan({ pool }, 'GET /b')];
  const values = await Promise.all([...plans, ...plans].map((plan) => request(plan)));
  t.is(runs, 1);
  t.is(new Set(values.map((value) => value.pool)).size, 1);
});

test('a settled async singleton costs later requests no promise', async (t) => {
  const plan = planOf({ pool: Depends(async () => 'pool', { scope: 'singleton' }) });
  await request(plan);
  const values: Record<string, unknown> = {};
  t.is(plan.open([], values), undefined);
  t.is(values['pool'], 'pool');
});

test('a failed creation fails all who waited for it, and is tried again by the next request', async (t) => {
  let runs = 0;
  const pool = Depends(
    async () => {
      await sleep(1);
      if ((runs += 1) === 1) throw new Error('database is starting');
      return runs;
    },
    { scope: 'singleton' },
  );
  const plan = planOf({ pool });
  const first = await Promise.allSettled([request(plan), request(plan)]);
  t.deepEqual(
    first.map((result) => result.status),
    ['rejected', 'rejected'],
  );
  t.deepEqual(await request(plan), { pool: 2 });
});

test('a synchronous creation that failed is tried again as well', (t) => {
  let runs = 0;
  const clock = Depends(
    () => {
      if ((runs += 1) === 1) throw new Error('no');
      return runs;
    },
    { scope: 'singleton' },
  );
  const plan = planOf({ clock });
  const values: Record<string, unknown> = {};
  t.throws(() => plan.open([], values), { message: 'no' });
  t.false(plan.open([], values) instanceof Promise);
  t.is(values['clock'], 2);
});

test('singletons may need singletons, classes and transients', async (t) => {
  class Clock {
    now = 5;
  }
  let runs = 0;
  const id = Depends(() => (runs += 1), { scope: 'transient' });
  const settings = Depends(async () => ({ url: 'pg:' }), { scope: 'singleton' });
  const pool = Depends(
    { settings, clock: Clock, id },
    (needs) => `${needs.settings.url}${needs.clock.now}.${needs.id}`,
    { scope: 'singleton' },
  );
  const plan = planOf({ pool, id });
  t.deepEqual(await request(plan), { pool: 'pg:5.1', id: 2 });
  t.deepEqual(await request(plan), { pool: 'pg:5.1', id: 3 });
});

test('a transient is made anew for every need', async (t) => {
  let runs = 0;
  const id = Depends(() => (runs += 1), { scope: 'transient' });
  const nested = Depends({ id }, (needs) => needs.id);
  t.deepEqual(await request(planOf({ a: id, nested, b: id })), { a: 1, nested: 2, b: 3 });
});

test('a singleton that needs a request-scoped dependency is refused with the path', (t) => {
  const session = Depends(() => 1, { name: 'session' });
  const cache = Depends({ session }, () => 1, { scope: 'singleton', name: 'cache' });
  const users = Depends({ cache }, () => 1, { name: 'users' });
  const error = t.throws(() => planOf({ users }, 'GET /users'), { code: 'CAPTIVE_DEPENDENCY' });
  t.regex(error.message, /GET \/users -> users \(request\) -> cache \(singleton\) -> session \(request\)/);
  t.deepEqual((error as unknown as { path: string[] }).path, ['GET /users', 'users', 'cache', 'session']);
});

test('a singleton that needs a part of the request is refused with the path', (t) => {
  for (const [source, label] of [
    [Header('x-tenant'), "Header 'x-tenant'"],
    [Req, 'Req'],
  ] as const) {
    const cache = Depends({ source }, () => 1, { scope: 'singleton', name: 'cache' });
    const error = t.throws(() => planOf({ cache }), { code: 'CAPTIVE_DEPENDENCY' });
    t.true(error.message.includes(`cache (singleton) -> ${label} (request)`), error.message);
  }
});

test('captivity is seen through transients, tokens and other singletons', (t) => {
  const session = Depends(() => 1, { name: 'session' });
  const Session = token<number>('Session');
  const helper = Depends({ session: Session }, () => 1, { scope: 'transient', name: 'helper' });
  const inner = Depends({ helper }, () => 1, { scope: 'singleton', name: 'inner' });
  const outer = Depends({ inner }, () => 1, { scope: 'singleton', name: 'outer' });
  const container = new Container();
  container.provide(Session, session);
  t.throws(() => container.plan({ outer }, 'GET /'), {
    message: /outer \(singleton\) -> inner \(singleton\) -> helper \(transient\) -> session \(request\)/,
  });
});

test('a refused plan leaves nothing behind: the same singleton works once its need is in order', async (t) => {
  const Session = token<number>('Session');
  const cache = Depends({ session: Session }, (needs) => needs.session, { scope: 'singleton' });
  const container = new Container();
  t.throws(() => container.plan({ cache }, 'GET /'), { code: 'MISSING_PROVIDER' });
  container.provide(Session, 3);
  t.deepEqual(await request(container.plan({ cache }, 'GET /')), { cache: 3 });
});
