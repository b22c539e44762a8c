/** Covet's public surface: everything `import … from 'covet'` can name. */

// Application
export { Covet } from './app.ts';
export type { LifecycleHook } from './compile-server.ts';
export { Log } from './log.ts';
export type { LogMethod, Logger, LoggerOption, LoggerOptions } from './logger.ts';
export type { CovetOptions, ListenOptions } from './options.ts';
export type { CompressionOptions, ContentCoding, DecompressOptions, TrustProxy } from './types/wire.ts';
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
export type {
  ContractArguments,
  ContractInjectOptions,
  ContractRequest,
  ContractResponse,
  JsonOf,
  TypedInjectResponse,
} from './types/contract-inject.ts';
export type { CovetFetch, InjectOptions, InjectResponse } from './types/in-process.ts';
export type { Inject } from './types/inject.ts';
export type { AddRoute, AddRouteOfMethods, HandleRoute } from './types/app.ts';
export type { PathParams } from './types/path.ts';
export type { InputOf, MaybePromise, OutputOf, Schema } from './types/schema.ts';

// Requests and replies
export { cookieJar } from './cookie-jar.ts';
export type { CookieJar, CookieJarOptions, SealedCookie } from './cookie-jar.ts';
export { msgpackSerializer } from './negotiation/msgpack.ts';
export { textSerializer } from './negotiation/text.ts';
export { xmlSerializer } from './negotiation/xml.ts';
export type { XmlOptions } from './negotiation/xml.ts';
export type { Serializer } from './types/serializer.ts';
export { redirect } from './redirect.ts';
export type { RedirectInit } from './redirect.ts';
export { reply } from './reply.ts';
export type { ReplyHeadersInit, ReplyInit } from './reply.ts';
export type { FormOptions } from './types/form-options.ts';
export { ndjson } from './ndjson.ts';
export { sse, stopEvents } from './sse.ts';
export type { SseOptions } from './sse.ts';
export { untilAborted } from './until-aborted.ts';
export type {
  NamedSseEvent,
  SseEvent,
  SseFields,
  SseItem,
  SseNote,
  SseSchemas,
  StreamOf,
  StreamResponse,
  Streamed,
} from './types/stream.ts';
export type { PendingResponse } from './types/pending-response.ts';
export type { CovetRequest, RawFields } from './types/request.ts';
export type { CookieOptions, CookieSetter, DeleteCookieOptions, SameSite } from './types/cookie.ts';
export type { RedirectReply, RedirectStatus, ReplyContent, ReplyHeaders, ReplyLike, ReplyOf } from './types/reply.ts';

// Files
export { sendFile } from './files/send-file.ts';
export type { SendFileOptions } from './files/send-file.ts';
export type { FileBody } from './files/file-body.ts';
export type { SendOptions } from './files/file-options.ts';
export type { StaticOptions } from './files/static-folder.ts';

// Middleware
export type {
  AfterResponse,
  Middleware,
  MiddlewareClass,
  MiddlewareContext,
  MiddlewareFunction,
  Next,
} from './types/middleware.ts';

// Dependencies
export { Depends } from './di/depends.ts';
export type { DependsOptions } from './di/depends.ts';
export { Body, Cookie, Header, Path, Query, Req, Res } from './di/source.ts';
export type { BodySource, SourceOf } from './di/source.ts';
export { inject } from './di/inject.ts';
export { Injector } from './di/injector.ts';
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

// Files
export { LocalStorage } from './storage/local-storage.ts';
export type { LocalStorageOptions } from './storage/local-storage.ts';
export { MemoryStorage } from './storage/memory-storage.ts';
export type { MemoryStorageOptions } from './storage/memory-storage.ts';
export { S3Storage } from './storage/s3-storage.ts';
export type { S3Credentials, S3StorageOptions } from './storage/s3-options.ts';
export { StorageError } from './storage/storage-error.ts';
export type { StorageErrorCode } from './storage/storage-error.ts';
export { file, files } from './upload/file.ts';
export type {
  FieldPart,
  FileFacts,
  FileField,
  FileOptions,
  FilePart,
  FileReads,
  FileRules,
  FilesByName,
  FilesOf,
  FilesOptions,
  FilesSpec,
  FormPart,
  MultipartOptions,
  UploadedFile,
} from './types/upload.ts';
export type { FileSource, FileStat, FileStorage, SaveOptions, SignedUrlOptions } from './types/file-storage.ts';

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
