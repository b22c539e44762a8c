import { inspect } from 'node:util';

import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { SettingsError } from '../../src/di/settings-error.ts';
import { defineSettings } from '../../src/di/settings.ts';
import type { SettingsOptions } from '../../src/di/settings.ts';
import type { Schema } from '../../src/types/schema.ts';
import { request } from './request.ts';

async function read(
  schema: Schema<any, object>,
  env: Record<string, string>,
  options: SettingsOptions = {},
): Promise<any> {
  const container = new Container();
  const plan = container.plan({ settings: defineSettings(schema, { env, ...options }) }, 'GET /');
  await container.boot();
  return (await request(plan)).settings;
}

async function faultsOf(schema: Schema<any, object>, env: Record<string, string>): Promise<string[]> {
  const error = await read(schema, env).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SettingsError)) throw new Error(`expected a SettingsError, got ${inspect(error)}`);
  return error.faults.map((fault) => `${fault.variable}: ${fault.message}`);
}

const strong = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

test('texts become what the schema declares', async (t) => {
  const schema = z.object({
    DATABASE_URL: z.string(),
    PORT: z.number().default(3000),
    WORKERS: z.int().optional(),
    DEBUG: z.boolean(),
    LEVEL: z.enum(['info', 'debug']).default('info'),
    ORIGINS: z.array(z.string()).default([]),
    PORTS: z.array(z.int()).default([]),
    ZIP: z.string(),
  });
  const env = {
    DATABASE_URL: 'pg:',
    DEBUG: 'true',
    WORKERS: '4',
    ORIGINS: 'a, b',
    PORTS: '1,2',
    ZIP: '01234',
    OTHER: 'x',
  };
  t.deepEqual(await read(schema, env), {
    DATABASE_URL: 'pg:',
    PORT: 3000,
    WORKERS: 4,
    DEBUG: true,
    LEVEL: 'info',
    ORIGINS: ['a', 'b'],
    PORTS: [1, 2],
    ZIP: '01234',
  });
});

test('arktype coerces as zod does; a schema that cannot tell gets the texts', async (t) => {
  t.deepEqual(await read(type({ PORT: 'number', HOST: 'string' }), { PORT: '80', HOST: 'h' }), { PORT: 80, HOST: 'h' });
  const schema = v.object({ PORT: v.pipe(v.string(), v.transform(Number)), HOST: v.optional(v.string(), 'h') });
  t.deepEqual(await read(schema, { PORT: '80', OTHER: 'x' }), { PORT: 80, HOST: 'h' });
});

test('a strict schema is not disturbed by the rest of the environment', async (t) => {
  t.deepEqual(await read(z.strictObject({ PORT: z.int() }), { PORT: '80', PATH: '/bin' }), { PORT: 80 });
});

test('an empty variable counts as not set', async (t) => {
  t.deepEqual(await read(z.object({ PORT: z.number().default(3000) }), { PORT: '' }), { PORT: 3000 });
  t.deepEqual(await faultsOf(z.object({ HOST: z.string() }), { HOST: '' }), [
    'HOST: is not set: Invalid input: expected string, received undefined',
  ]);
});

test('process.env is the default, read when the settings are first needed', async (t) => {
  const container = new Container();
  const plan = container.plan({ settings: defineSettings(z.object({ COVET_TEST_PORT: z.int() })) }, 'GET /');
  process.env['COVET_TEST_PORT'] = '81';
  t.teardown(() => delete process.env['COVET_TEST_PORT']);
  t.deepEqual((await request(plan)).settings, { COVET_TEST_PORT: 81 });
});

test('boot names every fault of all settings in use at once, however they are reached', async (t) => {
  const env = { PORT: '70000', DEBUG: 'maybe' };
  const Server = defineSettings(z.object({ PORT: z.int().max(65535), DEBUG: z.boolean() }), { env });
  const Database = defineSettings(z.object({ DATABASE_URL: z.string() }), { env });
  const Mail = defineSettings(z.object({ SMTP_HOST: z.string() }), { env });
  const pool = Depends({ settings: Database }, () => 1, { scope: 'singleton' });
  class Mailer {
    settings = inject(Mail);
  }
  class Users {
    mailer = inject(Mailer);
  }
  const container = new Container();
  container.plan({ server: Server, db: Depends({ pool }, () => 1) }, 'GET /');
  container.plan({ users: Users, mailer: Mailer }, 'GET /users');
  const error = await t.throwsAsync(container.boot(), { instanceOf: SettingsError, code: 'INVALID_SETTINGS' });
  t.deepEqual(
    error.faults.map((fault) => fault.variable),
    ['PORT', 'DEBUG', 'DATABASE_URL', 'SMTP_HOST'],
  );
  t.regex(error.message, /^4 settings are wrong\n {2}PORT: Too big/);
});

test('faults of a rule over all settings bear their name', async (t) => {
  const schema = z.object({ A: z.string() }).refine(() => false, 'A and B exclude each other');
  t.deepEqual(await faultsOf(schema, { A: 'x' }), ['settings: A and B exclude each other']);
});

test('no message repeats a value', async (t) => {
  const password = 'hunter2-hunter2';
  const env = { DATABASE_URL: `pg://app:${password}@db/x`, API_KEY: 'k-123456789', MODE: 'wrongmode', PIN: 'abc' };
  const telling = z.object({
    DATABASE_URL: z
      .string()
      .refine(() => false, { error: (issue) => `bad password ${String(issue.input).slice(9, 24)}` }),
    API_KEY: z.string().refine(() => false, { error: (issue) => `bad key ${String(issue.input)}` }),
    MODE: z.string().refine(() => false, { error: (issue) => `unknown mode "${String(issue.input)}"` }),
    PIN: z.string().refine(() => false, { error: 'must have six digits' }),
  });
  const withheld = 'does not fit its schema (the reason is withheld, for it repeats a value)';
  t.deepEqual(await faultsOf(telling, env), [
    `DATABASE_URL: ${withheld}`,
    `API_KEY: ${withheld}`,
    `MODE: ${withheld}`,
    'PIN: must have six digits',
  ]);
  t.deepEqual(await faultsOf(type({ MAIL_PASSWORD: 'string.email' }), { MAIL_PASSWORD: password }), [
    `MAIL_PASSWORD: ${withheld}`,
  ]);
  const error = await t.throwsAsync(read(telling, env));
  t.false(inspect(error, { depth: 10 }).includes(password));
});

test('one variable does not tell another one', async (t) => {
  const schema = z.object({ TOKEN: z.string(), NAME: z.string() }).superRefine((value, context) => {
    context.addIssue({ code: 'custom', path: ['NAME'], message: `differs from ${value.TOKEN}` });
  });
  t.deepEqual(await faultsOf(schema, { TOKEN: 'tok-123456', NAME: 'me' }), [
    'NAME: does not fit its schema (the reason is withheld, for it repeats a value)',
  ]);
});

test('settings are frozen, all the way down', async (t) => {
  const shared = { retries: [1, 2] };
  const settings = await read(z.object({ A: z.string(), POLICY: z.any().default(shared) }), { A: 'x' });
  t.true(Object.isFrozen(settings));
  t.true(Object.isFrozen(settings.POLICY.retries));
  t.throws(() => (settings.A = 'y'), { instanceOf: TypeError });
  t.false(Object.isFrozen(shared), 'the default belongs to the schema');
});

test('printed settings and settings as JSON hide secrets', async (t) => {
  const settings = await read(z.object({ JWT_SECRET_KEY: z.string(), DATABASE_URL: z.string(), PORT: z.int() }), {
    JWT_SECRET_KEY: strong,
    DATABASE_URL: 'pg://app:hunter2@db/x',
    PORT: '80',
  });
  t.is(settings.JWT_SECRET_KEY, strong);
  t.deepEqual(JSON.parse(JSON.stringify(settings)), {
    JWT_SECRET_KEY: '[redacted]',
    DATABASE_URL: '[redacted]',
    PORT: 80,
  });
  t.is(inspect(settings), "{ JWT_SECRET_KEY: '[redacted]', DATABASE_URL: '[redacted]', PORT: 80 }");
  t.deepEqual(Object.keys({ ...settings }), ['JWT_SECRET_KEY', 'DATABASE_URL', 'PORT']);
});

test('secrets must be strong, unless the settings say otherwise', async (t) => {
  const schema = z.object({ JWT_SECRET_KEY: z.string() });
  const weak = async (secret: string) => faultsOf(schema, { JWT_SECRET_KEY: secret });
  t.deepEqual(await weak('secret'), ['JWT_SECRET_KEY: has 6 characters, a secret needs at least 32']);
  const regular = ['JWT_SECRET_KEY: is too regular for a secret; make one with: openssl rand -hex 32'];
  t.deepEqual(await weak('a'.repeat(64)), regular);
  t.deepEqual(await weak('changeme'.repeat(8)), regular);
  t.deepEqual(await read(schema, { JWT_SECRET_KEY: strong }), { JWT_SECRET_KEY: strong });
  t.deepEqual(await read(schema, { JWT_SECRET_KEY: 'dev' }, { secrets: 'any' }), { JWT_SECRET_KEY: 'dev' });
});

test('an asynchronous schema works, from boot on also in inject()', async (t) => {
  const Settings = defineSettings(
    z.object({ PORT: z.int() }).refine(async () => true),
    { env: { PORT: '80' } },
  );
  class Server {
    port = inject(Settings).PORT;
  }
  const container = new Container();
  const plan = container.plan({ settings: Settings, server: Server }, 'GET /');
  await container.boot();
  t.is((await request(plan)).server.port, 80);
});

test('a schema that gives no object is refused', async (t) => {
  await t.throwsAsync(read(z.object({}).transform(() => 1) as never, {}), {
    message: /must give an object, not number/,
  });
});
