/**
 * The application: what users register things on, start and close.
 * Registration is strict and cold; `ready` compiles everything once, and from then on nothing changes.
 */
import { controllerOf, routesOf } from './controller.ts';
import type { Provider } from './di/bindings.ts';
import { collectSettings } from './di/collect-settings.ts';
import { Container } from './di/container.ts';
import type { ProvideOptions } from './di/container.ts';
import type { InjectKey } from './di/inject.ts';
import { Resolver } from './di/resolver.ts';
import { SettingsError } from './di/settings-error.ts';
import { ErrorResponder } from './error-responder.ts';
import type { ErrorHandler } from './error-responder.ts';
import { CovetError } from './error.ts';
import { attemptAll } from './internal/attempt-all.ts';
import { foldErrors } from './internal/fold-errors.ts';
import { toGrace, toLimits } from './limits.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import type { CovetOptions, ListenOptions } from './options.ts';
import { Registry, compileMiss } from './registry.ts';
import type { CompileOptions, NotFoundHandler, RegisteredRoute } from './registry.ts';
import { any, del, get, head, options, patch, post, put, route } from './route.ts';
import { Server } from './server.ts';
import type { Listening } from './server.ts';
import type { AddRoute, AddRouteOfMethods, HandleRoute } from './types/app.ts';
import type { Class, Dep, Token } from './types/injectable.ts';
import type { Limits } from './types/limits.ts';
import type { Middleware } from './types/middleware.ts';
import type { Method } from './types/route-spec.ts';
import type { Contract } from './types/route.ts';
import type { MaybePromise } from './types/schema.ts';

/** Runs at start or at close. */
export type LifecycleHook = () => MaybePromise<unknown>;

/**
 * A web application.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 *
 * const app = new Covet();
 * app.get('/hello/{name}', ({ params }) => ({ hello: params.name }));
 * const { url } = await app.listen({ port: 3000 });
 * console.log(`Listening on ${url}`);
 * ```
 */
export class Covet {
  readonly get: AddRoute<'GET'> = this.#adder(get);
  readonly post: AddRoute<'POST'> = this.#adder(post);
  readonly put: AddRoute<'PUT'> = this.#adder(put);
  readonly patch: AddRoute<'PATCH'> = this.#adder(patch);
  readonly delete: AddRoute<'DELETE'> = this.#adder(del);
  readonly head: AddRoute<'HEAD'> = this.#adder(head);
  readonly options: AddRoute<'OPTIONS'> = this.#adder(options);
  /** Registers a route for every method. */
  readonly any: AddRoute<Method> = this.#adder(any);
  /** Registers a route for the methods its spec names, `GET` by default. */
  readonly route: AddRouteOfMethods = this.#adder(route);
  /** Registers a handler for a contract that was made elsewhere. */
  readonly handle: HandleRoute<this> = (contract, handler) => {
    this.#add(contract, handler, '', []);
    return this;
  };
  /** What the application logs with. */
  readonly log: Logger;
  readonly #options: CovetOptions;
  readonly #limits: Required<Limits>;
  readonly #registry: Registry;
  readonly #container = new Container();
  readonly #resolver = new Resolver(this.#container);
  readonly #controllers: Class[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #errorHandlers: ErrorHandler[] = [];
  readonly #onStart: LifecycleHook[] = [];
  readonly #onClose: LifecycleHook[] = [];
  #notFound: NotFoundHandler | undefined;
  #server: Promise<Server> | undefined;
  #closed: Promise<void> | undefined;

  /** @throws RangeError or TypeError naming the limit that is none. */
  constructor(given: CovetOptions = {}) {
    this.#options = given;
    this.#limits = toLimits(given.limits);
    this.#registry = new Registry(given.trailingSlash ?? 'strict');
    this.log = createLogger(given.logger ?? true);
  }

  /**
   * Registers controllers: classes whose methods and fields handle contracts. Each is constructed once, when the
   * application starts, with `inject()` at its service; so providers and overrides may come before or after it.
   */
  register(...controllers: readonly Class[]): this {
    this.#assertOpen();
    this.#controllers.push(...controllers);
    return this;
  }

  /** Adds middleware around every route, whenever that was registered; the first is the outermost. */
  use(...middleware: readonly Middleware[]): this {
    this.#assertOpen();
    this.#middleware.push(...middleware);
    return this;
  }

  /** Answers errors: the first handler to give something other than `undefined` does. Errors are logged all the same. */
  onError(handler: ErrorHandler): this {
    this.#assertOpen();
    this.#errorHandlers.push(handler);
    return this;
  }

  /** Answers requests that no route has. Without it they get 404 from the server itself, before any JavaScript. */
  notFound(handler: NotFoundHandler): this {
    this.#assertOpen();
    this.#notFound = handler;
    return this;
  }

  /** Says what stands behind a token or class: a value, `{ factory }`, `{ class }`, or a `Depends()`. */
  provide<T>(key: Token<T> | Class<T>, provider: Provider<T>, provideOptions?: ProvideOptions): this {
    this.#container.provide(key, provider, provideOptions);
    return this;
  }

  /**
   * Puts a value, or another `Depends()`, in the place of a dependency, for tests; also while the application runs.
   *
   * @returns a function that takes the override back.
   */
  override<T>(key: InjectKey<T>, replacement: NoInfer<T> | Dep<NoInfer<T>>): () => void {
    return this.#container.override(key, replacement);
  }

  /** Takes back the override of `key`, or all of them. */
  restore(key?: InjectKey<unknown>): void {
    this.#container.restore(key);
  }

  /**
   * Gets a singleton outside of any request: settings before `listen`, the database in a hook. It is the very one that
   * requests get, and is disposed with the application.
   *
   * @throws DependencyError for what lives as long as a request, what nobody provides, and after `close`.
   *
   * @example
   * ```ts
   * import { Covet, defineSettings } from 'covet';
   * import { z } from 'zod';
   *
   * const Settings = defineSettings(z.object({ PORT: z.int().default(3000) }));
   * const app = new Covet();
   * await app.listen({ port: (await app.resolve(Settings)).PORT });
   * ```
   */
  resolve<T>(key: InjectKey<T>): Promise<T> {
    return this.#resolver.resolve(key);
  }

  /** Runs before the application listens, in order. An error keeps it from listening. */
  onStart(hook: LifecycleHook): this {
    this.#assertOpen();
    this.#onStart.push(hook);
    return this;
  }

  /** Runs when the application closes, after the last request, last registered first. */
  onClose(hook: LifecycleHook): this {
    this.#onClose.push(hook);
    return this;
  }

  /** The routes, one a method; those of controllers once the application has started. */
  get routes(): readonly Pick<RegisteredRoute, 'method' | 'path'>[] {
    return this.#registry.routes.map(({ method, path }) => ({ method, path }));
  }

  /**
   * Compiles routes, checks settings and dependencies, runs `onStart`; `listen` does so by itself. Everything that can
   * be found wrong before the first request is found here.
   */
  async ready(): Promise<void> {
    if (this.#closed === undefined) await (this.#server ??= this.#compile());
    // Also where that was meanwhile.
    if (this.#closed !== undefined) throw new CovetError('The application is closed: make another one');
  }

  /**
   * Listens. On a thread that `workers` started, joins the server of the first thread instead.
   *
   * @throws CovetError `EADDRINUSE`, `EACCES` and the like, as Node names them; whatever {@link Covet.ready} throws.
   */
  async listen(given: ListenOptions = {}): Promise<Listening> {
    await this.ready();
    return (await this.#server!).listen(given, (grace) => this.close(grace));
  }

  /**
   * Stops accepting, lets requests in flight end within `grace` milliseconds, then runs `onClose` and disposes
   * singletons. What is left after the grace, `Infinity` for none, is cut off. A second call waits for the first.
   *
   * @throws RangeError for a grace that is no time; AggregateError of what hooks and disposals threw, once all have run.
   */
  close(grace: number = 10_000): Promise<void> {
    return (this.#closed ??= this.#close(toGrace(grace)));
  }

  async #compile(): Promise<Server> {
    const isProduction = process.env['NODE_ENV'] === 'production';
    const responder = new ErrorResponder({
      logger: this.log,
      format: this.#options.errorFormat ?? 'covet',
      handlers: this.#errorHandlers,
      timeout: this.#limits.handlerTimeout,
    });
    const compileOptions: CompileOptions = {
      container: this.#container,
      responder,
      middleware: this.#middleware,
      mode: this.#options.mode ?? (isProduction ? 'production' : 'development'),
      exposeRejectedValues: this.#options.exposeRejectedValues ?? false,
    };
    const faults: SettingsError[] = [];
    const compiled = collectSettings(faults, () => {
      for (const controller of this.#controllers) this.#construct(controller);
      return {
        routes: this.#registry.compile(compileOptions),
        miss: compileMiss(compileOptions, this.#notFound),
      };
    });
    await collectSettings(faults, () => this.#container.boot());
    if (compiled === undefined || faults.length > 0) throw SettingsError.merge(faults);
    for (const hook of this.#onStart) await hook();
    return new Server({
      router: this.#registry.router,
      ...compiled,
      missesReachHandler: this.#middleware.length > 0 || this.#notFound !== undefined,
      fail: responder.fail,
      limits: this.#limits,
      errorFormat: this.#options.errorFormat ?? 'covet',
      // With nowhere to report it an error would vanish, and a failed program hang.
      guardsProcess: (this.#options.onUncaught ?? (this.#options.logger === false ? 'exit' : 'log')) === 'log',
      logger: this.log,
    });
  }

  async #close(grace: number): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    const errors = await attemptAll([
      () => server?.close(grace),
      ...this.#onClose.toReversed(),
      () => this.#container.close(),
    ]);
    if (errors.length > 0) throw foldErrors('Closing', errors);
  }

  #construct(controller: Class): void {
    const { prefix, middleware } = controllerOf(controller);
    const entries = routesOf(this.#container.construct(controller) as object);
    if (entries.length === 0)
      throw new CovetError(`${controller.name} has no routes: decorate its methods with contracts`);
    for (const { route: contract, call } of entries) this.#registry.add(contract, call, prefix, middleware);
  }

  #adder(make: (path: never, spec: never) => Contract): never {
    const add = (path: string, ...rest: unknown[]): Contract => {
      const handler = rest.pop();
      if (typeof handler !== 'function') throw new TypeError(`The route ${path} needs a handler, a function`);
      const contract = make(path as never, (rest[0] ?? {}) as never);
      this.#add(contract, handler as (context: unknown) => unknown, '', []);
      return contract;
    };
    return add as never;
  }

  #add(contract: Contract, call: (context: never) => unknown, prefix: string, middleware: readonly Middleware[]): void {
    this.#assertOpen();
    this.#registry.add(contract, call as RegisteredRoute['call'], prefix, middleware);
  }

  #assertOpen(): void {
    if (this.#server !== undefined) throw new CovetError('The application has started: register everything before');
  }
}
