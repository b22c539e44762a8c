/**
 * Which format an answer is sent in.
 * In: an application's serialisers, a route's `produces`; then a request's Accept and an answer as JSON text. Out: a type
 * and a body. The formats get what the JSON says and nothing else: a field that a schema holds back is in none of them.
 */
import { CovetError, HttpError } from '../error.ts';
import { chooseOffer } from '../internal/accept.ts';
import { parseExact } from '../internal/exact-json.ts';
import { parseMediaType } from '../internal/media-type.ts';
import { isThenable } from '../internal/promise.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Serializer } from '../types/serializer.ts';

/** A format that an answer can be sent in. */
export interface Format {
  readonly essence: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** As it is sent. */
  readonly type: string;
  /** Undefined for JSON, which the answer is already. */
  readonly serializer: Serializer | undefined;
}

/** An answer in its format. */
export interface Negotiated {
  /** Undefined for JSON, which is sent as it always is. */
  readonly type: string | undefined;
  readonly body: string | Uint8Array;
}

const json: Format = { essence: 'application/json', parameters: {}, type: 'application/json', serializer: undefined };

/** Every format of an application, JSON first. @throws CovetError `INVALID_OPTION` naming what is no serialiser. */
export function toFormats(serializers: readonly Serializer[] = []): readonly Format[] {
  if (!Array.isArray(serializers)) throw invalid('serializers is a list');
  const formats: Format[] = [json];
  for (const serializer of serializers as readonly Partial<Serializer>[]) {
    const { type, serialize, parse } = Object(serializer) as Partial<Serializer>;
    if (typeof type !== 'string' || typeof serialize !== 'function') {
      throw invalid("a serializer is { type: 'text/csv', serialize(value) }");
    }
    if (parse !== undefined && typeof parse !== 'function')
      throw invalid(`parse of the serializer of ${type} is a function`);
    const mediaType = parseMediaType(type);
    if (mediaType === undefined || type.includes('*')) throw invalid(`'${type}' is no media type`);
    const { essence, parameters } = mediaType;
    if (essence === json.essence) throw invalid('JSON is there already, and is no serializer');
    if (formats.some((format) => format.essence === essence)) throw invalid(`there are two serializers for ${essence}`);
    formats.push({ essence, parameters, type, serializer: serializer as Serializer });
  }
  return formats;
}

const invalid = (what: string): CovetError =>
  new CovetError(`${what[0]!.toUpperCase()}${what.slice(1)}`, { code: 'INVALID_OPTION' });

/** What {@link compileNegotiation} is made from. */
export interface NegotiationParts {
  readonly formats: readonly Format[];
  /** Media types a route restricts itself to, in its order. */
  readonly produces: readonly string[] | undefined;
  /** How errors name the route. */
  readonly route: string;
  /** Whether every body of the route is made from its schemas or one of the formats. */
  readonly isDeclared: boolean;
  /** The Accept header of the request whose context this is. */
  readonly acceptOf: (owner: object) => string | undefined;
}

/**
 * The negotiation of a route; undefined where there is nothing to choose, which costs nothing.
 *
 * @throws CovetError `INVALID_OPTION` for a type in `produces` that no serialiser writes.
 */
export function compileNegotiation(parts: NegotiationParts): Negotiation | undefined {
  const { formats, produces, route } = parts;
  if (produces === undefined) return formats.length === 1 ? undefined : new Negotiation(formats, parts);
  if (!Array.isArray(produces) || produces.length === 0 || produces.some((type) => typeof type !== 'string'))
    throw invalid(`produces of ${route} is a list of media types`);
  const offered = (produces as readonly string[]).map((type) => {
    const format = formats.find(({ essence }) => essence === type.toLowerCase());
    if (format === undefined) throw invalid(`${route} produces '${type}', for which there is no serializer`);
    return format;
  });
  return new Negotiation(offered, parts);
}

export class Negotiation {
  readonly #formats: readonly Format[];
  readonly #parts: NegotiationParts;

  constructor(formats: readonly Format[], parts: NegotiationParts) {
    this.#formats = formats;
    this.#parts = parts;
  }

  /** The route names its types: text, too, is sent in one of them. */
  get isRestricted(): boolean {
    return this.#parts.produces !== undefined;
  }

  /**
   * Before a handler runs: whether there is anything to answer with, where that is known.
   *
   * @throws HttpError 406 with the types there are.
   */
  check(owner: object): void {
    if ((this.#parts.isDeclared || this.#parts.produces !== undefined) && this.#choose(owner) === undefined) {
      throw this.#refusal();
    }
  }

  /**
   * An answer in the format its client wants most. An error's answer nobody can read is still better than none: from
   * status 400 on it is JSON then.
   *
   * @throws HttpError 406 with the types there are.
   */
  write(text: string, status: number, owner: object): MaybePromise<Negotiated> {
    const format = this.#choose(owner) ?? (status >= 400 ? json : undefined);
    if (format === undefined) throw this.#refusal();
    const { type, serializer } = format;
    if (serializer === undefined) return { type: undefined, body: text };
    const body = serializer.serialize(parseExact(text));
    if (!isThenable(body)) return { type, body: this.#checked(body, type) };
    return Promise.resolve(body).then((value) => ({ type, body: this.#checked(value, type) }));
  }

  #choose(owner: object): Format | undefined {
    return chooseOffer(this.#parts.acceptOf(owner), this.#formats);
  }

  #checked(body: unknown, type: string): string | Uint8Array {
    if (typeof body === 'string' || body instanceof Uint8Array) return body;
    throw new CovetError(`The serializer of ${type} gave neither text nor bytes for ${this.#parts.route}`);
  }

  #refusal(): HttpError {
    const available = this.#formats.map(({ type }) => type);
    return new HttpError(406, `This can be had as ${available.join(', ')}`, {
      details: { available },
      headers: { vary: 'Accept' },
    });
  }
}
