import type { InjectSpec, Resolve } from './injectable.ts';
import type { AfterResponse } from './middleware.ts';
import type { PathParams } from './path.ts';
import type { RedirectReply, ReplyLike } from './reply.ts';
import type { CovetRequest, RawFields } from './request.ts';
import type { FieldOf, ResponseMap } from './route-spec.ts';
import type { InputOf, OutputOf, Schema, Simplify } from './schema.ts';
import type { FilesOf, FilesSpec } from './upload.ts';

type OutputOr<T, Else> = T extends Schema ? OutputOf<T> : Else;

/**
 * The one argument of a handler: the checked inputs, and the route's dependencies by name.
 *
 * `params` come from the schema, else from the path template; `query`, `headers` and `cookies` from their schemas, else as
 * they arrived; `body`, `form` and `files` from theirs, else they are `undefined` and unread. `req` is the request itself.
 *
 * @example
 * ```ts
 * import type { Context } from 'covet';
 *
 * const show = ({ params, query }: Context<'/users/{id:int}'>) => `${params.id} ${query['page'] ?? '1'}`;
 * ```
 */
export type Context<P extends string = string, S = {}> = Simplify<
  {
    readonly req: CovetRequest;
    /** Has a task run once the response has left: see {@link AfterResponse}. */
    readonly afterResponse: AfterResponse;
    readonly params: OutputOr<FieldOf<S, 'params'>, PathParams<P>>;
    readonly query: OutputOr<FieldOf<S, 'query'>, RawFields>;
    readonly headers: OutputOr<FieldOf<S, 'headers'>, RawFields>;
    readonly cookies: OutputOr<FieldOf<S, 'cookies'>, RawFields>;
    readonly body: OutputOr<FieldOf<S, 'body'>, undefined>;
    readonly form: OutputOr<FieldOf<S, 'form'>, undefined>;
    readonly files: FieldOf<S, 'files'> extends infer F extends FilesSpec ? FilesOf<F> : undefined;
  } & (FieldOf<S, 'deps'> extends infer D extends InjectSpec ? Resolve<D> : {})
>;

/** The success statuses in the order a plain return looks for its own; the same order `defaultStatus` has at run time. */
type PlainStatus<M> = M extends { 200: unknown }
  ? 200
  : M extends { 201: unknown }
    ? 201
    : M extends { 202: unknown }
      ? 202
      : M extends { 203: unknown }
        ? 203
        : M extends { 204: unknown }
          ? 204
          : M extends { 205: unknown }
            ? 205
            : M extends { 206: unknown }
              ? 206
              : 200;

type EmptyStatus = 204 | 205 | 304;

type DataOf<M, Status> = Status extends keyof M
  ? InputOf<M[Status]>
  : Status extends EmptyStatus
    ? undefined | void
    : never;

type PlainOf<M, Status> = DataOf<M, Status extends number ? Status : PlainStatus<M>>;

/**
 * What a handler of a route may return, itself or as a promise.
 *
 * Without a response schema, anything. With one schema, data that fits it, plain or in a `reply` of any status. With a
 * response map, plain data for the route's status, or `reply(status, data)` for a status of the map. A web `Response` is
 * always allowed and is sent as it is; so is a redirect, which has no body.
 */
export type Returns<S> =
  FieldOf<S, 'response'> extends infer R
    ? R extends Schema
      ? InputOf<R> | ReplyLike<number, InputOf<R>> | RedirectReply | Response
      : R extends ResponseMap
        ?
            | PlainOf<R, FieldOf<S, 'status'>>
            | { [K in keyof R & number]: ReplyLike<K, InputOf<R[K]>> }[keyof R & number]
            | RedirectReply
            | Response
        : unknown
    : never;
