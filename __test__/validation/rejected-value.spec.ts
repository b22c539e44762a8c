import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import { toErrorReply } from '../../src/error-reply.ts';
import { ValidationError } from '../../src/error.ts';
import type { FieldError } from '../../src/error.ts';
import type { Schema } from '../../src/types/schema.ts';
import { compileInputs } from '../../src/validation/inputs.ts';
import type { InputSchemas } from '../../src/validation/raw-inputs.ts';
import { rawInputs } from './raw.ts';

const secret = 'hunter2-hunter2';

function faultsOf(schemas: InputSchemas, parts: object, exposeRejectedValues?: boolean): readonly FieldError[] {
  const plan = compileInputs(schemas, [], { exposeRejectedValues })!;
  try {
    void plan.run(rawInputs(parts), {});
  } catch (error) {
    if (error instanceof ValidationError) return error.fieldErrors;
    throw error;
  }
  throw new Error('it passed');
}

test('refused values are not sent unless asked for', (t) => {
  const [fault] = faultsOf({ body: z.object({ n: z.int() }) }, { body: { n: 'abc' } });
  t.false('rejected_value' in fault!);
  t.is(faultsOf({ body: z.object({ n: z.int() }) }, { body: { n: 'abc' } }, true)[0]!.rejected_value, 'abc');
});

const secretNames = [
  'password',
  'user_password',
  'newPassword',
  'passwd',
  'secret',
  'clientSecret',
  'token',
  'access_token',
  'x-api-key',
  'apiKey',
  'card',
  'card_number',
  'cvv',
  'pin',
  'authorization',
  'credentials',
];
for (const name of secretNames) {
  test(`the value under ${name} is never shown, by no library`, (t) => {
    const schemas: Record<string, Schema> = {
      zod: z.object({ [name]: z.string().max(3) }),
      valibot: v.object({ [name]: v.pipe(v.string(), v.email()) }),
      arktype: type({ [name]: /^a$/ } as never) as Schema,
    };
    for (const [vendor, schema] of Object.entries(schemas)) {
      for (const expose of [false, true]) {
        const faults = faultsOf({ body: schema }, { body: { [name]: secret } }, expose);
        t.is(faults.length, 1, vendor);
        t.false(JSON.stringify(faults).includes('hunter2'), `${vendor}: ${JSON.stringify(faults)}`);
        t.is(faults[0]!.rejected_value, expose ? '[redacted]' : undefined);
      }
    }
  });
}

test('a secret inside a refused object, and below a secret name, stays hidden', (t) => {
  const same = z
    .object({ password: z.string(), again: z.string(), card: z.object({ number: z.int().optional() }) })
    .refine(() => false);
  const whole = faultsOf({ body: same }, { body: { password: secret, again: 'x', card: {} } }, true);
  t.is(whole[0]!.rejected_value, '{"password":"[redacted]","again":"x","card":"[redacted]"}');
  const below = faultsOf({ body: same }, { body: { password: 'p', again: 'x', card: { number: secret } } }, true);
  t.is(below[0]!.rejected_value, '[redacted]');
});

test('cookies and the authorization header stay hidden', (t) => {
  const schemas = {
    cookies: z.object({ theme: z.literal('dark') }),
    headers: z.object({ authorization: z.string().max(3) }),
  };
  const faults = faultsOf(schemas, { cookies: { theme: secret }, headers: { authorization: secret } }, true);
  t.is(faults.length, 2);
  t.false(JSON.stringify(faults).includes('hunter2'));
});

test('long values, messages and names are cut', (t) => {
  const long = 'x'.repeat(100_000);
  const [text] = faultsOf({ body: z.object({ n: z.int() }) }, { body: { n: long } }, true);
  t.is(text!.rejected_value, `${'x'.repeat(200)}…`);
  const [object] = faultsOf({ body: z.object({ n: z.int() }) }, { body: { n: { long } } }, true);
  t.is((object!.rejected_value as string).length, 201);
  const strict = faultsOf({ body: z.strictObject({}) }, { body: { [long]: 1 } });
  const quoting = faultsOf({ body: type({ n: 'number' }) as Schema }, { body: { n: long } });
  const record = faultsOf({ body: z.record(z.string(), z.int()) }, { body: { [long]: 'x' } });
  for (const faults of [strict, quoting, record]) t.true(toErrorReply(new ValidationError(faults)).body.length < 1500);
});

test('values JSON cannot say are shown as text', (t) => {
  const body = { nan: Number.NaN, nul: null, big: 12n, mark: Symbol('m'), code: () => secret };
  const text = z.string();
  const schema = z.object({ nan: text, nul: text, big: text, mark: text, code: text, gone: text });
  const faults = faultsOf({ body: schema }, { body }, true);
  t.deepEqual(
    faults.map((fault) => fault.rejected_value),
    ['NaN', null, '12', 'Symbol(m)', '[function]', undefined],
  );
});
