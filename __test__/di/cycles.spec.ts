import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { token } from '../../src/di/token.ts';
import type { Dep } from '../../src/types/injectable.ts';
import { planOf } from './request.ts';

const cyclic = (cycle: string) => ({
  code: 'DEPENDENCY_CYCLE',
  message: new RegExp(`in a circle: ${cycle} \\(asked for by `),
});

test('classes that inject each other are named with the whole circle', (t) => {
  class Users {
    posts: unknown = inject(Posts);
  }
  class Posts {
    tags: unknown = inject(Tags);
  }
  class Tags {
    users: unknown = inject(Users);
  }
  const container = new Container();
  t.throws(() => container.construct(Users), cyclic('Users -> Posts -> Tags -> Users'));
  // Nothing is left half-made: the second try says the same.
  t.throws(() => container.construct(Posts), cyclic('Posts -> Tags -> Users -> Posts'));
});

test('a class that injects itself is a circle', (t) => {
  class Users {
    self: unknown = inject(Users);
  }
  t.throws(() => new Container().construct(Users), cyclic('Users -> Users'));
});

test('dependencies that need each other through a getter are named, when the plan is made', (t) => {
  const posts: Dep<number> = Depends({ users: undefined as never }, () => 1, { name: 'unused' });
  void posts;
  const needs = {
    get b(): Dep<number> {
      return b;
    },
  };
  const a = Depends(needs, () => 1, { name: 'a' });
  const b: Dep<number> = Depends({ a }, () => 1, { name: 'b' });
  t.throws(() => planOf({ a }, 'GET /x'), cyclic('a -> b -> a'));
  t.throws(() => planOf({ start: Depends({ b }, () => 1) }, 'GET /x'), {
    message: /b -> a -> b \(asked for by GET \/x\)/,
  });
});

test('a circle of singletons is found, not waited for', (t) => {
  const needs = {
    get pool(): Dep<number> {
      return pool;
    },
  };
  const cache = Depends(needs, async () => 1, { scope: 'singleton', name: 'cache' });
  const pool: Dep<number> = Depends({ cache }, async () => 1, { scope: 'singleton', name: 'pool' });
  t.throws(() => planOf({ pool }), cyclic('pool -> cache -> pool'));
});

test('a circle through a token is found', (t) => {
  const Mailer = token<number>('Mailer');
  const notify = Depends({ mailer: Mailer }, () => 1, { name: 'notify' });
  const container = new Container();
  container.provide(
    Mailer,
    Depends({ notify }, () => 1, { name: 'smtp' }),
  );
  t.throws(() => container.plan({ notify }, 'GET /'), cyclic('notify -> smtp -> notify'));
});

test('tokens that stand for each other are found', (t) => {
  const [A, B] = [token<number>('A'), token<number>('B')];
  const container = new Container();
  container.provide(A, B);
  container.provide(B, A);
  t.throws(() => container.plan({ a: A }, 'GET /'), cyclic('A -> B -> A'));
});

test('a circle of classes and singletons is found', (t) => {
  class Users {
    pool: unknown = inject(pool);
  }
  const pool: Dep<unknown> = Depends({ users: Users }, () => 1, { scope: 'singleton', name: 'pool' });
  t.throws(() => new Container().construct(Users), cyclic('Users -> pool -> Users'));
  t.throws(() => planOf({ pool }).open([], {}), cyclic('pool -> Users -> pool'));
});

test('an override that needs what it overrides is a circle', (t) => {
  const user = Depends(() => 1, { name: 'user' });
  const container = new Container();
  container.plan({ user }, 'GET /');
  t.throws(
    () =>
      container.override(
        user,
        Depends({ user }, (needs) => needs.user, { name: 'fake' }),
      ),
    cyclic('fake -> fake'),
  );
});

test('a diamond is no circle', (t) => {
  const root = Depends(() => 1);
  const left = Depends({ root }, () => 1);
  const right = Depends({ root, left }, () => 1);
  t.notThrows(() => planOf({ right, left, root }));
});
