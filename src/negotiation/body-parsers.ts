/**
 * The formats beside JSON that a route's `body` may come in.
 * In: an application's serialisers, those that also parse. Out: for a body and its content type, a value to be checked.
 */
import { CovetError, HttpError } from '../error.ts';
import { isJson, parseMediaType } from '../internal/media-type.ts';
import { andThen, isThenable } from '../internal/promise.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Serializer } from '../types/serializer.ts';
import type { Format } from './negotiation.ts';

/** A body as it is read here. */
export interface ReadableBody {
  /** Bytes; -1 where nobody knows yet. */
  readonly length: number;
  json(): MaybePromise<unknown>;
  /** Valid until the request is answered. */
  bytes(): MaybePromise<Uint8Array>;
}

type Parse = NonNullable<Serializer['parse']>;

export class BodyParsers {
  readonly #parsers: ReadonlyMap<string, Parse>;
  /** Every media type taken, JSON first. */
  readonly #types: string;

  private constructor(parsers: ReadonlyMap<string, Parse>) {
    this.#parsers = parsers;
    this.#types = ['application/json', ...parsers.keys()].join(', ');
  }

  /** Undefined where there is JSON alone, which costs nothing. */
  static of(formats: readonly Format[]): BodyParsers | undefined {
    const parsers = new Map<string, Parse>();
    for (const { essence, serializer } of formats) {
      if (serializer?.parse !== undefined) parsers.set(essence, (bytes) => serializer.parse!(bytes));
    }
    return parsers.size === 0 ? undefined : new BodyParsers(parsers);
  }

  /**
   * The value of a body; `undefined` of an empty one.
   *
   * @throws HttpError 415 for a type that none of the formats has, 400 for what its format does not take.
   */
  read(body: ReadableBody, contentType: string | undefined): MaybePromise<unknown> {
    // Before the body is asked for: what nobody can read need not be sent.
    const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
    const parse = mediaType === undefined ? undefined : this.#parsers.get(mediaType.essence);
    if (parse !== undefined) return andThen(body.bytes(), (bytes) => parseBytes(bytes, parse, mediaType!.essence));
    if (body.length === 0 || (mediaType !== undefined && isJson(mediaType))) return body.json();
    throw new HttpError(415, `The body must have one of these as its Content-Type: ${this.#types}`, {
      headers: { accept: this.#types },
    });
  }
}

function parseBytes(bytes: Uint8Array, parse: Parse, type: string): MaybePromise<unknown> {
  if (bytes.byteLength === 0) return undefined;
  try {
    // Bytes of its own: a parser may keep views of them, and these are another request's soon.
    const value = parse(Uint8Array.from(bytes));
    if (!isThenable(value)) return value;
    return Promise.resolve(value).catch((error: unknown) => {
      throw toParseError(error, type);
    });
  } catch (error) {
    throw toParseError(error, type);
  }
}

/** An error that knows its answer is sent as it is. */
function toParseError(cause: unknown, type: string): unknown {
  return cause instanceof CovetError ? cause : new HttpError(400, `The body is not valid ${type}`, { cause });
}
