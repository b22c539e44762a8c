/** Covet's public surface: everything `import … from 'covet'` can name. */

// Application
export { Covet } from './app.ts';
export type { LifecycleHook } from './app.ts';
export type { LogMethod, Logger, LoggerOption, LoggerOptions } from './logger.ts';
export type { CovetOptions, ListenOptions } from './options.ts';
export type { Limits } from './types/limits.ts';
export type { Listening } from './server.ts';
export type { NotFoundHandler } from './registry.ts';
export type { ErrorHandler } from './error-responder.ts';

// Contracts and controllers
export { any, del, get, head, isRoute, options, patch, post, put, route } from './route.ts';
export { controller, controllerOf, on, routesOf } from './controller.ts';
export type { ControllerInfo, ControllerOptions, RouteEntry } from './controller.ts';
export type { Context, Returns } from './types/context.ts';
export type { Contract, ContractOf, Handler, In, Route, RouteOfMethods, RouteVerb } from './types/route.ts';
export type { Method, MethodsSpec, ReservedName, ResponseMap, RouteSpec } from './types/route-spec.ts';
export type { AddRoute, AddRouteOfMethods, HandleRoute } from './types/app.ts';
export type { PathParams } from './types/path.ts';
export type { InputOf, MaybePromise, OutputOf, Schema } from './types/schema.ts';

// Requests and replies
export { reply } from './reply.ts';
export type { ReplyHeadersInit, ReplyInit } from './reply.ts';
export type { CovetRequest, RawFields } from './types/request.ts';
export type { ReplyHeaders, ReplyLike, ReplyOf } from './types/reply.ts';

// Middleware
export type { Middleware, MiddlewareClass, MiddlewareContext, MiddlewareFunction, Next } from './types/middleware.ts';

// Dependencies
export { Depends } from './di/depends.ts';
export type { DependsOptions } from './di/depends.ts';
export { Body, Cookie, Header, Path, Query, Req } from './di/source.ts';
export type { BodySource, SourceOf } from './di/source.ts';
export { inject } from './di/inject.ts';
export type { InjectKey } from './di/inject.ts';
export { token } from './di/token.ts';
export type { ProvideOptions } from './di/container.ts';
export type { ClassProvider, FactoryProvider, Provider } from './di/bindings.ts';
export { defineSettings } from './di/settings.ts';
export type { SettingsOptions } from './di/settings.ts';
export { weaknessOf } from './di/secret.ts';
export { DependencyError } from './di/dependency-error.ts';
export type { DependencyErrorCode, DependencyErrorOptions } from './di/dependency-error.ts';
export { SettingsError } from './di/settings-error.ts';
export type { SettingsFault } from './di/settings-error.ts';
export type {
  Class,
  Dep,
  Injectable,
  InjectSpec,
  OutOf,
  Resolve,
  Scope,
  Source,
  Teardown,
  Token,
  Yielded,
} from './types/injectable.ts';

// Errors
export {
  BusinessRuleError,
  CovetError,
  ExternalServiceError,
  HttpError,
  TimeoutError,
  ValidationError,
} from './error.ts';
export type { CovetErrorOptions, FaultPlace, FieldError, HttpErrorOptions } from './error.ts';
export { errorCodes } from './error-code.ts';
export type { ErrorCategory, ErrorCode, ErrorCodeEntry } from './error-code.ts';
export type { CovetErrorBody, ErrorFormat, ProblemBody } from './error-reply.ts';
