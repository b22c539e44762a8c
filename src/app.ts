/**
 * The application: what users register things on, start and close.
 * Registration is strict and cold; `ready` compiles everything once, and from then on nothing changes.
 */
import { checkOptions } from './check-options.ts';
import { compileServer } from './compile-server.ts';
import type { LifecycleHook } from './compile-server.ts';
import type { Provider } from './di/bindings.ts';
import { Container } from './di/container.ts';
import type { ProvideOptions } from './di/container.ts';
import type { InjectKey } from './di/inject.ts';
import { ContainerInjector, Injector } from './di/injector.ts';
import type { ErrorHandler } from './error-responder.ts';
import { CovetError } from './error.ts';
import { toStaticFolder } from './files/static-folder.ts';
import type { StaticOptions } from './files/static-folder.ts';
import { makeFetch, makeInject } from './in-process/index.ts';
import type { Connect, CovetFetch, Inject } from './in-process/index.ts';
import { attemptAll } from './internal/attempt-all.ts';
import { foldErrors } from './internal/fold-errors.ts';
import { toGrace, toLimits } from './limits.ts';
import { Log } from './log.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import type { CovetOptions, ListenOptions } from './options.ts';
import { Registry } from './registry.ts';
import type { NotFoundHandler, RegisteredRoute } from './registry.ts';
import { any, del, get, head, options, patch, post, put, route } from './route.ts';
import type { Listening, Server } from './server.ts';
import type { AddRoute, AddRouteOfMethods, HandleRoute } from './types/app.ts';
import type { Class, Dep, Token } from './types/injectable.ts';
import type { Limits } from './types/limits.ts';
import type { Middleware } from './types/middleware.ts';
import type { Method } from './types/route-spec.ts';
import type { Contract } from './types/route.ts';
import { toWireOptions } from './wire-options.ts';
import type { WireOptions } from './wire-options.ts';

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
  readonly inject: Inject = makeInject((client) => this.#connect(client));
  readonly fetch: CovetFetch = makeFetch((client) => this.#connect(client));
  /** What the application logs with. */
  readonly log: Logger;
  readonly #connect: Connect = (client) => this.ready().then(async () => (await this.#server!).connect(client));
  readonly #options: CovetOptions;
  readonly #limits: Required<Limits>;
  readonly #wire: WireOptions;
  readonly #registry: Registry;
  readonly #container = new Container();
  readonly #injector = new ContainerInjector(this.#container);
  readonly #controllers: Class[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #errorHandlers: ErrorHandler[] = [];
  readonly #onStart: LifecycleHook[] = [];
  readonly #onClosing: LifecycleHook[] = [];
  readonly #onClose: LifecycleHook[] = [];
  #notFound: NotFoundHandler | undefined;
  #server: Promise<Server> | undefined;
  #compiled: Server | undefined;
  #announced: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** @throws RangeError or TypeError naming the limit or option that is none. */
  constructor(given: CovetOptions = {}) {
    this.#options = checkOptions(given);
    this.#limits = toLimits(given.limits);
    this.#wire = toWireOptions(given.trustProxy, given.compression);
    this.#registry = new Registry(given.trailingSlash ?? 'strict', given.serializers);
    this.log = createLogger(given.logger ?? true);
    this.provide(Log, this.log).provide(Injector, this.#injector);
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

  /**
   * Serves the files of a folder under a path; routes of your own come first. What is not there, or a dotfile, is 404.
   * @throws CovetError `INVALID_OPTION` naming what is wrong; `ROUTE_CONFLICT`.
   */
  static(prefix: string, directory: string | URL, staticOptions: StaticOptions = {}): this {
    this.#assertOpen();
    this.#registry.addFolder(toStaticFolder(prefix, directory, staticOptions));
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
    return this.#injector.resolve(key);
  }

  /** Runs before the application listens, in order. An error keeps it from listening. */
  onStart(hook: LifecycleHook): this {
    this.#assertOpen();
    this.#onStart.push(hook);
    return this;
  }

  /**
   * Runs first of all at close, in order, while the application still serves everybody: tell whoever sends requests here,
   * and wait until they have heard. That time is not part of the grace.
   */
  onClosing(hook: LifecycleHook): this {
    this.#onClosing.push(hook);
    return this;
  }

  /** Whether the application has begun to close, here or on another of its threads: what a readiness check answers by. */
  get isClosing(): boolean {
    return this.#announced !== undefined;
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

  /** Compiles and checks all that can be before the first request, runs `onStart`; `listen` does so by itself. */
  async ready(): Promise<void> {
    if (this.#closed === undefined) await (this.#server ??= this.#compile());
    if (this.#closed !== undefined) throw new CovetError('The application is closed: make another one');
  }

  /**
   * Listens. On a thread that `workers` started, joins the server of the first thread instead.
   *
   * @throws CovetError `EADDRINUSE`, `EACCES` and the like, as Node names them; whatever {@link Covet.ready} throws.
   */
  async listen(given: ListenOptions = {}): Promise<Listening> {
    await this.ready();
    this.#compiled = await this.#server!;
    return this.#compiled.listen(given, {
      close: (grace) => this.close(grace),
      onClosing: () => this.#announceClose(),
    });
  }

  /**
   * Runs `onClosing`, stops accepting, lets requests in flight and the tasks after them end within `grace` milliseconds,
   * then runs `onClose` and disposes singletons. What is left after the grace, `Infinity` for none, is cut off. A second
   * call waits for the first.
   *
   * @throws RangeError for a grace that is no time; AggregateError of what hooks and disposals threw, once all have run.
   */
  close(grace: number = 10_000): Promise<void> {
    return (this.#closed ??= this.#close(toGrace(grace)));
  }

  #compile(): Promise<Server> {
    return compileServer({
      options: this.#options,
      limits: this.#limits,
      wire: this.#wire,
      registry: this.#registry,
      container: this.#container,
      controllers: this.#controllers,
      middleware: this.#middleware,
      errorHandlers: this.#errorHandlers,
      notFound: this.#notFound,
      onStart: this.#onStart,
      logger: this.log,
    });
  }

  async #close(grace: number): Promise<void> {
    const errors = await attemptAll([() => this.#announceClose()]);
    const server = await this.#server?.catch(() => undefined);
    errors.push(
      ...(await attemptAll([() => server?.close(grace), ...this.#onClose.toReversed(), () => this.#container.close()])),
    );
    if (errors.length > 0) throw foldErrors('Closing', errors);
  }

  #announceClose(): Promise<void> {
    return (this.#announced ??= this.#runOnClosing());
  }

  async #runOnClosing(): Promise<void> {
    this.#compiled?.tellThreads();
    const errors = await attemptAll(this.#onClosing);
    if (errors.length > 0) throw foldErrors('Closing', errors);
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
