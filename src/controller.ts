/**
 * Controllers: classes whose methods and fields handle contracts.
 * In: a class or an instance. Out: its prefix and middleware, and every route it serves with the function to call.
 */
import { routeName } from './internal/route-name.ts';
import { notedRoutes } from './internal/route-notes.ts';
import { isRoute } from './route.ts';
import type { Class } from './types/injectable.ts';
import type { Middleware } from './types/middleware.ts';
import type { RouteSpec } from './types/route-spec.ts';
import type { Contract, ContractOf, Handler } from './types/route.ts';

/** Options of {@link controller}. */
export interface ControllerOptions {
  /** Runs around every route of the class, inside the app's own middleware; the first is the outermost. */
  readonly middleware?: readonly Middleware[];
}

/** What {@link controllerOf} finds for a class. */
export interface ControllerInfo {
  /** Goes before the path of every route; empty when the class has none. */
  readonly prefix: string;
  /** Of the class and its bases, the bases' first. */
  readonly middleware: readonly Middleware[];
}

/** One route of a controller's instance. */
export interface RouteEntry {
  readonly route: Contract;
  /** Calls the handler with its instance as `this`. */
  readonly call: (ctx: unknown) => unknown;
  /** The name of the method or field. */
  readonly name: PropertyKey;
}

const controllers = new WeakMap<object, ControllerInfo>();

/** The functions `on` gave out, each with its contract. */
const handlers = new WeakMap<object, { readonly route: Contract; readonly handler: (ctx: unknown) => unknown }>();

/**
 * Gives all routes of a class a prefix and middleware. A class without it may be registered as well.
 *
 * The prefix may hold parameters of its own (`/tenants/{tenant}`), which handlers read from `req.params`. A subclass with
 * a prefix of its own replaces the one of its base; middleware of the base stays and runs first, so that a guard is never
 * lost by inheriting. Works in the standard form and under `experimentalDecorators`. Throws a `TypeError` when the prefix
 * does not start with `/`, or the class has a `@controller` already.
 *
 * @example
 * ```ts
 * import { controller, get, type MiddlewareFunction } from 'covet';
 *
 * const noStore: MiddlewareFunction = async (_ctx, next) => {
 *   const reply = await next();
 *   reply.headers.set('cache-control', 'no-store');
 *   return reply;
 * };
 *
 * @controller('/api/v1/admin', { middleware: [noStore] })
 * export class AdminController {
 *   @get('/health')
 *   health() {
 *     return { ok: true };
 *   }
 * }
 * ```
 */
export function controller(
  prefix: string,
  options: ControllerOptions = {},
): <C extends Class<object>>(target: C, context?: ClassDecoratorContext<C>) => void {
  if (typeof prefix !== 'string' || (prefix !== '' && !prefix.startsWith('/'))) {
    throw new TypeError(`a controller's prefix is a string that starts with '/', not ${JSON.stringify(prefix)}`);
  }
  return (target) => {
    if (typeof target !== 'function') throw new TypeError(`@controller('${prefix}') goes on a class`);
    if (controllers.has(target)) throw new TypeError(`the class ${target.name} has two @controller decorators`);
    controllers.set(target, { prefix, middleware: [...(options.middleware ?? [])] });
  };
}

/**
 * Prefix and middleware of a class: its own and, where it has none, its base's.
 *
 * @example
 * ```ts
 * import { controller, controllerOf } from 'covet';
 *
 * @controller('/api')
 * class Api {}
 *
 * controllerOf(Api).prefix; // '/api'
 * ```
 */
export function controllerOf(target: Class): ControllerInfo {
  let prefix: string | undefined;
  const middleware: Middleware[] = [];
  for (let level: unknown = target; typeof level === 'function'; level = Object.getPrototypeOf(level)) {
    const info = controllers.get(level);
    if (info === undefined) continue;
    prefix ??= info.prefix;
    middleware.unshift(...info.middleware);
  }
  return { prefix: prefix ?? '', middleware };
}

/**
 * A field that handles a contract. Parameter and result are inferred, and `this` is the instance in an arrow function.
 *
 * Throws a `TypeError` when the first argument is no contract or the second no function.
 *
 * @example
 * ```ts
 * import { get, on } from 'covet';
 *
 * const GetFile = get('/files/{bucket}/{*key}');
 *
 * export class Files {
 *   #reads = 0;
 *   read = on(GetFile, ({ params }) => {
 *     this.#reads += 1;
 *     return { bucket: params.bucket, key: params.key, reads: this.#reads };
 *   });
 * }
 * ```
 */
export function on<P extends string, S extends RouteSpec>(
  route: ContractOf<P, S>,
  handler: Handler<P, S>,
): Handler<P, S> {
  if (!isRoute(route)) throw new TypeError('on() takes a contract first, as get() and its like make them');
  if (typeof handler !== 'function') throw new TypeError(`on() takes a function as handler of ${routeName(route)}`);
  const run = handler as (ctx: unknown) => unknown;
  // A function of its own for each call, so that one handler may serve several contracts.
  const field = function (this: unknown, ctx: unknown): unknown {
    return run.call(this, ctx);
  };
  handlers.set(field, { route, handler: run });
  return field as Handler<P, S>;
}

/**
 * The routes of an instance: decorated methods, inherited ones included, and `on()` fields, in that order.
 *
 * An overriding method keeps the route of the one it overrides, unless it is decorated itself. The function to call is
 * settled here, once. Throws a `TypeError` when one contract stands on two members, or an `on()` field is static.
 *
 * @example
 * ```ts
 * import { get, routesOf } from 'covet';
 *
 * class Hello {
 *   @get('/hello')
 *   hello() {
 *     return 'hello';
 *   }
 * }
 *
 * routesOf(new Hello()).map(({ route, name }) => `${route.path} ${String(name)}`); // ['/hello hello']
 * ```
 */
export function routesOf(instance: object): RouteEntry[] {
  const fields = fieldsOf(instance);
  refuseStaticFields(instance.constructor);
  const entries: RouteEntry[] = [];
  for (const [name, routes] of notedRoutes(instance)) {
    if (fields.has(name)) continue; // The field hides the method, and with it the method's routes.
    const method: unknown = Reflect.get(instance, name);
    if (typeof method !== 'function') {
      throw new TypeError(`'${String(name)}' of ${instance.constructor.name} has a route but is not a method any more`);
    }
    for (const route of routes) entries.push({ route, call: (ctx) => method.call(instance, ctx), name });
  }
  for (const [name, { route, handler }] of fields) {
    entries.push({ route, call: (ctx) => handler.call(instance, ctx), name });
  }
  refuseRepeats(entries, instance);
  return entries;
}

/** The own `on()` fields. Read by descriptor, so that no getter runs. */
function fieldsOf(owner: object): Map<PropertyKey, { route: Contract; handler: (ctx: unknown) => unknown }> {
  const fields = new Map<PropertyKey, { route: Contract; handler: (ctx: unknown) => unknown }>();
  for (const name of Reflect.ownKeys(owner)) {
    const value: unknown = Reflect.getOwnPropertyDescriptor(owner, name)?.value;
    const noted = typeof value === 'function' ? handlers.get(value) : undefined;
    if (noted !== undefined) fields.set(name, noted);
  }
  return fields;
}

function refuseStaticFields(target: unknown): void {
  for (let level = target; typeof level === 'function'; level = Object.getPrototypeOf(level)) {
    for (const [name, { route }] of fieldsOf(level)) {
      throw new TypeError(
        `${routeName(route)} is on the static field '${String(name)}' of ${level.name}: remove 'static'`,
      );
    }
  }
}

function refuseRepeats(entries: readonly RouteEntry[], instance: object): void {
  const seen = new Map<Contract, PropertyKey>();
  for (const { route, name } of entries) {
    const other = seen.get(route);
    if (other !== undefined) {
      const where = other === name ? `twice on '${String(name)}'` : `on both '${String(other)}' and '${String(name)}'`;
      throw new TypeError(
        `${routeName(route)} is ${where} of ${instance.constructor.name}: a class handles a contract once`,
      );
    }
    seen.set(route, name);
  }
}
