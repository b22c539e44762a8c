/** One mistake a user makes, and what the first line of the compiler's complaint must say. */
export interface Mistake {
  readonly title: string;
  /** One line of source, so that its diagnostics are found by line number. */
  readonly code: string;
  readonly says: RegExp;
}

/** What every mistake is written against. */
export const preamble = (src: string): string => `
import { z } from 'zod';
import { controller, on } from '${src}/controller.ts';
import { ndjson } from '${src}/ndjson.ts';
import { get, post, route } from '${src}/route.ts';
import { sse } from '${src}/sse.ts';
import type { AddRoute } from '${src}/types/app.ts';
import type { Dep } from '${src}/types/injectable.ts';
import type { Inject } from '${src}/types/inject.ts';
import type { ReplyOf } from '${src}/types/reply.ts';
import type { In } from '${src}/types/route.ts';
declare const app: { readonly get: AddRoute<'GET'> };
declare const inject: Inject;
declare const getDb: Dep<Map<string, string>>;
declare function reply<const S extends number, T>(status: S, data: T): ReplyOf<S, T>;
const User = z.object({ id: z.number(), name: z.string(), role: z.enum(['admin', 'user']).optional() });
const Problem = z.object({ error: z.string() });
const GetUser = get('/users/{id:int}', { deps: { db: getDb }, response: { 200: User, 404: Problem } });
`;

const method = (title: string, body: string, says: RegExp): Mistake => ({
  title,
  code: `export class M${title.replace(/\W/g, '_')} { ${body} }`,
  says,
});

const placed = /mismatch: "a route goes on a public instance method, or on a field as: name = on\(Route, handler\)"/;

export const mistakes: readonly Mistake[] = [
  {
    title: 'injected parameter of another type',
    code: `void inject(GetUser, { params: { id: '7' } });`,
    says: /Type 'string' is not assignable to type 'number'/,
  },
  {
    title: 'injected parameter missing',
    code: `void inject(GetUser, { params: {} });`,
    says: /Property 'id' is missing in type '\{\}' but required in type .*id: number/,
  },
  {
    title: 'injected status that the contract lacks',
    code: `void inject(GetUser, { params: { id: 7 } }).then((response) => response.status === 299);`,
    says: /This comparison appears to be unintentional/,
  },
  {
    title: 'event with data of another type',
    code: `app.get('/x', { response: sse(Problem) }, async function* () { yield { data: { error: 5 } }; });`,
    says: /AsyncGenerator<\{ data: \{ error: number; \}; \}/,
  },
  {
    title: 'event that is data alone',
    code: `app.get('/x', { response: sse(Problem) }, async function* () { yield { error: 'x' }; });`,
    says: /AsyncGenerator<\{ error: string; \}/,
  },
  {
    title: 'event of a name that the response lacks',
    code: `app.get('/x', { response: sse({ end: Problem }) }, async function* () { yield { event: 'done', data: { error: 'x' } }; });`,
    says: /AsyncGenerator<\{ event: "done"; data: \{ error: string; \}; \}/,
  },
  {
    title: 'line of another type',
    code: `app.get('/x', { response: ndjson(User) }, async function* () { yield { id: '1', name: 'x' }; });`,
    says: /AsyncGenerator<\{ id: string; name: string; \}/,
  },
  {
    title: 'stream where the response is one value',
    code: `app.get('/x', { response: Problem }, () => ndjson([{ error: 'x' }]));`,
    says: /'Streamed' is not assignable/,
  },
  {
    title: 'sse of what is none of its kinds',
    code: `sse(5);`,
    says: /Argument of type '(number|5)' is not assignable to parameter of type '.*Schema/,
  },
  method(
    'method yields an event of another type',
    `@get('/x', { response: sse(Problem) }) async *m() { yield { data: { error: 5 } }; }`,
    // Compilers shorten what the generator yields.
    /mismatch: "the returned value"; .*readonly method: AsyncGenerator</,
  ),
  method(
    'method takes a parameter as another type',
    `@GetUser m({ params }: { params: { id: string } }) { return reply(404, { error: params.id }); }`,
    /mismatch: "params\.id"; readonly contract: number; readonly method: string;/,
  ),
  method(
    'method takes two parameters as other types',
    `@get('/{a}/{b:int}') m({ params }: { params: { a: number; b: string } }) { return params.a + params.b; }`,
    /mismatch: "params\.a"; .*mismatch: "params\.b"; readonly contract: number; readonly method: string;/,
  ),
  method(
    'method takes the body of a route without one',
    `@post('/x') m({ body }: { body: { name: string } }) { return body.name; }`,
    /mismatch: "the contract has no 'body\.name'"/,
  ),
  method(
    'method takes a dependency the contract lacks',
    `@GetUser m({ cache }: { cache: Set<string> }) { return reply(404, { error: String(cache) }); }`,
    /mismatch: "the contract gives no 'cache'"/,
  ),
  method(
    'method takes a dependency as another type',
    `@GetUser m({ db }: { db: Set<string> }) { return reply(404, { error: String(db) }); }`,
    /mismatch: "db"; readonly contract: Map<string, string>; readonly method: Set<string>;/,
  ),
  method(
    'method takes a parameter the path lacks',
    `@get('/x/{id}') m({ params }: { params: { uid: string } }) { return params.uid; }`,
    /mismatch: "the contract has no 'params\.uid'"/,
  ),
  method(
    'method returns too little',
    `@GetUser async m({ params }: In<typeof GetUser>) { return { id: params.id }; }`,
    /mismatch: "the returned value lacks 'name'"; readonly contract: \{ id: number; name: string;/,
  ),
  method(
    'method returns a field of another type',
    `@GetUser async m() { return { id: '1', name: 'x' }; }`,
    /mismatch: "the returned value"; readonly contract: \{ id: number;.* readonly method: \{ id: string;/,
  ),
  method(
    'method replies with an unknown status',
    `@GetUser async m() { return reply(418, { error: 'x' }); }`,
    /mismatch: "the contract has no response of status 418"/,
  ),
  method('method replies with wrong data', `@GetUser m() { return reply(404, 5); }`, /mismatch: "the reply"/),
  method(
    'method takes two arguments',
    `@get('/x') m(_ctx: unknown, _next: unknown) {}`,
    /mismatch: "a route handler takes one argument"/,
  ),
  method('decorated field', `@get('/x') m = 1;`, placed),
  method('decorated static method', `@get('/x') static m() {}`, placed),
  method('decorated getter', `@get('/x') get m() { return 1; }`, placed),
  { title: 'decorated class', code: `@get('/x') class Decorated {}; new Decorated();`, says: placed },
  {
    title: 'schema names another parameter',
    code: `get('/users/{id}', { params: z.object({ uid: z.string() }) });`,
    says: /is not assignable to type '"the path has no parameter 'uid'"'/,
  },
  {
    title: 'schema lacks a parameter',
    code: `get('/users/{id}/posts/{post}', { params: z.object({ id: z.string() }) });`,
    says: /is not assignable to type '"the schema lacks 'post', a parameter of the path"'/,
  },
  {
    title: 'reserved name',
    code: `post('/x', { deps: { body: getDb } });`,
    says: /"'body' is a part of the request: give this dependency another name"/,
  },
  {
    title: 'misspelt field',
    code: `post('/x', { respones: User, summary: 'x' });`,
    says: /"a route has no field 'respones'"/,
  },
  {
    title: 'misspelt field alone',
    code: `post('/x', { respones: User });`,
    says: /'respones' does not exist in type 'RouteSpec'\. Did you mean to write 'response'\?/,
  },
  {
    title: 'response map by name',
    code: `post('/x', { response: { 200: User, default: User } });`,
    says: /"the keys of a response map are statuses, unlike 'default'"/,
  },
  { title: 'path without slash', code: `get('users');`, says: /"a path starts with '\/', unlike 'users'"/ },
  {
    title: 'unknown converter',
    code: `app.get('/x/{id:number}', () => 1);`,
    says: /"path converter 'number' is unknown: write \{name\}, \{name:int\}, \{name:uuid\} or \{\*name\}"/,
  },
  {
    title: 'unknown method',
    code: `route('/x', { methods: ['GETT'] });`,
    says: /'"GETT"' is not assignable .* '"GET"'/,
  },
  {
    title: 'handler reads an unknown parameter',
    code: `app.get('/u/{id}', ({ params }) => params.uid);`,
    says: /Property 'uid' does not exist on type '\{ id: string; \}'/,
  },
  {
    title: 'handler returns too little',
    code: `app.get('/u', { response: User }, () => ({ id: 1 }));`,
    says: /Type '\{ id: number; \}' is not assignable to type 'MaybePromise<.*\{ id: number; name: string;/,
  },
  {
    title: 'handler returns a wrong literal',
    code: `app.get('/u', { response: User }, () => ({ id: 1, name: 'x', role: 'root' }));`,
    says: /Type '"root"' is not assignable to type '"admin" \| "user"/,
  },
  {
    title: 'async handler returns too little',
    code: `app.get('/u', { response: User }, async () => ({ id: 1 }));`,
    says: /Type 'Promise<\{ id: number; \}>' is not assignable to type 'MaybePromise<.*\{ id: number; name: string;/,
  },
  {
    title: 'handler replies with an unknown status',
    code: `app.get('/u', { response: { 200: User } }, () => reply(418, { id: 1, name: 'x' }));`,
    says: /Type 'ReplyLike<418, .*' is not assignable to type 'MaybePromise<.*ReplyLike<200,/,
  },
  {
    title: 'field returns too little',
    code: `export class F { f = on(GetUser, ({ params }) => ({ id: params.id })); }`,
    says: /Type '\{ id: number; \}' is not assignable to type 'MaybePromise<.*\{ id: number; name: string;/,
  },
  {
    title: 'field takes an unknown dependency',
    code: `export class G { f = on(GetUser, ({ cache }) => reply(404, { error: cache })); }`,
    says: /Property 'cache' does not exist on type/,
  },
];
