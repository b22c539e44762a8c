/**
 * `application/x-www-form-urlencoded` text in, its fields out (WHATWG URL, 5.1): queries and form bodies alike.
 * Stricter than browsers are: what does not decode is refused, not replaced.
 */
import { HttpError } from '../error.ts';
import { Fields } from './fields.ts';

/** What is read, and how much of it. */
export interface UrlencodedRules {
  /** How errors name it. */
  readonly name: string;
  /** What errors call one of its fields. */
  readonly field: string;
  /** The status of too many fields, or of one too large. */
  readonly status: number;
  readonly maxFields: number;
  /** Bytes of a decoded name. */
  readonly maxNameSize: number;
  /** Bytes of a decoded value. */
  readonly maxFieldSize: number;
}

/**
 * Decodes every field once: a name that comes once has its value, one that is repeated all of them, in order. A name
 * without `=` has the empty value.
 *
 * @throws HttpError 400 for a malformed percent escape and for bytes that are no UTF-8; `rules.status` past a limit.
 */
export function parseUrlencoded(raw: string, rules: UrlencodedRules): Record<string, string | string[]> {
  const fields = new Fields<string | string[]>();
  if (raw === '') return fields;
  let count = 0;
  for (let start = 0; start <= raw.length;) {
    let end = raw.indexOf('&', start);
    if (end === -1) end = raw.length;
    if (end > start) {
      if (++count > rules.maxFields) {
        throw new HttpError(rules.status, `A ${rules.name} may have at most ${rules.maxFields} ${rules.field}s`);
      }
      append(fields, raw.slice(start, end), rules);
    }
    start = end + 1;
  }
  return fields;
}

function append(fields: Record<string, string | string[]>, piece: string, rules: UrlencodedRules): void {
  const equals = piece.indexOf('=');
  const name = decode(equals === -1 ? piece : piece.slice(0, equals), rules);
  if (isLonger(name, rules.maxNameSize)) {
    throw new HttpError(rules.status, `The name of a ${rules.field} may have at most ${rules.maxNameSize} bytes`);
  }
  const value = equals === -1 ? '' : decode(piece.slice(equals + 1), rules);
  if (isLonger(value, rules.maxFieldSize)) {
    throw new HttpError(rules.status, `A ${rules.field} may have at most ${rules.maxFieldSize} bytes`);
  }
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (typeof before === 'string') fields[name] = [before, value];
  else before.push(value);
}

/** A UTF-16 code unit is at most three bytes of UTF-8, so most texts need no counting. */
function isLonger(text: string, size: number): boolean {
  return text.length * 3 > size && Buffer.byteLength(text) > size;
}

function decode(text: string, rules: UrlencodedRules): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch (cause) {
    throw new HttpError(400, `The ${rules.name} has a malformed percent escape`, { cause });
  }
}
