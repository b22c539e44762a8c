/**
 * From what was registered to a server that could listen.
 * In: the application's parts, complete. Out: its compiled routes behind a `Server`; every mistake that can be found before
 * the first request is found here.
 */
import { collectSettings } from './di/collect-settings.ts';
import type { Container } from './di/container.ts';
import { SettingsError } from './di/settings-error.ts';
import { ErrorResponder } from './error-responder.ts';
import type { ErrorHandler } from './error-responder.ts';
import type { Logger } from './logger.ts';
import type { CovetOptions } from './options.ts';
import { compileMiss } from './registry.ts';
import type { CompileOptions, NotFoundHandler, Registry } from './registry.ts';
import { Server } from './server.ts';
import type { Class } from './types/injectable.ts';
import type { Limits } from './types/limits.ts';
import type { Middleware } from './types/middleware.ts';
import type { MaybePromise } from './types/schema.ts';
import type { WireOptions } from './wire-options.ts';

/** Runs at start or at close. */
export type LifecycleHook = () => MaybePromise<unknown>;

/** What an application has registered. */
export interface AppParts {
  readonly options: CovetOptions;
  readonly limits: Required<Limits>;
  readonly wire: WireOptions;
  readonly registry: Registry;
  readonly container: Container;
  readonly controllers: readonly Class[];
  readonly middleware: readonly Middleware[];
  readonly errorHandlers: readonly ErrorHandler[];
  readonly notFound: NotFoundHandler | undefined;
  readonly onStart: readonly LifecycleHook[];
  readonly logger: Logger;
}

/** Compiles routes, checks settings and dependencies, runs the hooks of the start. */
export async function compileServer(parts: AppParts): Promise<Server> {
  const { options, limits, registry, container, middleware, notFound, logger } = parts;
  const isProduction = process.env['NODE_ENV'] === 'production';
  const responder = new ErrorResponder({
    logger,
    format: options.errorFormat ?? 'covet',
    handlers: parts.errorHandlers,
    timeout: limits.handlerTimeout,
  });
  const compileOptions: CompileOptions = {
    container,
    responder,
    middleware,
    mode: options.mode ?? (isProduction ? 'production' : 'development'),
    exposeRejectedValues: options.exposeRejectedValues ?? false,
  };
  const faults: SettingsError[] = [];
  const compiled = collectSettings(faults, () => {
    for (const type of parts.controllers) registry.addController(type, container.construct(type));
    return { routes: registry.compile(compileOptions), miss: compileMiss(compileOptions, notFound) };
  });
  await collectSettings(faults, () => container.boot());
  if (compiled === undefined || faults.length > 0) throw SettingsError.merge(faults);
  for (const hook of parts.onStart) await hook();
  return new Server({
    router: registry.router,
    ...compiled,
    missesReachHandler: middleware.length > 0 || notFound !== undefined,
    fail: responder.fail,
    limits,
    wire: parts.wire,
    errorFormat: options.errorFormat ?? 'covet',
    uploadDirectory: options.uploadDirectory,
    // With nowhere to report it an error would vanish, and a failed program hang.
    guardsProcess: (options.onUncaught ?? (options.logger === false ? 'exit' : 'log')) === 'log',
    logger,
  });
}
