/**
 * The routes of one application, from registration to being served.
 * In: contracts with handlers, one at a time, each entered in the router at once so that a conflict points at the line
 * that made it. Out: at start, for each a chain of middleware and endpoint, by the number the router gave it.
 */
import { compose } from './compose.ts';
import type { Chain } from './compose.ts';
import { RequestContext } from './context.ts';
import { controllerOf, routesOf } from './controller.ts';
import type { Container } from './di/container.ts';
import { isClass } from './di/is-class.ts';
import type { ServedRoute } from './dispatch-options.ts';
import { compileEndpoint } from './endpoint.ts';
import type { ErrorResponder } from './error-responder.ts';
import { CovetError, HttpError } from './error.ts';
import { FileBody } from './files/file-body.ts';
import type { StaticFolder } from './files/static-folder.ts';
import { isLoopbackRequest } from './internal/loopback.ts';
import { METHODS } from './internal/methods.ts';
import { andThen } from './internal/promise.ts';
import { fromNative } from './native/from-native.ts';
import { MISS_METHOD, MISS_OPTIONS, NativeRouter } from './native/index.ts';
import { BodyParsers } from './negotiation/body-parsers.ts';
import { compileNegotiation, toFormats } from './negotiation/negotiation.ts';
import type { Format } from './negotiation/negotiation.ts';
import { Reply } from './reply.ts';
import { plainReply, toReply, toReplyPlan } from './response.ts';
import { toRouteOptions } from './route-options.ts';
import type { Class } from './types/injectable.ts';
import type { Middleware, MiddlewareClass, MiddlewareContext, MiddlewareFunction } from './types/middleware.ts';
import type { Contract } from './types/route.ts';
import type { Serializer } from './types/serializer.ts';
import { withUploads, withoutUploads } from './upload-step.ts';
import { toRouteLimits } from './upload/form-options.ts';
import { compileInputs } from './validation/inputs.ts';

/** A route as it was registered. */
export interface RegisteredRoute {
  /** `*` for every method. */
  readonly method: string;
  /** With the controller's prefix. */
  readonly path: string;
  readonly contract: Contract;
  readonly call: (context: unknown) => unknown;
  /** The controller's own. */
  readonly middleware: readonly Middleware[];
  readonly params: readonly { readonly name: string; readonly isInt: boolean }[];
  /** The folder whose files answer, where it is a route of one. */
  readonly folder?: StaticFolder['folder'] | undefined;
}

/** What routes are compiled with. */
export interface CompileOptions {
  readonly container: Container;
  readonly responder: ErrorResponder;
  readonly middleware: readonly Middleware[];
  readonly mode: 'development' | 'production';
  readonly exposeRejectedValues: boolean;
}

/** `app.notFound`: answers requests that no route has. */
export type NotFoundHandler = (ctx: MiddlewareContext) => unknown;

const noParams: readonly never[] = Object.freeze([]);
const noOptions: ServedRoute['options'] = Object.freeze({ bodyLimit: undefined });

export class Registry {
  readonly router: NativeRouter;
  readonly #routes: RegisteredRoute[] = [];

  readonly #formats: readonly Format[];

  /** @throws CovetError `INVALID_OPTION` naming what is wrong with a serializer. */
  constructor(trailingSlash: 'strict' | 'ignore' | 'redirect', serializers: readonly Serializer[] | undefined) {
    this.#formats = toFormats(serializers);
    this.router = fromNative(() => NativeRouter.create(trailingSlash));
  }

  get routes(): readonly RegisteredRoute[] {
    return this.#routes;
  }

  /**
   * Registers a contract under `prefix`.
   *
   * @throws CovetError `ROUTE_CONFLICT` naming both routes, `ROUTE_PATTERN_INVALID` naming the place.
   */
  add(contract: Contract, call: RegisteredRoute['call'], prefix: string, middleware: readonly Middleware[]): void {
    if (!Array.isArray(contract?.methods)) {
      throw new TypeError(
        "app.handle() takes a contract, such as get('/path'); for a path there is app.get(path, handler)",
      );
    }
    const path = join(prefix, contract.path);
    // For every method, it is one route that gives way to any for a method of its own, and so conflicts with none of them.
    const methods = contract.methods.length === METHODS.length ? ['*'] : contract.methods;
    for (const method of methods) this.#enter({ method, path, contract, call, middleware });
  }

  /** Registers the routes of a controller, of which this is the instance. */
  addController(type: Class, instance: unknown): void {
    const { prefix, middleware } = controllerOf(type);
    const entries = routesOf(instance as object);
    if (entries.length === 0) throw new CovetError(`${type.name} has no routes: decorate its methods with contracts`);
    for (const { route, call } of entries) this.add(route, call, prefix, middleware);
  }

  /**
   * Registers the paths of a folder of files.
   *
   * @throws CovetError as {@link Registry.add} does.
   */
  addFolder({ paths, folder }: StaticFolder): void {
    for (const path of paths) {
      const contract: Contract = { methods: ['GET'], path, spec: {} };
      this.#enter({ method: 'GET', path, contract, call: () => new FileBody(undefined), middleware: [], folder });
    }
  }

  #enter(route: Omit<RegisteredRoute, 'params'>): void {
    const { params } = fromNative(() => this.router.add(route.method, route.path));
    this.#routes.push({ ...route, params: params.map(({ name, kind }) => ({ name, isInt: kind === 'int' })) });
  }

  /** Every route with its chain, in the router's order. */
  compile(options: CompileOptions): ServedRoute[] {
    return this.#routes.map((route) => compileRoute(route, options, this.#formats));
  }
}

function compileRoute(route: RegisteredRoute, options: CompileOptions, formats: readonly Format[]): ServedRoute {
  const { container, responder, middleware, mode, exposeRejectedValues } = options;
  const { spec } = route.contract;
  const name = `${route.method} ${route.path}`;
  const acceptOf = (owner: object): string | undefined =>
    RequestContext.requestOf(owner as RequestContext).header('accept');
  const plan = toReplyPlan(spec, { mode, route: name }, (isDeclared) =>
    compileNegotiation({ formats, produces: spec.produces, route: name, isDeclared, acceptOf }),
  );
  const endpoint = compileEndpoint({
    handler: withUploads(spec, route.call, { exposeRejectedValues }),
    dependencies: container.plan(spec.deps ?? {}, name),
    compileInputs: (sources) => compileInputs(withoutUploads(spec, sources, name), sources, { exposeRejectedValues }),
    parsers: BodyParsers.of(formats),
    formLimits: toRouteLimits(spec, name),
    plan,
    fail: responder.fail,
  });
  const layers = toLayers([...middleware, ...route.middleware, ...(spec.middleware ?? [])], container);
  const run = withCookiesFor(mode, compose(layers, endpoint, responder.fail));
  // With nothing around it the file is sent without a word of JavaScript.
  const folder = route.folder && { ...route.folder, asksHandler: layers.length > 0 };
  return { path: route.path, params: route.params, run, options: toRouteOptions(spec, name, folder) };
}

/** Serves what has no route, inside the application's middleware. */
export function compileMiss(
  options: CompileOptions,
  notFound: NotFoundHandler | undefined,
): (event: number, allow: string) => ServedRoute {
  const { container, responder, middleware, mode } = options;
  const layers = toLayers(middleware, container);
  const within = (work: (context: RequestContext) => unknown): ServedRoute => {
    const endpoint: Chain = async (context) => {
      try {
        return await toReply(await work(context), plainReply, context);
      } catch (error) {
        return responder.fail(error, context);
      }
    };
    const run = withCookiesFor(mode, compose(layers, endpoint, responder.fail));
    return { path: '*', params: noParams, run, options: noOptions };
  };
  const missing = within((context) => {
    if (notFound === undefined) throw new HttpError(404);
    return notFound(context);
  });
  return (event, allow) => {
    if (event === MISS_METHOD) {
      return within(() => {
        throw new HttpError(405, undefined, { headers: { allow } });
      });
    }
    if (event === MISS_OPTIONS) {
      return within(() => {
        const reply = new Reply(204, undefined);
        reply.headers.set('allow', allow);
        return reply;
      });
    }
    return missing;
  };
}

/**
 * In development, cookies that are `Secure` by default only are not so to a browser on this machine: Safari, and clients
 * that are no browsers, drop them over plain HTTP. In production there is no such layer.
 */
function withCookiesFor(mode: CompileOptions['mode'], chain: Chain): Chain {
  if (mode === 'production') return chain;
  return (context) => {
    const request = RequestContext.requestOf(context);
    return andThen(chain(context), (reply) => {
      request.pending?.applyTo(reply);
      if (reply.hasDefaultSecure && isLoopbackRequest((name) => request.header(name))) reply.dropDefaultSecure();
      return reply;
    });
  };
}

/** Classes become the container's instances of them. */
function toLayers(middleware: readonly Middleware[], container: Container): (MiddlewareFunction | MiddlewareClass)[] {
  return middleware.map((layer) => {
    if (isClass(layer)) return container.construct(layer);
    // One passed over would be a guard that lets everybody in.
    const isLayer = typeof layer === 'function' || layer?.onRequest !== undefined || layer?.onResponse !== undefined;
    if (isLayer) return layer;
    throw new TypeError(
      `Middleware is a function, a class, or an object with onRequest or onResponse, not ${typeof layer}`,
    );
  });
}

/** `/api` and `/users` are `/api/users`; a route `/` under a prefix is the prefix itself. */
function join(prefix: string, path: string): string {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === '/' && base !== '' ? base : base + path;
}
