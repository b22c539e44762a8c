import { z } from 'zod';

import { get } from '../../../src/route.ts';
import type { Context } from '../../../src/types/context.ts';
import type { CovetRequest, RawFields } from '../../../src/types/request.ts';
import type { In } from '../../../src/types/route.ts';
import { type Eq, is } from './equal.ts';
import { app, Clock, CreateUser, Db, DeleteUser, GetUser, getSession, ListUsers, Region, type User } from './shop.ts';

is<Eq<In<typeof GetUser>['params'], { user_id: number }>>();
is<Eq<In<typeof GetUser>['db'], Db>>();
is<Eq<In<typeof GetUser>['req'], CovetRequest>>();
is<Eq<In<typeof GetUser>['body'], undefined>>();
is<Eq<In<typeof CreateUser>['body'], { name: string; email: string }>>();
is<Eq<In<typeof ListUsers>['query'], { page: number; verbose: boolean }>>();
is<Eq<In<typeof ListUsers>['me'], User>>();
// the converter of the template, and the schema before it
is<Eq<In<typeof DeleteUser>['params'], { user_id: number }>>();
const Both = get('/x/{id:int}', { params: z.object({ id: z.coerce.string() }) });
is<Eq<In<typeof Both>['params'], { id: string }>>();

// Without schemas: as they arrived, any name may be missing.
is<Eq<Context<'/x'>['query'], RawFields>>();
is<Eq<Context<'/x'>['headers'], RawFields>>();
is<Eq<Context<'/x'>['cookies'], RawFields>>();
is<Eq<Context<'/x'>['query'][string], string | undefined>>();
is<Eq<Context<'/x', { summary: 'x' }>['body'], undefined>>();
is<Eq<Context<'/x/:id'>['params'], { id: string }>>();
// @ts-expect-error may be missing, also without noUncheckedIndexedAccess
const agent: string = ({} as Context<'/x'>).headers['user-agent'];
// @ts-expect-error inputs are read-only
({}) as Context<'/x'>['query']['page'] satisfies never;

// Everything that can be injected: dependency, class, abstract class, token.
const Many = get('/many', { deps: { db: getSession, plain: Db, clock: Clock, region: Region } });
is<Eq<In<typeof Many>['db'], Db>>();
is<Eq<In<typeof Many>['plain'], Db>>();
is<Eq<In<typeof Many>['clock'], Clock>>();
is<Eq<In<typeof Many>['region'], 'eu' | 'us'>>();
is<
  Eq<
    keyof In<typeof Many>,
    'req' | 'params' | 'query' | 'headers' | 'cookies' | 'body' | 'db' | 'plain' | 'clock' | 'region'
  >
>();

// Function style needs no annotation.
app.get('/files/{bucket}/{*key}', ({ params }) => ({ b: params.bucket.toUpperCase(), k: params.key.split('/') }));
app.get('/n/{n:int}', ({ params, req }) => params.n.toFixed(2) + req.header('host'));
app.get('/u/{id}', ({ params }) => {
  // @ts-expect-error no such parameter
  return params.uid;
});
app.get('/u/{id}', ({ query }) => {
  // @ts-expect-error may be missing
  return query['page'].length;
});
// @ts-expect-error no such dependency
app.get('/me', { deps: { db: getSession } }, ({ me }) => me);
// @ts-expect-error read-only
app.get('/me', { deps: { db: getSession } }, (ctx) => (ctx.db = new Db()));
