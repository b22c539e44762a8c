import test from 'ava';
import { z } from 'zod';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { SettingsError } from '../../src/di/settings-error.ts';
import { defineSettings } from '../../src/di/settings.ts';
import { token } from '../../src/di/token.ts';

test('boot makes settings and classes, nothing else', async (t) => {
  const log: string[] = [];
  const Settings = defineSettings(z.object({ PORT: z.int().transform((port) => (log.push('settings'), port)) }), {
    env: { PORT: '1' },
  });
  class Clock {
    made = log.push('clock');
  }
  class Users {
    clock = inject(Clock);
    made = log.push('users');
  }
  const pool = Depends({ settings: Settings }, () => log.push('pool'), { scope: 'singleton' });
  const session = Depends({ pool }, () => log.push('session'));
  const container = new Container();
  container.plan({ users: Users, session }, 'GET /');
  t.deepEqual(log, []);
  await container.boot();
  t.deepEqual(log, ['settings', 'clock', 'users']);
  await container.boot();
  t.is(log.length, 3);
});

test('a missing provider in a class is found at boot, with the path from the route', async (t) => {
  const Mailer = token<string>('Mailer');
  class Users {
    mailer = inject(Mailer);
  }
  const container = new Container();
  container.plan({ users: Users }, 'GET /users');
  await t.throwsAsync(container.boot(), {
    code: 'MISSING_PROVIDER',
    message: /^No provider for 'Mailer': GET \/users -> Users -> Mailer\./,
  });
});

test('faults of settings and of classes come together', async (t) => {
  const Settings = defineSettings(z.object({ PORT: z.int() }), { env: {} });
  class Broken {
    constructor() {
      throw new Error('broken');
    }
  }
  const container = new Container();
  container.plan({ settings: Settings, broken: Broken }, 'GET /');
  const error = await t.throwsAsync(container.boot(), { instanceOf: AggregateError });
  const [first, second] = error.errors;
  t.true(first instanceof SettingsError);
  t.is(second.message, 'broken');
  t.regex(error.message, /^Boot met 2 errors: 1 setting is wrong\n {2}PORT: is not set.*; broken$/s);
});

test('what an override made superfluous is not made', async (t) => {
  const Mailer = token<string>('Mailer');
  class Smtp {
    constructor() {
      throw new Error('no SMTP here');
    }
  }
  const Settings = defineSettings(z.object({ SMTP_HOST: z.string() }), { env: {} });
  const smtp = Depends({ settings: Settings, smtp: Smtp }, () => 'smtp', { scope: 'singleton' });
  const container = new Container();
  container.provide(Mailer, smtp);
  container.plan({ mailer: Mailer }, 'GET /');
  container.override(Mailer, 'fake');
  await t.notThrowsAsync(container.boot());
});
