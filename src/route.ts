/**
 * Contracts. In: a path and what a route takes and gives. Out: one value that decorates methods, types handlers, is
 * registered by the app and describes the operation.
 */
import { isSchema } from './internal/is-schema.ts';
import { checkNames } from './internal/known-options.ts';
import type { NamesOf } from './internal/known-options.ts';
import { METHODS } from './internal/methods.ts';
import { kRoute } from './internal/route-brand.ts';
import { noteDecorated } from './internal/route-notes.ts';
import type { Method, MethodsSpec, ReservedName } from './types/route-spec.ts';
import type { Contract, Route, RouteOfMethods, RouteVerb } from './types/route.ts';

const RESERVED: readonly ReservedName[] = [
  'req',
  'params',
  'query',
  'headers',
  'cookies',
  'body',
  'form',
  'files',
  'afterResponse',
];

const FIELDS: NamesOf<MethodsSpec> = {
  params: true,
  query: true,
  headers: true,
  cookies: true,
  body: true,
  form: true,
  files: true,
  formLimits: true,
  bodyLimit: true,
  decompress: true,
  compress: true,
  deps: true,
  response: true,
  produces: true,
  status: true,
  middleware: true,
  summary: true,
  description: true,
  tags: true,
  operationId: true,
  deprecated: true,
  methods: true,
};

const SCHEMAS = ['params', 'query', 'headers', 'cookies', 'body', 'form'] as const;

/** What is no field would be passed over in silence, and a schema with it that was to keep secrets in. */
function checkSpec(path: string, spec: MethodsSpec): void {
  checkNames(spec, FIELDS, `the spec of ${path}`);
  const place = SCHEMAS.find((name) => spec[name] !== undefined && !isSchema(spec[name]));
  if (place !== undefined) {
    throw new TypeError(`the '${place}' of ${path} is a schema of zod, valibot or arktype, such as z.object({ … })`);
  }
  for (const [name, field] of Object.entries(spec.files ?? {})) {
    if ((field as { '~rules'?: unknown } | undefined)?.['~rules'] !== undefined) continue;
    throw new TypeError(`the field '${name}' in the files of ${path} is made with file() or files()`);
  }
}

function createRoute(methods: readonly Method[], path: string, spec: MethodsSpec): Route {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`a route's path is a string that starts with '/', not ${JSON.stringify(path)}`);
  }
  checkSpec(path, spec);
  const taken = RESERVED.find((name) => spec.deps !== undefined && Object.hasOwn(spec.deps, name));
  if (taken !== undefined) {
    throw new TypeError(`'${taken}' is a part of the request: give the dependency of ${path} another name`);
  }
  if (spec.body !== undefined && spec.form !== undefined) {
    throw new TypeError(`${path} has 'body' and 'form', but a request has one body: take one of them`);
  }
  if (spec.body !== undefined && spec.files !== undefined) {
    throw new TypeError(`${path} has 'body' and 'files', but a request has one body: take 'form' beside 'files'`);
  }
  // The two forms of a decorator differ in what they are handed, so one function serves both.
  const route = (target: unknown, place: unknown, descriptor?: unknown): void => {
    noteDecorated(route as unknown as Contract, target, place, descriptor);
  };
  Object.assign(route, {
    methods: Object.freeze([...methods]),
    path,
    spec: Object.freeze({ ...spec }),
    [kRoute]: true,
  });
  return Object.freeze(route) as unknown as Route;
}

const verb = <M extends Method>(...methods: M[]): RouteVerb<M> =>
  ((path: string, spec: MethodsSpec = {}) => createRoute(methods, path, spec)) as RouteVerb<M>;

/**
 * A contract for GET. HEAD is answered from it too, unless a route of its own takes it.
 *
 * The same value is a method decorator, the first argument of `on()`, and what `app.handle()` registers. Throws a
 * `TypeError` when the path does not start with `/` or a dependency takes a reserved name.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { controller, get, type In } from 'covet';
 *
 * export const GetUser = get('/users/{id:int}', { response: z.object({ id: z.number(), name: z.string() }) });
 *
 * @controller('/api')
 * export class UsersController {
 *   @GetUser
 *   getUser({ params }: In<typeof GetUser>) {
 *     return { id: params.id, name: 'Ada' };
 *   }
 * }
 * ```
 */
export const get: RouteVerb<'GET'> = verb('GET');

/**
 * A contract for POST. See {@link get}.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { post } from 'covet';
 *
 * export const CreateUser = post('/users', {
 *   body: z.object({ name: z.string().min(1) }),
 *   response: { 201: z.object({ id: z.number(), name: z.string() }) },
 * });
 * ```
 */
export const post: RouteVerb<'POST'> = verb('POST');

/**
 * A contract for PUT. See {@link get}.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { put } from 'covet';
 *
 * export const ReplaceNote = put('/notes/{id:uuid}', { body: z.object({ text: z.string() }) });
 * ```
 */
export const put: RouteVerb<'PUT'> = verb('PUT');

/**
 * A contract for PATCH (RFC 5789). See {@link get}.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { patch } from 'covet';
 *
 * export const RenameNote = patch('/notes/{id:uuid}', { body: z.object({ title: z.string().optional() }) });
 * ```
 */
export const patch: RouteVerb<'PATCH'> = verb('PATCH');

/**
 * A contract for DELETE, under the name JavaScript leaves free. See {@link get}.
 *
 * @example
 * ```ts
 * import { del } from 'covet';
 *
 * export const DeleteNote = del('/notes/{id:uuid}', { status: 204 });
 * ```
 */
export const del: RouteVerb<'DELETE'> = verb('DELETE');

/**
 * A contract for HEAD alone, for when the answer of the GET route would be too dear to make. See {@link get}.
 *
 * @example
 * ```ts
 * import { head } from 'covet';
 *
 * export const ProbeFile = head('/files/{*key}');
 * ```
 */
export const head: RouteVerb<'HEAD'> = verb('HEAD');

/**
 * A contract for OPTIONS, in place of the router's own answer of 204 with `Allow`. See {@link get}.
 *
 * @example
 * ```ts
 * import { options } from 'covet';
 *
 * export const DescribeNotes = options('/notes');
 * ```
 */
export const options: RouteVerb<'OPTIONS'> = verb('OPTIONS');

/**
 * A contract for every method: GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS. See {@link get}.
 *
 * @example
 * ```ts
 * import { any } from 'covet';
 *
 * export const Gone = any('/v1/{*rest}', { status: 410 });
 * ```
 */
export const any: RouteVerb<Method> = verb(...METHODS);

/**
 * A contract for the methods its spec names, `['GET']` by default. See {@link get}.
 *
 * Throws a `TypeError` for an empty list and for a method that is none of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS,
 * in upper case (RFC 9110, 9.1: methods are case-sensitive).
 *
 * @example
 * ```ts
 * import { route } from 'covet';
 *
 * export const Search = route('/search', { methods: ['GET', 'POST'] });
 * ```
 */
export const route: RouteOfMethods = ((path: string, spec: MethodsSpec = {}) => {
  const methods: readonly Method[] = spec.methods ?? ['GET'];
  if (methods.length === 0) throw new TypeError(`the route ${path} has an empty list of methods`);
  const unknown = methods.find((method) => !METHODS.includes(method));
  if (unknown !== undefined) {
    throw new TypeError(`the route ${path} has an unknown method '${unknown}': use ${METHODS.join(', ')}`);
  }
  return createRoute([...new Set(methods)], path, spec);
}) as RouteOfMethods;

/**
 * Whether a value is a contract, also one made by another copy of this package.
 *
 * @example
 * ```ts
 * import { get, isRoute } from 'covet';
 *
 * isRoute(get('/')); // true
 * isRoute('/'); // false
 * ```
 */
export function isRoute(value: unknown): value is Route {
  return typeof value === 'function' && Object.hasOwn(value, kRoute);
}
