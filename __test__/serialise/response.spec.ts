import { type } from 'arktype';
import test from 'ava';
import * as v from 'valibot';
import { z } from 'zod';

import { toErrorReply } from '../../src/error-reply.ts';
import { CovetError } from '../../src/error.ts';
import { compileResponse, compileSerialiser } from '../../src/serialise.ts';
import type { Schema } from '../../src/types/schema.ts';

const route = 'GET /users/{id}';
const development = { route, mode: 'development' } as const;
const production = { route, mode: 'production' } as const;
const leak = 'hunter2';

test('no schema, no plan', (t) => t.is(compileResponse(undefined, production), undefined));

test('one schema serves every status, a map only its own', (t) => {
  const user = z.object({ id: z.int() });
  const one = compileResponse(user, production)!;
  t.is(one.for(200)!({ id: 1, x: leak }), '{"id":1}');
  t.is(one.for(404), one.for(200));
  const map = compileResponse({ 200: user, 404: z.object({ why: z.string() }) }, production)!;
  t.is(map.for(200)!({ id: 1, why: leak }), '{"id":1}');
  t.is(map.for(404)!({ id: 1, why: 'gone' }), '{"why":"gone"}');
  t.is(map.for(500), undefined);
});

test('a refused body is a 500 that names route and field in the log and nothing to the client', (t) => {
  const plan = compileResponse(z.object({ items: z.array(z.object({ name: z.string() })) }), production)!;
  const error = t.throws<CovetError>(() => plan.for(200)!({ items: [{ name: { leak } }] }) as never, {
    instanceOf: CovetError,
  });
  t.is(error.code, 'RESPONSE_VALIDATION_ERROR');
  t.is(error.status, 500);
  t.is(
    error.message,
    'GET /users/{id} returned a body its response schema does not allow: items.0.name: expected string, got object',
  );
  const { body } = toErrorReply(error);
  t.false(body.includes('items') || body.includes(leak) || body.includes(route));
});

const vendors: Record<string, Schema> = {
  zod: z.object({ email: z.email(), password: z.string().max(3) }),
  valibot: v.object({ email: v.pipe(v.string(), v.email()), password: v.pipe(v.string(), v.maxLength(3)) }),
  arktype: type({ email: 'string.email', password: 'string <= 3' }) as Schema,
};
for (const [vendor, schema] of Object.entries(vendors)) {
  test(`${vendor}: development refuses what the schema refuses, without quoting it`, async (t) => {
    const plan = compileResponse(schema, development)!;
    const error = await t.throwsAsync<CovetError>(async () => plan.for(200)!({ email: leak, password: leak }), {
      instanceOf: CovetError,
    });
    t.regex(error.message, /GET \/users\/\{id\}.*email \(\w+\).*password \(\w+\)/);
    t.false(error.message.includes(leak));
    t.is(
      await plan.for(200)!({ email: 'a@b.co', password: 'x' }),
      await compileResponse(schema, production)!.for(200)!({ email: 'a@b.co', password: 'x' }),
    );
  });
}

const toDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
const day = '2024-05-01T12:00:00.000Z';
const both: [name: string, schema: Schema, value: unknown, json: string][] = [
  ['dates', z.object({ at: z.date() }), { at: new Date(day), x: leak }, `{"at":"${day}"}`],
  ['defaults', z.object({ n: z.int().default(5), s: z.string().prefault('p') }), {}, '{"n":5,"s":"p"}'],
  ['a trim', z.object({ s: z.string().trim() }), { s: ' a ' }, '{"s":"a"}'],
  ['a transform', z.object({ s: z.string().transform((s) => s.length) }), { s: 'abc', x: leak }, '{"s":3}'],
  ['a transform into a pipe', z.object({ s: z.string().transform(Number).pipe(z.int()) }), { s: '5' }, '{"s":5}'],
  ['coercion', z.object({ n: z.coerce.number() }), { n: '5' }, '{"n":5}'],
  ['a catch', z.object({ n: z.int().catch(0) }), { n: leak }, '{"n":0}'],
  ['a codec', z.object({ at: toDate }), { at: day, x: leak }, `{"at":"${day}"}`],
  [
    'a nested change',
    z.array(z.object({ o: z.object({ s: z.string().toLowerCase() }).optional() })),
    [{ o: { s: 'A', x: leak } }, {}],
    '[{"o":{"s":"a"}},{}]',
  ],
  [
    'a valibot transform',
    v.object({
      s: v.pipe(
        v.string(),
        v.transform((s) => s.length),
      ),
    }),
    { s: 'abc', x: leak },
    '{"s":3}',
  ],
  ['a valibot date', v.object({ at: v.date() }), { at: new Date(day), x: leak }, `{"at":"${day}"}`],
  ['an arktype morph', type({ n: 'string.numeric.parse' }) as Schema, { n: '5', x: leak }, '{"n":5}'],
  ['an arktype Date', type({ at: 'Date' }) as Schema, { at: new Date(day), x: leak }, `{"at":"${day}"}`],
];
for (const [name, schema, value, json] of both) {
  test(`${name}: development and production send the same`, async (t) => {
    t.is(await compileResponse(schema, development)!.for(200)!(value), json);
    t.is(await compileResponse(schema, production)!.for(200)!(value), json);
  });
}

test('a schema without JSON Schema validates and its output is sent', async (t) => {
  const own: Schema = {
    '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value: { only: (value as { a: unknown }).a } }) },
  };
  t.is(compileSerialiser(own)({ a: 1, x: leak }), '{"only":1}');
  const later: Schema = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: async (value) => (value === 1 ? { value } : { issues: [{ message: leak, path: ['a'] }] }),
    },
  };
  for (const mode of ['development', 'production'] as const) {
    const serialise = compileResponse(later, { route, mode })!.for(200)!;
    t.is(await serialise(1), '1');
    const error = await t.throwsAsync<CovetError>(async () => serialise(2), { instanceOf: CovetError });
    t.regex(error.message, /a \(invalid\)/);
    t.false(error.message.includes(leak));
  }
});

test('asynchronous refinements are checked in development and cost production nothing', async (t) => {
  const schema = z.object({ a: z.string().refine(async (a) => a !== 'bad') });
  const serialise = compileResponse(schema, development)!.for(200)!;
  t.is(await serialise({ a: 'ok' }), '{"a":"ok"}');
  await t.throwsAsync(async () => serialise({ a: 'bad' }), { instanceOf: CovetError });
  t.is(compileResponse(schema, production)!.for(200)!({ a: 'bad' }), '{"a":"bad"}');
});

test("a handler's own error passes unchanged", (t) => {
  const boom = new Error('boom');
  const value = {
    get id(): number {
      throw boom;
    },
  };
  t.is(
    t.throws(() => compileResponse(z.object({ id: z.int() }), production)!.for(200)!(value)),
    boom,
  );
});
