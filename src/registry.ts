/**
 * The routes of one application, from registration to being served.
 * In: contracts with handlers, one at a time, each entered in the router at once so that a conflict points at the line
 * that made it. Out: at start, for each a chain of middleware and endpoint, by the number the router gave it.
 */
import { compose } from './compose.ts';
import type { Chain } from './compose.ts';
import type { RequestContext } from './context.ts';
import type { Container } from './di/container.ts';
import { isClass } from './di/is-class.ts';
import type { ServedRoute } from './dispatch.ts';
import { compileEndpoint } from './endpoint.ts';
import type { ErrorResponder } from './error-responder.ts';
import { HttpError } from './error.ts';
import { METHODS } from './internal/methods.ts';
import { fromNative } from './native/from-native.ts';
import { MISS_METHOD, MISS_OPTIONS, NativeRouter } from './native/index.ts';
import { Reply } from './reply.ts';
import { plainReply, toReply, toReplyPlan } from './response.ts';
import type { Middleware, MiddlewareClass, MiddlewareContext, MiddlewareFunction } from './types/middleware.ts';
import type { Contract } from './types/route.ts';
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

export class Registry {
  readonly router: NativeRouter;
  readonly #routes: RegisteredRoute[] = [];

  constructor(trailingSlash: 'strict' | 'ignore' | 'redirect') {
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
    const path = join(prefix, contract.path);
    // For every method, it is one route that gives way to any for a method of its own, and so conflicts with none of them.
    const methods = contract.methods.length === METHODS.length ? ['*'] : contract.methods;
    for (const method of methods) {
      const { params } = fromNative(() => this.router.add(method, path));
      this.#routes.push({
        method,
        path,
        contract,
        call,
        middleware,
        params: params.map(({ name, kind }) => ({ name, isInt: kind === 'int' })),
      });
    }
  }

  /** Every route with its chain, in the router's order. */
  compile(options: CompileOptions): ServedRoute[] {
    return this.#routes.map((route) => compileRoute(route, options));
  }
}

function compileRoute(route: RegisteredRoute, options: CompileOptions): ServedRoute {
  const { container, responder, middleware, mode, exposeRejectedValues } = options;
  const { spec } = route.contract;
  const name = `${route.method} ${route.path}`;
  const plan = toReplyPlan(spec, { mode, route: name });
  const endpoint = compileEndpoint({
    handler: route.call,
    dependencies: container.plan(spec.deps ?? {}, name),
    compileInputs: (sources) => compileInputs(spec, sources, { exposeRejectedValues }),
    plan,
    fail: responder.fail,
  });
  const layers = toLayers([...middleware, ...route.middleware, ...(spec.middleware ?? [])], container);
  const run = compose(layers, endpoint, responder.fail);
  return { path: route.path, params: route.params, run };
}

/** Serves what has no route, inside the application's middleware. */
export function compileMiss(
  options: CompileOptions,
  notFound: NotFoundHandler | undefined,
): (event: number, allow: string) => ServedRoute {
  const { container, responder, middleware } = options;
  const layers = toLayers(middleware, container);
  const within = (work: (context: RequestContext) => unknown): ServedRoute => {
    const endpoint: Chain = async (context) => {
      try {
        return await toReply(await work(context), plainReply, context);
      } catch (error) {
        return responder.fail(error, context);
      }
    };
    const run = compose(layers, endpoint, responder.fail);
    return { path: '*', params: noParams, run };
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

/** Classes become the container's instances of them. */
function toLayers(middleware: readonly Middleware[], container: Container): (MiddlewareFunction | MiddlewareClass)[] {
  return middleware.map((layer) =>
    isClass(layer) ? container.construct(layer as new () => MiddlewareClass) : (layer as MiddlewareFunction),
  );
}

/** `/api` and `/users` are `/api/users`; a route `/` under a prefix is the prefix itself. */
function join(prefix: string, path: string): string {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === '/' && base !== '' ? base : base + path;
}
