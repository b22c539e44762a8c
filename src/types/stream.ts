import type { InputOf, Schema } from './schema.ts';

/** What gives values one after the other: a generator, an array, a web stream, a Node stream. */
export type StreamOf<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/**
 * A response that is a stream of values, as `ndjson(schema)` and `sse(schema)` make it for a route's `response`.
 *
 * A schema like any other, of a stream as the handler gives it.
 */
export interface StreamResponse<T> extends Schema<StreamOf<T>, string> {
  readonly contentType: string;
}

/** Brands bodies that `ndjson(source)` and `sse(source)` made. Has no value at run time. */
export declare const kStreamedType: unique symbol;

/** A body that says how it is sent, for a route without a response schema. */
export interface Streamed {
  readonly [kStreamedType]: true;
}

/** What an event may have beside its data. */
export interface SseFields {
  /**
   * Where in the stream the client is: it comes back as `req.lastEventId` when the client reconnects. Without control
   * characters and spaces at its ends. `''` forgets the last one.
   */
  readonly id?: string | number | undefined;
  /** Milliseconds that the client waits before it reconnects, from here on; a whole number up to 2^31 - 1. */
  readonly retry?: number | undefined;
  /** For whoever reads the wire. Clients ignore it. */
  readonly comment?: string | undefined;
}

/** An event: its data, and what it is called. Without a name it is a `message`. */
export interface SseEvent<T = unknown, Name extends string = string> extends SseFields {
  readonly data: T;
  readonly event?: Name | undefined;
}

/** An event of a response that has a schema for each name. */
export interface NamedSseEvent<Name extends string, T> extends SseFields {
  readonly event: Name;
  readonly data: T;
}

/** No event: tells the client an id or the time to wait, or is a comment. It has at least one of them. */
export interface SseNote extends SseFields {
  readonly data?: undefined;
  readonly event?: undefined;
}

/** Schemas of events by their name. */
export type SseSchemas = { readonly [name: string]: Schema };

/** What the handler of a route with `response: sse(…)` gives, one after the other. */
export type SseItem<S> =
  | SseNote
  | (S extends Schema
      ? SseEvent<InputOf<S>>
      : S extends SseSchemas
        ? { [Name in keyof S & string]: NamedSseEvent<Name, InputOf<S[Name]>> }[keyof S & string]
        : SseEvent);
