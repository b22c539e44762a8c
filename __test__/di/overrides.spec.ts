import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { Header } from '../../src/di/source.ts';
import { token } from '../../src/di/token.ts';
import { request } from './request.ts';

const singleton = { scope: 'singleton' } as const;

test('an override takes effect for plans made before and after, nested needs included, until it is taken back', async (t) => {
  const db = Depends(() => 'real');
  const users = Depends({ db }, (needs) => `users of ${needs.db}`);
  const container = new Container();
  const before = container.plan({ db, users }, 'GET /before');
  const restore = container.override(db, 'fake');
  const after = container.plan({ users }, 'GET /after');
  t.deepEqual(await request(before), { db: 'fake', users: 'users of fake' });
  t.deepEqual(await request(after), { users: 'users of fake' });
  restore();
  t.deepEqual(await request(before), { db: 'real', users: 'users of real' });
  t.deepEqual(await request(after), { users: 'users of real' });
});

test('the overridden dependency does not run, nor do its needs, and its sources are not asked for', async (t) => {
  let runs = 0;
  const verified = Depends({ token: Header('authorization') }, () => (runs += 1));
  const user = Depends({ verified }, () => ({ id: (runs += 1) }));
  const container = new Container();
  const plan = container.plan({ user }, 'GET /me');
  const { sources } = plan;
  t.is(sources.length, 1);
  const restore = container.override(user, { id: 7 });
  t.deepEqual(plan.sources, []);
  t.deepEqual(await request(plan), { user: { id: 7 } });
  t.is(runs, 0);
  restore();
  t.deepEqual(plan.sources, sources);
});

test('an override that changes no source leaves the array of sources the same', (t) => {
  const clock = Depends(() => 1);
  const container = new Container();
  const plan = container.plan({ clock, tenant: Header('x-tenant') }, 'GET /');
  const { sources } = plan;
  container.override(clock, 2);
  t.is(plan.sources, sources);
});

test('another dependency may stand in, with needs of its own', async (t) => {
  const user = Depends(() => ({ id: 1, role: 'user' }));
  const role = Depends(() => 'admin');
  const container = new Container();
  const plan = container.plan({ user }, 'GET /');
  container.override(
    user,
    Depends({ role }, (needs) => ({ id: 2, role: needs.role })),
  );
  t.deepEqual(await request(plan), { user: { id: 2, role: 'admin' } });
});

test('values that are false, undefined or null override too', async (t) => {
  const flag = Depends((): boolean | undefined | null => true);
  const container = new Container();
  const plan = container.plan({ flag }, 'GET /');
  for (const value of [false, undefined, null]) {
    container.override(flag, value);
    t.deepEqual(await request(plan), { flag: value });
  }
});

test('overrides of one key are taken back one by one, or all at once', async (t) => {
  const [a, b] = [Depends(() => 'a'), Depends(() => 'b')];
  const container = new Container();
  const plan = container.plan({ a, b }, 'GET /');
  container.override(a, 'first');
  const restore = container.override(a, 'second');
  container.override(b, 'other');
  restore();
  t.deepEqual(await request(plan), { a: 'first', b: 'other' });
  container.restore(a);
  t.deepEqual(await request(plan), { a: 'a', b: 'other' });
  container.override(a, 'again');
  container.restore();
  t.deepEqual(await request(plan), { a: 'a', b: 'b' });
});

test('a singleton made with the original is made anew, and so are those made with it', async (t) => {
  let closed = 0;
  const clock = Depends(() => 'real', singleton);
  const store = Depends({ clock }, (needs) => ({ clock: needs.clock, close: () => (closed += 1) }), singleton);
  const cache = Depends({ store }, (needs) => ({ of: needs.store.clock }), singleton);
  const other = Depends(() => ({}), singleton);
  const container = new Container();
  const plan = container.plan({ cache, other }, 'GET /');
  const real = await request(plan);
  const restore = container.override(clock, 'fake');
  const fake = await request(plan);
  t.deepEqual([real.cache.of, fake.cache.of], ['real', 'fake']);
  t.is(fake.other, real.other);
  restore();
  t.is((await request(plan)).cache.of, 'real');
  await container.close();
  t.is(closed, 3);
});

test('classes and tokens are overridden, also in inject()', async (t) => {
  const Mailer = token<{ name: string }>('Mailer');
  class Audit {
    name = 'real';
  }
  class Users {
    audit = inject(Audit);
    mailer = inject(Mailer);
  }
  const container = new Container();
  container.provide(Mailer, { name: 'real' });
  const plan = container.plan({ users: Users, audit: Audit, mailer: Mailer }, 'GET /');
  await request(plan);
  container.override(Audit, { name: 'fake' });
  container.override(Mailer, { name: 'fake' });
  const values = await request(plan);
  t.deepEqual([values.users.audit.name, values.users.mailer.name], ['fake', 'fake']);
  t.deepEqual([values.audit.name, values.mailer.name], ['fake', 'fake']);
});

test('an override that comes too late for a class the application holds is refused', (t) => {
  const db = Depends(() => 'real', singleton);
  class Audit {
    db = inject(db);
  }
  class UsersController {
    audit = inject(Audit);
  }
  const container = new Container();
  container.construct(UsersController);
  const message = /^UsersController was constructed already and keeps its (dependency|Audit)/;
  t.throws(() => container.override(Audit, { db: 'fake' }), { message });
  t.throws(() => container.override(db, 'fake'), { message });
  t.throws(() => container.override(UsersController, { audit: { db: '' } }), { message: /constructed already/ });
  t.notThrows(() =>
    container.override(
      Depends(() => 1),
      2,
    ),
  );
});

test('what stands behind a class is held as well as the class', (t) => {
  class Memory {
    get = () => 'memory';
  }
  abstract class Store {
    abstract get: () => string;
  }
  for (const provider of [{ class: Memory }, new Memory(), { factory: () => new Memory() }]) {
    const container = new Container();
    container.provide(Store, provider);
    container.construct(Store);
    const message = /^Store was constructed already; override or provide Store before/;
    t.throws(() => container.override(Store, new Memory()), { message });
    t.throws(() => container.provide(Store, new Memory(), { override: true }), { message });
  }
});

test('an override before construction reaches the class', (t) => {
  class Audit {
    name = 'real';
  }
  class UsersController {
    audit = inject(Audit);
  }
  const container = new Container();
  container.override(Audit, { name: 'fake' });
  t.is(container.construct(UsersController).audit.name, 'fake');
});

test('an override no plan can live with is refused, and nothing has changed', async (t) => {
  const settings = Depends(() => 'settings', singleton);
  const pool = Depends({ settings }, (needs) => ({ of: needs.settings }), singleton);
  const container = new Container();
  const plan = container.plan({ pool }, 'GET /');
  const before = await request(plan);
  t.throws(
    () =>
      container.override(
        settings,
        Depends(() => 'per request', { name: 'perRequest' }),
      ),
    { code: 'CAPTIVE_DEPENDENCY', message: /pool \(singleton\) -> perRequest \(request\)/ },
  );
  t.is((await request(plan)).pool, before.pool);
  const later = container.plan({ pool, settings }, 'GET /later');
  t.deepEqual(await request(later), { pool: before.pool, settings: 'settings' });
  t.is((await request(later)).pool, before.pool);
});
