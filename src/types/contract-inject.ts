/** A contract in, the request it takes and the response it gives: the types of `app.inject(Contract, …)`. */
import type { InjectResponse } from './in-process.ts';
import type { PathParams } from './path.ts';
import type { FieldOf, ResponseMap, RouteSpec } from './route-spec.ts';
import type { InputOf, OutputOf, Schema, Simplify } from './schema.ts';
import type { FilesSpec } from './upload.ts';

/** Optional where nothing in it must be there. */
type Part<K extends string, T> = {} extends T ? { readonly [P in K]?: T } : { readonly [P in K]: T };

/** What a place takes that has no schema. */
type AnyFields = Readonly<Record<string, unknown>>;

type ParamsOf<P extends string, S> =
  FieldOf<S, 'params'> extends infer T ? (T extends Schema ? InputOf<T> : PathParams<P>) : never;

type FieldsOf<S, K extends string> =
  FieldOf<S, K> extends infer T ? (T extends Schema ? InputOf<T> : AnyFields) : never;

type BodyOf<S> =
  FieldOf<S, 'files'> extends infer F
    ? F extends FilesSpec
      ? { readonly body: FormData }
      : S extends { readonly body: infer B extends Schema }
        ? Part<'body', InputOf<B>>
        : S extends { readonly form: infer F2 extends Schema }
          ? Part<'form', InputOf<F2>>
          : { readonly body?: unknown }
    : never;

/** What `app.inject(Contract, request)` takes beside the contract's own inputs. */
export interface ContractInjectOptions {
  /** Of the contract's methods the one to use. Default: the first. */
  readonly method?: string;
  /** What stands before the contract's path: that of its controller. */
  readonly prefix?: string;
  /** As in {@link InjectOptions}. */
  readonly remoteAddress?: string;
  /** As in {@link InjectOptions}. */
  readonly signal?: AbortSignal;
}

/**
 * A request as a contract wants it: `params`, `query`, `headers`, `cookies`, and `body` or `form`, each as its schema takes
 * it. Where the contract has `files`, the body is a `FormData`.
 */
export type ContractRequest<P extends string, S> = Simplify<
  ContractInjectOptions &
    Part<'params', ParamsOf<P, S>> &
    Part<'query', FieldsOf<S, 'query'>> &
    Part<'headers', FieldsOf<S, 'headers'> & AnyFields> &
    Part<'cookies', FieldsOf<S, 'cookies'>> &
    BodyOf<S>
>;

/** A value as JSON gives it back: a `Date` is text. */
export type JsonOf<T> = T extends { toJSON(): infer J }
  ? J
  : T extends object
    ? { readonly [K in keyof T]: JsonOf<T[K]> }
    : T;

/** A response of a known status and JSON body. */
export interface TypedInjectResponse<Status extends number, T> extends Omit<InjectResponse, 'status' | 'json'> {
  readonly status: Status;
  /** The body as JSON. Rejects with a `SyntaxError` where it is none. */
  json(): Promise<T>;
}

/** What the server answers of itself, whatever a contract says. */
type OwnStatus =
  | 400
  | 403
  | 404
  | 405
  | 406
  | 408
  | 412
  | 413
  | 414
  | 415
  | 416
  | 417
  | 422
  | 431
  | 500
  | 501
  | 503
  | 504;

/**
 * The response to a contract's request. With a response map it is a union that `status` tells apart; statuses which the
 * server answers of itself, such as 422, belong to it, with a JSON body of no known type.
 */
export type ContractResponse<S> =
  FieldOf<S, 'response'> extends infer R
    ? R extends Schema
      ? TypedInjectResponse<number, JsonOf<OutputOf<R>>>
      : R extends ResponseMap
        ?
            | { [K in keyof R & number]: TypedInjectResponse<K, JsonOf<OutputOf<R[K]>>> }[keyof R & number]
            | { [K in Exclude<OwnStatus, keyof R>]: TypedInjectResponse<K, unknown> }[Exclude<OwnStatus, keyof R>]
        : InjectResponse
    : never;

/** The second argument of `app.inject(Contract, request)`; none where nothing must be sent. */
export type ContractArguments<P extends string, S extends RouteSpec> =
  {} extends ContractRequest<P, S> ? [request?: ContractRequest<P, S>] : [request: ContractRequest<P, S>];
