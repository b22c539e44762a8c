import test from 'ava';

import { Container } from '../../src/di/container.ts';
import { DependencyError } from '../../src/di/dependency-error.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { token } from '../../src/di/token.ts';
import { request } from './request.ts';

interface Mailer {
  send(to: string): string;
}
const Mailer = token<Mailer>('Mailer');

test('a token gives the value it was provided with', async (t) => {
  const mailer: Mailer = { send: (to) => `to ${to}` };
  const container = new Container();
  container.provide(Mailer, mailer);
  const greet = Depends({ mailer: Mailer }, (needs) => needs.mailer.send('ada'));
  t.deepEqual(await request(container.plan({ greet, mailer: Mailer }, 'GET /')), { greet: 'to ada', mailer });
});

test('values may be functions, false, undefined, or objects that look like much', async (t) => {
  const clock = () => 5;
  for (const value of [clock, false, undefined, null, { kind: 'dep' }, { class: 'A' }, { factory: 1 }, { value: 1 }]) {
    const Thing = token<unknown>('Thing');
    const container = new Container();
    container.provide(Thing, value);
    t.is((await request(container.plan({ thing: Thing }, 'GET /'))).thing, value);
  }
});

test('{ factory } makes one value for the application, unless its scope says otherwise', async (t) => {
  let runs = 0;
  const One = token<number>('One');
  const Each = token<number>('Each');
  const Late = token<string>('Late');
  const container = new Container();
  container.provide(One, { factory: () => (runs += 1) });
  container.provide(Each, { factory: () => (runs += 1), scope: 'request' });
  container.provide(Late, {
    factory: async function* () {
      yield 'late';
      runs += 100;
    },
  });
  const plan = container.plan({ one: One, each: Each, again: Each, late: Late }, 'GET /');
  t.deepEqual(await request(plan), { one: 1, each: 2, again: 2, late: 'late' });
  t.deepEqual(await request(plan), { one: 1, each: 3, again: 3, late: 'late' });
  await container.close();
  t.is(runs, 103);
});

test('{ class } gives the instance the container has of it', async (t) => {
  class Smtp implements Mailer {
    prefix = inject(Prefix);
    send(to: string): string {
      return `${this.prefix} ${to}`;
    }
  }
  const Prefix = token<string>('Prefix');
  const container = new Container();
  container.provide(Mailer, { class: Smtp });
  container.provide(Prefix, 'dear');
  const values = await request(container.plan({ mailer: Mailer, smtp: Smtp }, 'GET /'));
  t.is(values.mailer, values.smtp);
  t.is(values.mailer.send('ada'), 'dear ada');
});

test('a token may stand for a dependency or another token', async (t) => {
  const Alias = token<number>('Alias');
  const Port = token<number>('Port');
  const container = new Container();
  container.provide(
    Port,
    Depends({ host: Depends(() => 80) }, (needs) => needs.host + 1),
  );
  container.provide(Alias, Port);
  t.deepEqual(await request(container.plan({ port: Alias }, 'GET /')), { port: 81 });
});

test('a class may be provided by a subclass, an instance or a factory', async (t) => {
  abstract class Store {
    abstract get(): string;
  }
  class Memory extends Store {
    get(): string {
      return 'memory';
    }
  }
  const instance = new Memory();
  for (const provider of [{ class: Memory }, instance, { factory: () => new Memory() }]) {
    const container = new Container();
    container.provide(Store, provider);
    const { store } = await request(container.plan({ store: Store }, 'GET /'));
    t.is(store.get(), 'memory');
    t.is(container.construct(Store), store);
  }
});

test('two tokens with one description are two', async (t) => {
  const [a, b] = [token<number>('Port'), token<number>('Port')];
  const container = new Container();
  container.provide(a, 1);
  container.provide(b, 2);
  t.deepEqual(await request(container.plan({ a, b }, 'GET /')), { a: 1, b: 2 });
});

test('a second provider is refused, unless it says that it replaces the first', async (t) => {
  const Port = token<number>('Port');
  const container = new Container();
  container.provide(Port, 1);
  t.throws(() => container.provide(Port, 2), { instanceOf: DependencyError, message: /^Port is provided already/ });
  const plan = container.plan({ port: Port }, 'GET /');
  t.deepEqual(await request(plan), { port: 1 });
  container.provide(Port, 3, { override: true });
  t.deepEqual(await request(plan), { port: 3 });
});

test('a key that is neither token nor class is refused', (t) => {
  const container = new Container();
  t.throws(() => container.provide(Depends(() => 1) as never, 1), { message: /takes a token or a class as its key/ });
  t.throws(() => container.provide('Mailer' as never, 1), { message: /takes a token or a class as its key/ });
});

test('a missing provider is named with its path, when the plan is made', (t) => {
  const notify = Depends({ mailer: Mailer }, () => 1, { name: 'notify' });
  const welcome = Depends({ notify }, () => 1);
  t.throws(() => new Container().plan({ welcome }, 'POST /users'), {
    code: 'MISSING_PROVIDER',
    message:
      "No provider for 'Mailer': POST /users -> welcome -> notify -> Mailer. Call provide() with that token before the application starts",
  });
});

test('containers do not share what was provided', (t) => {
  const container = new Container();
  container.provide(Mailer, { send: String });
  t.notThrows(() => container.plan({ mailer: Mailer }, 'GET /'));
  t.throws(() => new Container().plan({ mailer: Mailer }, 'GET /'), { code: 'MISSING_PROVIDER' });
});
