/**
 * Streams of values: how each is sent, and with which headers.
 * In: a format, with schemas or without. Out: what a route names as its response, or what a handler returns.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import { CovetError } from './error.ts';
import { isIterable, openPieces } from './internal/pieces.ts';
import { StreamBody } from './reply-stream.ts';
import type { StreamBodyOptions } from './reply-stream.ts';
import type { ResponseOptions } from './serialise.ts';
import type { MaybePromise, Schema } from './types/schema.ts';
import type { StreamOf, StreamResponse } from './types/stream.ts';

/** Turns a value of a stream into the text that is sent. */
export type EncodeItem = (item: unknown) => MaybePromise<string>;

/** How a stream of values is sent. */
export interface StreamFormat {
  /** As the user wrote it: `ndjson()`. */
  readonly name: string;
  readonly contentType: string;
  /** Further headers, for replies that have none of their own of that name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly options: Pick<StreamBodyOptions, 'heartbeat' | 'isEndless'>;
}

/** A format whose values have schemas. */
export interface CheckedFormat extends StreamFormat {
  /** Works out for a route, once, how a value is sent. */
  readonly compile: (options: ResponseOptions) => EncodeItem;
}

/** A format for values of any kind. */
export interface PlainFormat extends StreamFormat {
  readonly encode: EncodeItem;
}

/** What a route has as its response: a schema of streams. */
export class StreamContract<T> implements StreamResponse<T> {
  readonly format: CheckedFormat;
  readonly '~standard': StandardSchemaV1.Props<StreamOf<T>, string>;

  constructor(format: CheckedFormat) {
    this.format = format;
    this['~standard'] = { version: 1, vendor: 'covet', validate: () => refusal(format) };
  }

  get contentType(): string {
    return this.format.contentType;
  }
}

/** Only a route's response has any use for it: as the schema of an input it lets nothing pass. */
const refusal = ({ name }: StreamFormat): StandardSchemaV1.FailureResult => ({
  issues: [{ message: `${name} is for what a route answers with, not for what it takes` }],
});

/** What a handler returns where its route says nothing. */
export class StreamedValues {
  readonly source: StreamOf<unknown>;
  readonly format: PlainFormat;

  constructor(source: StreamOf<unknown>, format: PlainFormat) {
    this.source = source;
    this.format = format;
  }

  /** A stream like any other to whoever looks, which response.ts does first; so it can be ended like one, too. */
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const pieces = openPieces(this.source);
    return {
      next: async () => (await pieces.next()) as IteratorResult<unknown>,
      return: async (value) => {
        await pieces.stop();
        return { done: true, value };
      },
    };
  }
}

/** The body of a stream of values. */
export function toFormattedBody(data: unknown, format: StreamFormat, encode: EncodeItem, route: string): StreamBody {
  if (data instanceof StreamedValues) {
    throw new CovetError(`${route} has ${format.name} as its response: return the values themselves`);
  }
  if (!isIterable(data)) {
    throw new CovetError(
      `${route} has ${format.name} as its response: return a generator, a stream or a list of values`,
    );
  }
  return new StreamBody(data, { ...format.options, encode });
}

/** How a route sends the streams of a status. */
export interface StreamEncoder {
  readonly format: StreamFormat;
  readonly encode: EncodeItem;
}

/** The streams of one route, by status. */
export interface StreamPlan {
  for(status: number): StreamEncoder | undefined;
}

type Response = Schema | Readonly<Record<number, Schema>> | undefined;

/** Parts what a route answers with: the streams, compiled, and what is left of it. */
export function compileStreams(
  response: Response,
  options: ResponseOptions,
): { readonly streams: StreamPlan | undefined; readonly schemas: Response } {
  if (response instanceof StreamContract) {
    const encoder = compileStream(response, options);
    return { streams: { for: () => encoder }, schemas: undefined };
  }
  if (response === undefined || '~standard' in response) return { streams: undefined, schemas: response };
  const byStatus = new Map<number, StreamEncoder>();
  const schemas: Record<number, Schema> = {};
  for (const [status, schema] of Object.entries(response)) {
    if (schema instanceof StreamContract) byStatus.set(Number(status), compileStream(schema, options));
    else schemas[Number(status)] = schema;
  }
  if (byStatus.size === 0) return { streams: undefined, schemas: response };
  return { streams: { for: (status) => byStatus.get(status) }, schemas };
}

const compileStream = ({ format }: StreamContract<unknown>, options: ResponseOptions): StreamEncoder => ({
  format,
  encode: format.compile(options),
});
