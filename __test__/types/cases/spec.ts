import { z } from 'zod';

import { any, get, post, route } from '../../../src/route.ts';
import type { Method, RouteSpec } from '../../../src/types/route-spec.ts';
import type { Route } from '../../../src/types/route.ts';
import { file } from '../../../src/upload/file.ts';
import { type Eq, is } from './equal.ts';
import { app, getSession, UserOut } from './shop.ts';

// Every field at once.
const Full = post('/users/{id}', {
  params: z.object({ id: z.coerce.number() }),
  query: z.object({ dry: z.stringbool().optional() }),
  headers: z.object({ 'x-tenant': z.string() }),
  cookies: z.object({ sid: z.string() }),
  body: z.object({ name: z.string() }),
  deps: { db: getSession },
  response: { 201: UserOut, 204: z.undefined() },
  status: 201,
  middleware: [
    async (ctx, next) => (ctx.req.method === 'POST' ? next() : undefined),
    { onRequest: ({ req }) => req.ip },
  ],
  summary: 'Create',
  description: 'Create a *user*.',
  tags: ['users', 'write'],
  operationId: 'createUser',
  deprecated: true,
});
is<Eq<typeof Full.path, '/users/{id}'>>();
is<Eq<typeof Full.methods, readonly 'POST'[]>>();
is<Eq<typeof Full.spec.status, 201>>();

// A spec built apart loses its literals but stays usable.
declare const apart: RouteSpec;
get('/x/{id}', apart);
is<Eq<ReturnType<typeof route<'/x', {}>>['methods'], readonly 'GET'[]>>();

// R2: `methods`, by default GET
const both = route('/search', { methods: ['GET', 'POST'], summary: 'Search' });
is<Eq<typeof both.methods, readonly ('GET' | 'POST')[]>>();
const byDefault = route('/search', { summary: 'Search' });
is<Eq<typeof byDefault.methods, readonly 'GET'[]>>();
const bare = route('/search');
is<Eq<typeof bare, Route<'GET', '/search', {}>>>();
const added = app.route(
  '/search',
  { methods: ['PUT'], body: z.object({ q: z.string() }) },
  ({ body }) => body.q.length,
);
is<Eq<typeof added.methods, readonly 'PUT'[]>>();
app.route('/search/{q:int}', ({ params }) => params.q.toFixed());
const all = any('/v1/{*rest}');
is<Eq<typeof all.methods, readonly Method[]>>();

// Record-like and untyped schemas for params are left alone.
get('/x/{id}', { params: z.record(z.string(), z.string()) });
get('/x/{id}', { params: z.any() });

// @ts-expect-error schema names a parameter that the path does not have
get('/users/{id}', { params: z.object({ uid: z.string() }) });
// @ts-expect-error schema misses {post_id}
get('/users/{id}/posts/{post_id}', { params: z.object({ id: z.string() }) });
// @ts-expect-error the same in colon form
get('/users/:id', { params: z.object({ uid: z.string() }) });
// @ts-expect-error `body` is reserved: a dependency may not shadow it
post('/x', { deps: { body: getSession } });
// @ts-expect-error and so are the others
post('/x', { deps: { req: getSession, db: getSession } });
// @ts-expect-error
post('/x', { deps: { params: getSession } });
// @ts-expect-error
post('/x', { deps: { query: getSession } });
// @ts-expect-error
post('/x', { deps: { headers: getSession } });
// @ts-expect-error
post('/x', { deps: { cookies: getSession } });
// @ts-expect-error a schema is no dependency
post('/x', { deps: { user: UserOut } });
// @ts-expect-error misspelt field
post('/x', { respones: UserOut });
// @ts-expect-error misspelt field beside sound ones
post('/x', { respones: UserOut, summary: 'x' });
// @ts-expect-error one request has one body
post('/x', { body: UserOut, form: UserOut });
// @ts-expect-error the same through the app
app.get('/x', { body: UserOut, form: UserOut }, () => 1);
// @ts-expect-error `form` is reserved as well
post('/x', { deps: { form: getSession } });
// @ts-expect-error one request has one body
post('/x', { body: UserOut, files: { a: file() } });
// @ts-expect-error `files` is reserved as well
post('/x', { deps: { files: getSession } });
// @ts-expect-error a file is made with file() or files()
post('/x', { files: { a: UserOut } });
post('/x', { formLimits: { maxFields: 2, maxNameSize: 3, maxFieldSize: 4 } });
// @ts-expect-error no limit of fields
post('/x', { formLimits: { maxFiles: 2 } });
post('/x', { decompress: true, compress: false });
post('/x', { decompress: { maxRatio: 1000, encodings: ['gzip'] } });
// @ts-expect-error no such coding
post('/x', { decompress: { encodings: ['deflate'] } });
// @ts-expect-error no such option
post('/x', { decompress: { ratio: 10 } });
// @ts-expect-error the application's compression is for all routes; one can only stand apart
post('/x', { compress: true });
// @ts-expect-error a form is a schema
post('/x', { form: { name: 'string' } });
// @ts-expect-error `methods` is for route()
post('/x', { methods: ['GET'] });
// @ts-expect-error a body is a schema
post('/x', { body: { name: 'string' } });
// @ts-expect-error a response is a schema or a map of them
post('/x', { response: { ok: 1 } });
// @ts-expect-error one key is no status
post('/x', { response: { 200: UserOut, default: UserOut } });
// @ts-expect-error unknown method
route('/x', { methods: ['GETT'] });
// @ts-expect-error no method at all
route('/x', { methods: [] });
// @ts-expect-error the same through the app
app.get('/users/{id}', { params: z.object({ uid: z.string() }) }, () => 1);
// @ts-expect-error the same through the app
app.get('/users', { deps: { req: getSession } }, () => 1);
