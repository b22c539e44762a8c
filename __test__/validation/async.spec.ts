import test from 'ava';
import { z } from 'zod';

import { ValidationError } from '../../src/error.ts';
import type { Schema } from '../../src/types/schema.ts';
import { compileInputs } from '../../src/validation/inputs.ts';
import { rawInputs } from './raw.ts';

const later = (message?: string): Schema => ({
  '~standard': {
    version: 1,
    vendor: 'own',
    validate: async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return message === undefined ? { value: { later: value } } : { issues: [{ message, path: ['x'] }] };
    },
  },
});

test('nothing is a promise while every schema answers at once', (t) => {
  const plan = compileInputs({ query: z.object({ q: z.string() }), body: z.object({}) })!;
  t.true(Array.isArray(plan.run(rawInputs({ query: { q: 'x' }, body: {} }), {})));
});

test('asynchronous schemas are awaited beside synchronous ones', async (t) => {
  const plan = compileInputs({ query: z.object({ q: z.string() }), body: later() })!;
  const target: Record<string, unknown> = {};
  const running = plan.run(rawInputs({ query: { q: 'x' }, body: 1 }), target);
  t.true(running instanceof Promise);
  t.deepEqual(target, {});
  t.deepEqual(await running, []);
  t.deepEqual(target, { query: { q: 'x' }, body: { later: 1 } });
});

test('their faults join the others in one error', async (t) => {
  const plan = compileInputs({ params: later('late'), query: z.object({ q: z.string() }), body: later('later') })!;
  const target = {};
  const error = await t.throwsAsync<ValidationError>(async () => plan.run(rawInputs({}), target), {
    instanceOf: ValidationError,
  });
  t.deepEqual(
    error.fieldErrors.map(({ in: place }) => place),
    ['path', 'query', 'body'],
  );
  t.deepEqual(target, {});
});

test("zod's asynchronous refinements work", async (t) => {
  const free = z.object({ email: z.string().refine(async (email) => email !== 'taken', 'Taken') });
  const plan = compileInputs({ body: free })!;
  await t.notThrowsAsync(async () => plan.run(rawInputs({ body: { email: 'free' } }), {}));
  const error = await t.throwsAsync<ValidationError>(async () => plan.run(rawInputs({ body: { email: 'taken' } }), {}));
  t.like(error.fieldErrors[0], { field: 'email', message: 'Taken', code: 'custom' });
});

test('a schema that throws beside one that rejects leaves no unhandled rejection', async (t) => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  t.teardown(() => process.off('unhandledRejection', listen));
  const rejects: Schema = {
    '~standard': { version: 1, vendor: 'own', validate: () => Promise.reject(new Error('late')) },
  };
  const throws: Schema = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: () => {
        throw new Error('at once');
      },
    },
  };
  t.throws(() => compileInputs({ query: rejects, body: throws })!.run(rawInputs({}), {}), { message: 'at once' });
  await t.throwsAsync(async () => compileInputs({ query: rejects, body: rejects })!.run(rawInputs({}), {}), {
    message: 'late',
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(unhandled, []);
});
