/**
 * A Content-Type goes in, a media type or nothing comes out.
 * The one parser for choosing a body's reader and for checking it: two readings of the same header are how
 * validation gets bypassed (CVE-2025-32442, CVE-2026-25223), so what does not parse strictly is no media type at all.
 */
import { HttpError } from '../error.ts';

/** A parsed media type; names are lower-cased, parameter values are not. */
export interface MediaType {
  /** `type/subtype`, lower-cased, e.g. `application/json`. */
  readonly essence: string;
  readonly type: string;
  readonly subtype: string;
  /** Parameters by lower-cased name; a null-prototype object. */
  readonly parameters: Readonly<Record<string, string>>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const head = new RegExp(`^(${token})/(${token})`);
// OWS ";" OWS [ name "=" ( token / quoted-string ) ], RFC 9110 §5.6.6. No quantifier overlaps its neighbour,
// so the time is linear. `y` anchors each step where the last one ended.
const parameter = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${token})=(?:(${token})|"((?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*)"))?`,
  'y',
);

/**
 * Parses a media type by RFC 9110 §8.3.1; undefined when it is malformed or names a parameter twice.
 *
 * @example
 * ```ts
 * import { parseMediaType } from './media-type.ts';
 *
 * console.log(parseMediaType('Application/JSON; charset="utf-8"')?.essence); // application/json
 * console.log(parseMediaType('application/json\ta')); // undefined
 * ```
 */
export function parseMediaType(value: string): MediaType | undefined {
  const match = head.exec(value);
  if (match === null) return undefined;
  const type = match[1]!.toLowerCase();
  const subtype = match[2]!.toLowerCase();
  const parameters: Record<string, string> = Object.create(null);
  parameter.lastIndex = match[0].length;
  while (parameter.lastIndex < value.length) {
    const found = parameter.exec(value);
    if (found === null) return undefined;
    const name = found[1]?.toLowerCase();
    if (name === undefined) continue;
    if (name in parameters) return undefined;
    parameters[name] = found[2] ?? found[3]!.replace(/\\(.)/g, '$1');
  }
  return { essence: `${type}/${subtype}`, type, subtype, parameters };
}

/** Whether a media type is JSON: `application/json` or any `+json` (RFC 6839 §3.1), in UTF-8 or its subset. */
export function isJson(mediaType: MediaType): boolean {
  return (mediaType.essence === 'application/json' || mediaType.subtype.endsWith('+json')) && isUtf8(mediaType);
}

/** Whether text of a media type is UTF-8, by its charset or for want of one, or its subset ASCII. */
export function isUtf8({ parameters }: MediaType): boolean {
  const charset = parameters['charset']?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

/**
 * Refuses a body that does not say it is JSON.
 *
 * A missing type is refused too: a page of another origin can send a typeless body without a preflight.
 *
 * @throws HttpError 415 `UNSUPPORTED_MEDIA_TYPE`.
 */
export function requireJson(contentType: string | undefined): void {
  if (contentType === 'application/json') return;
  const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
  if (mediaType === undefined || !isJson(mediaType)) {
    throw new HttpError(415, 'The body must be JSON, with Content-Type: application/json');
  }
}
