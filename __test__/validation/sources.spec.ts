import test from 'ava';
import { z } from 'zod';

import { ValidationError } from '../../src/error.ts';
import type { Source } from '../../src/types/injectable.ts';
import { compileInputs } from '../../src/validation/inputs.ts';
import { rawInputs } from './raw.ts';

const source = (place: Source<unknown>['in'], name: string, schema?: unknown): Source<unknown> =>
  ({ kind: 'source', in: place, name, schema }) as Source<unknown>;

test('sources give their values in order, coerced by their schema', (t) => {
  const request = { the: 'request' };
  const plan = compileInputs({ query: z.object({ q: z.string() }) }, [
    source('request', ''),
    source('header', 'Tenant_Id', z.int()),
    source('query', 'page', z.int().default(1)),
    source('cookie', 'sid'),
    source('path', 'id', z.uuid()),
    source('body', '', z.object({ a: z.int() })),
    source('query', 'tag', z.array(z.string())),
    source('query', 'missing'),
    source('query', 'tag'),
  ])!;
  const target = {};
  const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  const raw = rawInputs(
    {
      params: { id },
      query: { q: 'x', tag: ['a', 'b'] },
      headers: { 'tenant-id': '5' },
      cookies: { sid: 's' },
      body: { a: 1 },
    },
    request,
  );
  t.deepEqual(plan.run(raw, target), [request, 5, 1, 's', id, { a: 1 }, ['a', 'b'], undefined, 'a']);
  t.deepEqual(target, { query: { q: 'x' } });
  t.deepEqual(compileInputs({}, [source('header', 'x')])!.run(rawInputs({}), {}), [undefined]);
});

test('faults of sources come in the same error, under their own names', (t) => {
  const plan = compileInputs({ query: z.object({ q: z.string() }) }, [
    source('header', 'tenant_id', z.int()),
    source('body', '', z.object({ a: z.object({ b: z.int() }) })),
    source('query', 'page', z.int()),
  ])!;
  const raw = rawInputs({ headers: { 'tenant-id': 'x' }, body: { a: { b: '1' } } });
  const error = t.throws<ValidationError>(() => plan.run(raw, {}) as never, { instanceOf: ValidationError });
  t.deepEqual(
    error.fieldErrors.map(({ in: place, field, pointer }) => [place, field, pointer]),
    [
      ['query', 'q', '/q'],
      ['header', 'tenant-id', '/tenant-id'],
      ['body', 'a.b', '/a/b'],
      ['query', 'page', '/page'],
    ],
  );
});

test('names inherited from Object are not values', (t) => {
  const plan = compileInputs({}, [source('query', 'constructor'), source('cookie', 'toString')])!;
  const raw = { ...rawInputs({}), query: () => ({}), cookies: () => ({}) };
  t.deepEqual(plan.run(raw, {}), [undefined, undefined]);
});
