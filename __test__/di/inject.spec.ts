import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { DependencyError } from '../../src/di/dependency-error.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { Header } from '../../src/di/source.ts';
import { token } from '../../src/di/token.ts';
import { request } from './request.ts';

const singleton = { scope: 'singleton' } as const;

test('field initialisers and constructors get their needs, each class once a container', (t) => {
  class Clock {}
  class Audit {
    clock = inject(Clock);
  }
  class Users {
    readonly clock: Clock;
    #audit = inject(Audit);
    constructor() {
      this.clock = inject(Clock);
    }
    get audit(): Audit {
      return this.#audit;
    }
  }
  const container = new Container();
  const users = container.construct(Users);
  t.true(users instanceof Users);
  t.true(users.audit instanceof Audit);
  t.is(users.clock, users.audit.clock);
  t.is(container.construct(Audit), users.audit);
  t.not(new Container().construct(Clock), users.clock);
});

test('inherited fields are injected too', (t) => {
  class Clock {}
  class Base {
    clock = inject(Clock);
  }
  class Users extends Base {}
  t.true(new Container().construct(Users).clock instanceof Clock);
});

test('a class stands in deps as it is, and is shared with construct()', async (t) => {
  class Users {}
  const container = new Container();
  const values = await request(
    container.plan({ users: Users, nested: Depends({ users: Users }, (needs) => needs.users) }, 'GET /'),
  );
  t.true(values.users instanceof Users);
  t.is(values.nested, values.users);
  t.is(container.construct(Users), values.users);
});

test('synchronous singletons and transients are injected, the former shared', (t) => {
  let runs = 0;
  const pool = Depends(() => ({ run: (runs += 1) }), singleton);
  const id = Depends({ pool }, () => (runs += 1), { scope: 'transient' });
  class A {
    pool = inject(pool);
    id = inject(id);
  }
  class B {
    a = inject(A);
    pool = inject(pool);
    id = inject(id);
  }
  const b = new Container().construct(B);
  t.is(b.pool, b.a.pool);
  t.deepEqual([b.pool.run, b.a.id, b.id], [1, 2, 3]);
});

test('outside of construction inject() says where it belongs', (t) => {
  class Clock {}
  class Users {
    later(): Clock {
      return inject(Clock);
    }
  }
  const message = /inject\(\) works in field initialisers and constructors only/;
  t.throws(() => inject(Clock), { instanceOf: DependencyError, message });
  t.throws(() => new Container().construct(Users).later(), { message });
});

test('after a constructor that threw, inject() is outside again, and the next try succeeds', (t) => {
  let tries = 0;
  class Clock {}
  class Flaky {
    clock = inject(Clock);
    constructor() {
      if ((tries += 1) === 1) throw new Error('first');
    }
  }
  const container = new Container();
  t.throws(() => container.construct(Flaky), { message: 'first' });
  t.throws(() => inject(Clock), { message: /field initialisers/ });
  t.true(container.construct(Flaky).clock instanceof Clock);
});

test('a factory that a constructor calls for is not in a constructor', (t) => {
  class Clock {}
  const pool = Depends(() => inject(Clock), singleton);
  class Users {
    pool = inject(pool);
  }
  t.throws(() => new Container().construct(Users), { message: /inject\(\) works in field initialisers/ });
});

test('an asynchronous dependency is refused with what to do instead, before it starts', async (t) => {
  let runs = 0;
  const late = Depends(async () => (runs += 1), { ...singleton, name: 'pool' });
  const opened = Depends(
    async function* () {
      yield (runs += 1);
    },
    { scope: 'transient', name: 'opened' },
  );
  class Users {
    pool = inject(late);
  }
  class Posts {
    opened = inject(opened);
  }
  const container = new Container();
  const message =
    /^Users -> pool is created asynchronously, and a constructor cannot wait\. Take it in the route's `deps`/;
  t.throws(() => container.construct(Users), { message });
  t.throws(() => container.construct(Posts), { message: /^Posts -> opened is created asynchronously/ });
  t.is(runs, 0);
  await request(container.plan({ late }, 'GET /'));
  t.is(container.construct(Users).pool, 1, 'once it is there, nothing has to wait');
});

test('a dependency that turns out asynchronous is refused too, and its failure meets who needs it next', async (t) => {
  let runs = 0;
  const late = Depends(() => Promise.reject(new Error(`down ${(runs += 1)}`)), { ...singleton, name: 'late' });
  class Users {
    late = inject(late);
  }
  const container = new Container();
  t.throws(() => container.construct(Users), { message: /^Users -> late is created asynchronously/ });
  await new Promise((resolve) => setImmediate(resolve));
  await t.throwsAsync(request(container.plan({ late }, 'GET /')), { message: 'down 2' });
});

test('what lives as long as a request is refused with the path', (t) => {
  const session = Depends(() => 1, { name: 'session' });
  class Audit {
    session = inject(session);
  }
  class Users {
    audit = inject(Audit);
  }
  class Tenant {
    id = inject(Header('x-tenant') as never);
  }
  const container = new Container();
  t.throws(() => container.construct(Users), {
    code: 'CAPTIVE_DEPENDENCY',
    message: /Users \(singleton\) -> Audit \(singleton\) -> session \(request\)/,
  });
  t.throws(() => container.construct(Tenant), { code: 'CAPTIVE_DEPENDENCY' });
});

test('a constructor with parameters is refused, at planning already, with the two ways out', async (t) => {
  class Users {
    readonly db: string;
    constructor(db: string, _cache?: string) {
      this.db = db;
    }
  }
  const container = new Container();
  const users = Depends({ users: Users }, (needs) => needs.users.db);
  const message = /^GET \/ -> users -> Users: the constructor takes 2 parameters.*Use inject\(\).*or provide the class/;
  t.throws(() => container.plan({ users }, 'GET /'), { message });
  t.throws(() => container.construct(Users), { message: /^Users: the constructor takes 2 parameters/ });
  container.provide(Users, { factory: () => new Users('pg') });
  t.deepEqual(await request(container.plan({ users }, 'GET /')), { users: 'pg' });
  t.is(container.construct(Users).db, 'pg');
});

test('parameters with defaults are no obstacle', (t) => {
  class Users {
    readonly db: string;
    constructor(db: string = 'default') {
      this.db = db;
    }
  }
  t.is(new Container().construct(Users).db, 'default');
});

test('inject() names what it cannot make anything of', (t) => {
  class Users {
    db = inject(undefined as never);
  }
  t.throws(() => new Container().construct(Users), {
    message: /^Users -> inject\(\) is undefined; modules that import/,
  });
});

test('a missing provider is named with its path', (t) => {
  const Mailer = token<string>('Mailer');
  class Notify {
    mailer = inject(Mailer);
  }
  class Users {
    notify = inject(Notify);
  }
  t.throws(() => new Container().construct(Users), {
    code: 'MISSING_PROVIDER',
    message: /^No provider for 'Mailer': Users -> Notify -> Mailer\./,
  });
});
