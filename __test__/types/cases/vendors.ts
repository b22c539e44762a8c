import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

import { post } from '../../../src/route.ts';
import type { In } from '../../../src/types/route.ts';
import type { InputOf, OutputOf } from '../../../src/types/schema.ts';
import { type Eq, is } from './equal.ts';
import { app } from './shop.ts';

/** One route, three libraries. */
export const Mixed = post('/mix/{id}', {
  params: z.object({ id: z.coerce.number() }),
  query: type({ q: 'string', 'page?': 'number' }),
  headers: v.object({ 'x-tenant': v.string() }),
  cookies: type({ sid: 'string' }),
  body: v.object({ a: v.pipe(v.string(), v.transform(Number)) }),
  response: { 200: z.object({ n: z.number() }), 409: type({ reason: 'string' }), 410: v.object({ gone: v.boolean() }) },
});
is<Eq<In<typeof Mixed>['params'], { id: number }>>();
is<Eq<In<typeof Mixed>['query'], { q: string; page?: number }>>();
is<Eq<In<typeof Mixed>['headers'], { 'x-tenant': string }>>();
is<Eq<In<typeof Mixed>['cookies'], { sid: string }>>();
is<Eq<In<typeof Mixed>['body'], { a: number }>>();

app.post(
  '/mix',
  { body: v.object({ a: v.pipe(v.string(), v.transform(Number)) }), query: type({ q: 'string' }) },
  (ctx) => {
    is<Eq<typeof ctx.body, { a: number }>>();
    return ctx.body.a + ctx.query.q.length;
  },
);
app.handle(Mixed, ({ body }) => ({ n: body.a }));
// @ts-expect-error arktype's schema wants a string
app.post('/mix', { response: type({ reason: 'string' }) }, () => ({ reason: 1 }));
// @ts-expect-error valibot's params against the path
post('/users/{id}', { params: v.object({ uid: v.string() }) });
// @ts-expect-error arktype's params against the path
post('/users/{id}', { params: type({ uid: 'string' }) });

const Text = v.pipe(v.string(), v.transform(Number));
is<Eq<InputOf<typeof Text>, string>>();
is<Eq<OutputOf<typeof Text>, number>>();
is<Eq<InputOf<number>, never>>();
