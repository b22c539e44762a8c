import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { token } from '../../src/di/token.ts';
import { request } from './request.ts';

const singleton = { scope: 'singleton' } as const;

test('singletons are disposed in reverse order of creation, each in its own way', async (t) => {
  const log: string[] = [];
  const settings = Depends(() => ({ [Symbol.dispose]: () => log.push('settings') }), singleton);
  const pool = Depends(
    { settings },
    async function* () {
      yield 'pool';
      log.push('pool');
    },
    singleton,
  );
  const cache = Depends({ pool }, () => ({ [Symbol.asyncDispose]: async () => log.push('cache') }), singleton);
  class Mailer {
    close(): void {
      log.push('mailer');
    }
  }
  const container = new Container();
  // Declared the other way round: what counts is when each was there.
  await request(container.plan({ cache, mailer: Mailer, pool, settings }, 'GET /'));
  await container.close();
  t.deepEqual(log, ['mailer', 'cache', 'pool', 'settings']);
});

test('asyncDispose goes before dispose, dispose before close, and a generator disposes what it yields itself', async (t) => {
  const log: string[] = [];
  const both = {
    [Symbol.asyncDispose]: () => log.push('asyncDispose'),
    [Symbol.dispose]: () => log.push('dispose'),
    close: () => log.push('close'),
  };
  const container = new Container();
  const yielded = Depends(function* () {
    yield { close: () => log.push('never') };
    log.push('generator');
  }, singleton);
  const closable = Depends(() => ({ [Symbol.dispose]: () => log.push('dispose only'), close: () => 0 }), singleton);
  await request(container.plan({ all: Depends(() => both, singleton), closable, yielded }, 'GET /'));
  await container.close();
  t.deepEqual(log, ['generator', 'dispose only', 'asyncDispose']);
});

test('disposal is awaited one after another', async (t) => {
  const log: string[] = [];
  const slow = Depends(
    () => ({
      async close() {
        log.push('slow begins');
        await sleep(5);
        log.push('slow ends');
      },
    }),
    singleton,
  );
  const first = Depends(() => ({ close: () => log.push('first') }), singleton);
  const container = new Container();
  await request(container.plan({ first, slow }, 'GET /'));
  await container.close();
  t.deepEqual(log, ['slow begins', 'slow ends', 'first']);
});

test('values that were provided ready-made belong to whoever made them', async (t) => {
  let closed = 0;
  const Pool = token<{ close(): void }>('Pool');
  const container = new Container();
  const override = Depends((): { close(): unknown } => ({ close: () => 0 }), singleton);
  container.provide(Pool, { close: () => void (closed += 1) });
  container.override(override, { close: () => (closed += 1) });
  await request(container.plan({ pool: Pool, override }, 'GET /'));
  await container.close();
  t.is(closed, 0);
});

test('one object that two singletons share is disposed once', async (t) => {
  let closed = 0;
  const pool = Depends(() => ({ close: () => (closed += 1) }), singleton);
  const alias = Depends({ pool }, (needs) => needs.pool, singleton);
  const container = new Container();
  await request(container.plan({ alias }, 'GET /'));
  await container.close();
  t.is(closed, 1);
});

test('what was never needed is not made in order to be disposed', async (t) => {
  let runs = 0;
  const container = new Container();
  container.plan({ pool: Depends(() => (runs += 1), singleton) }, 'GET /');
  await container.close();
  t.is(runs, 0);
});

test('all errors are collected, and everything is disposed all the same', async (t) => {
  const log: string[] = [];
  const failing = (name: string) =>
    Depends(function* () {
      yield name;
      throw new Error(name);
    }, singleton);
  const quiet = Depends(() => ({ close: () => log.push('quiet') }), singleton);
  const container = new Container();
  await request(container.plan({ quiet, a: failing('a'), b: failing('b') }, 'GET /'));
  const error = await t.throwsAsync(container.close(), { instanceOf: AggregateError });
  t.deepEqual(
    error.errors.map((each: Error) => each.message),
    ['b', 'a'],
  );
  t.regex(error.message, /2 errors: b; a/);
  t.deepEqual(log, ['quiet']);
});

test('what is being created while the application closes is waited for, and disposed', async (t) => {
  const log: string[] = [];
  const pool = Depends(async function* () {
    await sleep(5);
    log.push('open');
    yield 1;
    log.push('closed');
  }, singleton);
  const container = new Container();
  const opening = request(container.plan({ pool }, 'GET /'));
  await container.close();
  await opening;
  t.deepEqual(log, ['open', 'closed']);
});

test('nothing is created after close; boot opens again, with new values', async (t) => {
  let runs = 0;
  const pool = Depends(() => ({ run: (runs += 1), close: () => 0 }), singleton);
  const container = new Container();
  const plan = container.plan({ pool }, 'GET /late');
  t.is((await request(plan)).pool.run, 1);
  const closing = container.close();
  t.is(container.close(), closing);
  await closing;
  await t.throwsAsync(request(plan), { message: /closed, too late to create GET \/late -> pool/ });
  await container.boot();
  t.is((await request(plan)).pool.run, 2);
});

test('transients of a singleton live as long as it does', async (t) => {
  const log: string[] = [];
  const connection = Depends(
    function* () {
      yield 'connection';
      log.push('connection');
    },
    { scope: 'transient' },
  );
  const cache = Depends({ connection }, () => ({ close: () => log.push('cache') }), singleton);
  class Users {
    connection = inject(connection);
    close(): void {
      log.push('users');
    }
  }
  const container = new Container();
  await request(container.plan({ cache, users: Users }, 'GET /'));
  t.deepEqual(log, []);
  await container.close();
  t.deepEqual(log, ['users', 'connection', 'cache', 'connection']);
});

test('a singleton that fails to be created closes what was opened for it', async (t) => {
  const log: string[] = [];
  const connection = Depends(
    async function* () {
      try {
        yield 1;
      } catch (error) {
        log.push((error as Error).message);
        throw error;
      }
    },
    { scope: 'transient' },
  );
  const cache = Depends(
    { connection },
    () => {
      throw new Error('no cache');
    },
    singleton,
  );
  const container = new Container();
  await t.throwsAsync(request(container.plan({ cache }, 'GET /')), { message: 'no cache' });
  t.deepEqual(log, ['no cache']);
  await container.close();
});

test('transients of one class close in reverse order, and also when its constructor throws', async (t) => {
  const log: string[] = [];
  const step = (name: string) =>
    Depends(
      function* () {
        try {
          yield name;
        } finally {
          log.push(name);
        }
      },
      { scope: 'transient' },
    );
  const [a, b] = [step('a'), step('b')];
  let isBroken = true;
  class Users {
    a = inject(a);
    b = inject(b);
    constructor() {
      if (isBroken) throw new Error('broken');
    }
  }
  const container = new Container();
  t.throws(() => container.construct(Users), { message: 'broken' });
  t.deepEqual(log.splice(0), ['b', 'a']);
  isBroken = false;
  container.construct(Users);
  t.deepEqual(log, []);
  await container.close();
  t.deepEqual(log, ['b', 'a']);
});
