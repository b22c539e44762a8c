import { z } from 'zod';

import { get, post } from '../../../src/route.ts';
import type { InjectResponse } from '../../../src/types/in-process.ts';
import type { Inject } from '../../../src/types/inject.ts';
import { type Eq, is } from './equal.ts';

declare const inject: Inject;

const User = z.object({ id: z.number(), born: z.date() });
const Show = get('/users/{id:int}/{*rest}', {
  query: z.object({ page: z.number().default(1) }),
  response: { 200: User, 404: z.object({ error: z.string() }) },
});
const Make = post('/users', { body: z.object({ name: z.string() }), response: User });
const Plain = get('/plain');

export async function cases(): Promise<void> {
  const shown = await inject(Show, { params: { id: 1, rest: 'a/b' } });
  if (shown.status === 200) is<Eq<Awaited<ReturnType<typeof shown.json>>['born'], string>>();
  if (shown.status === 404) is<Eq<Awaited<ReturnType<typeof shown.json>>['error'], string>>();
  if (shown.status === 422) is<Eq<Awaited<ReturnType<typeof shown.json>>, unknown>>();
  const made = await inject(Make, { body: { name: 'Ada' } });
  is<Eq<typeof made.status, number>>();
  is<Eq<Awaited<ReturnType<typeof made.json>>['id'], number>>();
  is<Eq<Awaited<ReturnType<typeof inject<'/plain', {}>>>, InjectResponse>>();
  const plain: InjectResponse = await inject(Plain);
  await inject(Plain, { query: { q: 1 }, headers: { accept: '*/*' }, cookies: { a: 'b' }, body: 'x', prefix: '/api' });
  await inject(plain.headers['location'] ?? '/');

  // @ts-expect-error a parameter is missing
  await inject(Show, { params: { id: 1 } });
  // @ts-expect-error an int is a number
  await inject(Show, { params: { id: '1', rest: '' } });
  // @ts-expect-error the parameters are missing
  await inject(Show);
  // @ts-expect-error there is no such parameter
  await inject(Show, { params: { id: 1, rest: '', more: 2 } });
  // @ts-expect-error the query is of another type
  await inject(Show, { params: { id: 1, rest: '' }, query: { page: 'x' } });
  // @ts-expect-error the body is missing
  await inject(Make, {});
  // @ts-expect-error the body lacks its name
  await inject(Make, { body: {} });
  // @ts-expect-error the status is none of the contract's, nor of the server's own
  if (shown.status === 299) is<true>();
}
