import { z } from 'zod';

import { redirect } from '../../../src/redirect.ts';
import { get } from '../../../src/route.ts';
import type { Returns } from '../../../src/types/context.ts';
import type { RedirectReply, ReplyLike } from '../../../src/types/reply.ts';
import { type Eq, is } from './equal.ts';
import { app, GetUser, Problem, reply, UserOut } from './shop.ts';

const user = { id: 1, name: 'Ada', email: 'ada@example.org' };
type Out = typeof user;

is<Eq<Returns<{}>, unknown>>();
is<Eq<Returns<{ response: typeof UserOut }>, Out | ReplyLike<number, Out> | RedirectReply | Response>>();
is<Eq<Returns<{ response: { 200: typeof UserOut } }>, Out | ReplyLike<200, Out> | RedirectReply | Response>>();

// No schema: anything, also nothing.
app.get('/', () => {});
app.get('/', () => undefined);
app.get('/', async () => null);
app.get('/', () => reply(418, 'teapot'));
app.get('/', () => new Response('x'));

// One schema: value, promise, reply of any status, web Response.
app.get('/', { response: UserOut }, () => user);
app.get('/', { response: UserOut }, async () => user);
app.get('/', { response: UserOut, status: 201 }, () => user);
app.get('/', { response: UserOut, status: 201 }, () => reply(202, user));
app.get('/', { response: UserOut }, async ({ req }) => (req.ip === '' ? new Response(null, { status: 304 }) : user));
app.get('/', { response: UserOut }, () => ({ ...user, password_hash: 'stripped when sent' }));
// @ts-expect-error email is missing
app.get('/', { response: UserOut }, () => ({ id: 1, name: 'x' }));
// @ts-expect-error the same, with another status
app.get('/', { response: UserOut, status: 201 }, async () => ({ id: 1, name: 'x' }));
// @ts-expect-error nothing is not a user
app.get('/', { response: UserOut }, () => {});
// @ts-expect-error nor is a reply without one
app.get('/', { response: UserOut }, () => reply(404, { error: { message: 'x' } }));
// @ts-expect-error an object that looks like a reply is data
app.get('/', { response: UserOut }, () => ({ status: 200, data: user }));

// A map: the plain value has the schema of the route's status, a reply the one of its own.
app.get('/', { response: { 200: UserOut, 404: Problem } }, () => user);
app.get('/', { response: { 200: UserOut, 404: Problem } }, () => reply(404, { error: { message: 'x' } }));
app.get('/', { response: { 201: UserOut, 404: Problem } }, async () => user);
app.get('/', { response: { 200: UserOut, 202: Problem }, status: 202 }, () => ({ error: { message: 'later' } }));
app.get('/', { response: { 404: Problem }, status: 204 }, () => {});
app.get('/', { response: { 204: z.undefined(), 404: Problem } }, () => undefined);
app.get('/', { response: { 200: UserOut } }, () => new Response('x'));
app.get('/', { response: { 200: UserOut, 201: UserOut } }, ({ req }) => reply(req.ip === '' ? 200 : 201, user));
// @ts-expect-error a problem needs its status
app.get('/', { response: { 200: UserOut, 404: Problem } }, () => ({ error: { message: 'x' } }));
// @ts-expect-error 418 is not in the map
app.get('/', { response: { 200: UserOut } }, () => reply(418, user));
// @ts-expect-error 404 wants a problem
app.get('/', { response: { 200: UserOut, 404: Problem } }, () => reply(404, user));
// @ts-expect-error the plain value belongs to 202
app.get('/', { response: { 200: UserOut, 202: Problem }, status: 202 }, () => user);
// @ts-expect-error no success in the map, so only its replies
app.get('/', { response: { 404: Problem } }, () => user);
declare const someStatus: number;
// @ts-expect-error a status that is only a number
app.get('/', { response: { 200: UserOut } }, () => reply(someStatus, user));

// Literals keep their types where the schema asks for them, whatever the handler's form.
const Nested = z.discriminatedUnion('t', [
  z.object({ t: z.literal(1), a: z.string() }),
  z.object({ t: z.literal(2), b: z.array(z.enum(['x', 'y'])) }),
]);
const Shape = z.object({ kind: z.enum(['circle', 'square']), size: z.literal(1), nested: Nested });
app.get('/', { response: Shape }, () => ({ kind: 'circle', size: 1, nested: { t: 2, b: ['x'] } }));
app.get('/', { response: Shape }, (_ctx) => ({ kind: 'circle', size: 1, nested: { t: 2, b: ['x'] } }));
app.get('/', { response: Shape }, async () => ({ kind: 'circle', size: 1, nested: { t: 1, a: 'x' } }));
app.get('/', { response: Shape }, async ({ req }) => {
  return { kind: req.ip === '' ? 'circle' : 'square', size: 1, nested: { t: 2, b: ['x'] } };
});
app.get('/', { response: { 200: Shape } }, async () =>
  reply(200, { kind: 'circle', size: 1, nested: { t: 1, a: 'x' } }),
);
app.get('/', { response: z.array(Shape) }, async () => [{ kind: 'circle', size: 1, nested: { t: 1, a: 'x' } }]);
app.get('/', { response: z.enum(['up', 'down']) }, ({ req }) => (req.ip === '' ? 'up' : 'down'));
const GetShape = get('/shape', { response: Shape });
app.handle(GetShape, () => ({ kind: 'circle', size: 1, nested: { t: 2, b: ['x'] } }));
// @ts-expect-error not of the enumeration
app.get('/', { response: Shape }, () => ({ kind: 'hexagon', size: 1, nested: { t: 1, a: 'x' } }));
// @ts-expect-error not of the enumeration
app.get('/', { response: Shape }, async () => ({ kind: 'circle', size: 2, nested: { t: 1, a: 'x' } }));
// @ts-expect-error field of the other member of the union
app.get('/', { response: Shape }, async () => ({ kind: 'circle', size: 1, nested: { t: 1, b: ['x'] } }));

// The handler gives what the schema takes in, not what it makes of it.
const Stamp = z.object({ at: z.date().transform((date) => date.toISOString()), n: z.number().default(1) });
app.get('/', { response: Stamp }, () => ({ at: new Date() }));

// contracts made elsewhere
app.handle(GetUser, ({ params }) => ({ id: params.user_id, name: '', email: '' })).handle(GetUser, async () => user);
// @ts-expect-error email is missing
app.handle(GetUser, () => ({ id: 1, name: 'x' }));
app.handle(get('/x/{id:int}'), ({ params }) => params.id.toFixed());

// A redirect, with a schema, a map or nothing; its status is a literal.
is<Eq<ReturnType<typeof redirect<302>>, ReplyLike<302, undefined>>>();
app.get('/', () => redirect('/x'));
app.get('/', { response: UserOut }, ({ req }) => (req.ip === '' ? redirect('/x') : user));
app.get('/', { response: { 200: UserOut } }, async ({ req }) => (req.ip === '' ? redirect('/x', 303) : user));
// @ts-expect-error not a redirect
redirect('/x', 304);
// @ts-expect-error not a redirect
redirect('/x', 200);
// @ts-expect-error a redirect with a body needs its status in the map
app.get('/', { response: { 200: UserOut } }, () => reply(302, user));

// Cookies keep the reply's type.
app.get('/', { response: { 200: UserOut } }, () => reply(200, user).setCookie('a', 'b').deleteCookie('c'));
// @ts-expect-error a misspelt attribute
reply(200, user).setCookie('a', 'b', { httponly: true });
// @ts-expect-error a deletion has no age
reply(200, user).deleteCookie('a', { maxAge: 1 });
