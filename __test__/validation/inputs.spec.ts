import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import { HttpError, ValidationError } from '../../src/error.ts';
import type { FieldError } from '../../src/error.ts';
import type { Schema } from '../../src/types/schema.ts';
import { compileInputs } from '../../src/validation/inputs.ts';
import { rawInputs } from './raw.ts';

test('a route without inputs has no plan', (t) => {
  t.is(compileInputs({}), undefined);
  t.is(compileInputs({ query: undefined }, []), undefined);
});

test('every place is coerced, checked and assigned; the body is not coerced', (t) => {
  const plan = compileInputs({
    params: z.object({ id: z.int() }),
    query: z.object({ page: z.int().default(1), tags: z.array(z.string()) }),
    headers: z.object({ tenant_id: z.int(), 'x-trace': z.string(), apiVersion: z.int().optional() }),
    cookies: z.strictObject({ theme: z.enum(['dark', 'light']) }),
    body: z.object({ name: z.string() }),
  })!;
  const target: Record<string, unknown> = {};
  const sources = plan.run(
    rawInputs({
      params: { id: '7' },
      query: { tags: 'a' },
      headers: { 'tenant-id': '3', 'x-trace': 't', 'api-version': '2', host: 'x', tenant_id: '666' },
      cookies: { theme: 'dark', other: 'x' },
      body: { name: 'Ada', extra: 1 },
    }),
    target,
  );
  t.deepEqual(sources, []);
  t.deepEqual(target, {
    params: { id: 7 },
    query: { page: 1, tags: ['a'] },
    headers: { tenant_id: 3, 'x-trace': 't', apiVersion: 2 },
    cookies: { theme: 'dark' },
    body: { name: 'Ada' },
  });
  const error = t.throws(() => plan.run(rawInputs({ params: { id: '7' }, body: { name: 5 } }), {}), {
    instanceOf: ValidationError,
  });
  t.true(error.fieldErrors.some((fault) => fault.in === 'body' && fault.field === 'name'));
});

const vendors: Record<string, { id: Schema; page: Schema; tenant: Schema; session: Schema; user: Schema }> = {
  zod: {
    id: z.object({ id: z.int() }),
    page: z.object({ page: z.int().max(9) }),
    tenant: z.object({ tenant_id: z.int() }),
    session: z.object({ sid: z.string() }),
    user: z.object({ items: z.array(z.object({ price: z.number() })) }),
  },
  valibot: {
    id: v.object({ id: v.pipe(v.number(), v.integer()) }),
    page: v.object({ page: v.pipe(v.number(), v.maxValue(9)) }),
    tenant: v.object({ tenant_id: v.number() }),
    session: v.object({ sid: v.string() }),
    user: v.object({ items: v.array(v.object({ price: v.number() })) }),
  },
  arktype: {
    id: type({ id: 'number.integer' }) as Schema,
    page: type({ page: 'number <= 9' }) as Schema,
    tenant: type({ tenant_id: 'number' }) as Schema,
    session: type({ sid: 'string' }) as Schema,
    user: type({ items: type({ price: 'number' }).array() }) as Schema,
  },
};

for (const [vendor, { id, page, tenant, session, user }] of Object.entries(vendors)) {
  test(`${vendor}: the faults of all places come in one error, with place, field and pointer`, (t) => {
    const plan = compileInputs({ params: id, query: page, headers: tenant, cookies: session, body: user })!;
    const target = {};
    const raw = rawInputs({
      params: { id: 'x' },
      query: { page: '10' },
      headers: { 'tenant-id': 'x' },
      body: { items: [{ price: 1 }, { price: '2' }] },
    });
    const error = t.throws<ValidationError>(() => plan.run(raw, target) as never, { instanceOf: ValidationError });
    t.is(error.status, 422);
    const summary = error.fieldErrors.map(({ in: place, field, pointer }) => [place, field, pointer]);
    t.deepEqual(summary, [
      ['path', 'id', '/id'],
      ['query', 'page', '/page'],
      ['header', 'tenant-id', '/tenant-id'],
      ['cookie', 'sid', '/sid'],
      ['body', 'items.1.price', '/items/1/price'],
    ]);
    for (const fault of error.fieldErrors) {
      t.regex(fault.code, /^[a-z_]+$/i);
      t.true(fault.message.length > 0);
      t.deepEqual(Object.keys(fault), ['field', 'message', 'code', 'in', 'pointer']);
    }
    t.deepEqual(target, {}, 'nothing is assigned when anything is wrong');
  });
}

test('codes are those of the library', (t) => {
  const codesOf = (schema: Schema, body: unknown): string[] => {
    const error = t.throws<ValidationError>(
      () => compileInputs({ body: schema })!.run(rawInputs({ body }), {}) as never,
    );
    return error.fieldErrors.map((fault) => fault.code);
  };
  t.deepEqual(codesOf(z.object({ a: z.string().min(3), b: z.int() }), { a: '' }), ['too_small', 'invalid_type']);
  t.deepEqual(codesOf(v.object({ a: v.pipe(v.string(), v.minLength(3)) }), { a: '' }), ['min_length']);
  t.deepEqual(codesOf(type({ a: 'string >= 3' }) as Schema, { a: '' }), ['minLength']);
  const own: Schema = { '~standard': { version: 1, vendor: 'own', validate: () => ({ issues: [{ message: 'no' }] }) } };
  t.deepEqual(codesOf(own, 1), ['invalid']);
});

test('a missing body where one is required is a 422 fault of the whole body', (t) => {
  const plan = compileInputs({ body: z.object({ a: z.string() }) })!;
  const error = t.throws<ValidationError>(() => plan.run(rawInputs({}), {}) as never, { instanceOf: ValidationError });
  t.like(error.fieldErrors[0], { field: '', pointer: '', in: 'body', code: 'invalid_type' });
  const optional = compileInputs({ body: z.object({ a: z.string() }).optional() })!;
  const target: { body?: unknown } = {};
  t.false(optional.run(rawInputs({}), target) instanceof Promise);
  t.is(target.body, undefined);
});

test('what reading the body throws comes through unchanged', async (t) => {
  const refusal = new HttpError(415);
  const plan = compileInputs({ query: z.object({ page: z.int() }), body: z.object({}) })!;
  const raw = rawInputs({ query: { page: 'x' } });
  const thrown = t.throws(() =>
    plan.run(
      {
        ...raw,
        body: () => {
          throw refusal;
        },
      },
      {},
    ),
  );
  t.is(thrown, refusal);
  t.is(await t.throwsAsync(async () => plan.run({ ...raw, body: () => Promise.reject(refusal) }, {})), refusal);
});

test('a body that is a promise is awaited', async (t) => {
  const plan = compileInputs({ body: z.object({ a: z.int() }) })!;
  const target: { body?: unknown } = {};
  await plan.run(rawInputs({ body: Promise.resolve({ a: 1 }) }), target);
  t.deepEqual(target.body, { a: 1 });
});

test('a body that is not declared is not read', (t) => {
  const plan = compileInputs({ query: z.object({ page: z.int() }) })!;
  const raw = { ...rawInputs({ query: { page: '1' } }), body: () => t.fail('read') };
  t.notThrows(() => plan.run(raw, {}));
});

test('pointer segments are escaped, symbol keys do not break anything', (t) => {
  const own: Schema = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: () => ({ issues: [{ message: 'm', path: [{ key: 'a/b~c' }, 0, Symbol('s')] }] }),
    },
  };
  const error = t.throws<ValidationError>(
    () => compileInputs({ body: own })!.run(rawInputs({ body: {} }), {}) as never,
  );
  t.like(error.fieldErrors[0], { field: 'a/b~c.0.s', pointer: '/a~1b~0c/0/s' });
});

test('a header is read under its dashed name only', (t) => {
  const plan = compileInputs({ headers: z.object({ tenant_id: z.string() }) })!;
  t.throws(() => plan.run(rawInputs({ headers: { tenant_id: 'spoofed' } }), {}), { instanceOf: ValidationError });
});

test('a strict query refuses names it does not know, strict headers and cookies cannot', (t) => {
  const strict = z.strictObject({ a: z.string().optional() });
  const extra = { b: '1' };
  t.throws(() => compileInputs({ query: strict })!.run(rawInputs({ query: extra }), {}), {
    instanceOf: ValidationError,
  });
  t.notThrows(() => compileInputs({ headers: strict })!.run(rawInputs({ headers: extra }), {}));
  t.notThrows(() => compileInputs({ cookies: strict })!.run(rawInputs({ cookies: extra }), {}));
});

test('an open header schema gets every header', (t) => {
  const target: { headers?: unknown } = {};
  const plan = compileInputs({ headers: z.looseObject({ retry_count: z.int() }) })!;
  t.false(plan.run(rawInputs({ headers: { 'retry-count': '2', host: 'x' } }), target) instanceof Promise);
  t.like(target.headers, { retry_count: 2, host: 'x' });
});

test('a thousand faults are reported as a hundred', (t) => {
  const plan = compileInputs({ body: z.array(z.int()) })!;
  const error = t.throws<ValidationError>(
    () => plan.run(rawInputs({ body: Array.from({ length: 1000 }, () => 'x') }), {}) as never,
  );
  t.is(error.fieldErrors.length, 100);
});

test('hostile names neither reach a prototype nor pass as declared', (t) => {
  const plan = compileInputs({
    query: z.looseObject({ page: z.int() }),
    headers: z.object({ constructor: z.string().optional() }),
  })!;
  const query = JSON.parse('{"page":"1","__proto__":"x","constructor":"y"}') as object;
  const raw = rawInputs({});
  const own = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(query)) Object.defineProperty(own, name, { value, enumerable: true });
  const target: { query?: Record<string, unknown>; headers?: unknown } = {};
  t.false(plan.run({ ...raw, query: () => own }, target) instanceof Promise);
  t.is(target.query!['page'], 1);
  t.is(({} as Record<string, unknown>)['x'], undefined);
  t.false(Object.hasOwn(target.headers as object, 'constructor'));
});

test('field errors of one run do not reach the next', (t) => {
  const plan = compileInputs({ query: z.object({ page: z.int() }) })!;
  const faults = (page: string): readonly FieldError[] =>
    t.throws<ValidationError>(() => plan.run(rawInputs({ query: { page } }), {}) as never).fieldErrors;
  t.is(faults('a').length, 1);
  t.is(faults('b').length, 1);
});
