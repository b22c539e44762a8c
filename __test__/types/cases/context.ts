import { z } from 'zod';

import { get } from '../../../src/route.ts';
import type { Context } from '../../../src/types/context.ts';
import type { CovetRequest, RawFields } from '../../../src/types/request.ts';
import type { In } from '../../../src/types/route.ts';
import type { UploadedFile } from '../../../src/types/upload.ts';
import { file, files } from '../../../src/upload/file.ts';
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
is<Eq<Context<'/x', { summary: 'x' }>['form'], undefined>>();
const Sized = z.object({ name: z.string(), sizes: z.array(z.int()).default([]) });
is<Eq<Context<'/x', { form: typeof Sized }>['form'], { name: string; sizes: number[] }>>();
app.get('/form', { form: Sized }, ({ form, body }) => ({
  first: form.sizes[0]?.toFixed(),
  name: form.name.length,
  body,
}));
// @ts-expect-error the form has no such field
app.get('/form', { form: Sized }, ({ form }) => form.size);
// @ts-expect-error a route without a schema for it has no form
app.get('/form', ({ form }) => form.name);
is<Eq<Context<'/x', { summary: 'x' }>['files'], undefined>>();
const uploads = { one: file(), maybe: file({ required: false }), many: files({ maxCount: 3 }) };
is<
  Eq<
    Context<'/x', { files: typeof uploads }>['files'],
    { readonly one: UploadedFile; readonly maybe: UploadedFile | undefined; readonly many: readonly UploadedFile[] }
  >
>();
app.post('/files', { files: uploads, form: Sized }, (ctx) => [
  ctx.files.one.size,
  ctx.files.many.length,
  ctx.form.name,
]);
// @ts-expect-error the file may be missing
app.post('/files', { files: uploads }, (ctx) => ctx.files.maybe.size);
// @ts-expect-error the route takes no such file
app.post('/files', { files: uploads }, (ctx) => ctx.files.other);
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
    | 'req'
    | 'afterResponse'
    | 'params'
    | 'query'
    | 'headers'
    | 'cookies'
    | 'body'
    | 'form'
    | 'files'
    | 'db'
    | 'plain'
    | 'clock'
    | 'region'
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
