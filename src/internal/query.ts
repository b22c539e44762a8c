/**
 * A raw query in, its parameters out (WHATWG URL, application/x-www-form-urlencoded).
 */
import { HttpError } from '../error.ts';
import { Fields } from './fields.ts';

/** As many as Node's own `querystring` takes. More would only be a way to make us work. */
const MOST = 1000;

/**
 * Decodes every parameter once: a name that comes once has its value, one that is repeated all of them, in order.
 *
 * @throws HttpError 400 for a malformed percent escape, for bytes that are no UTF-8, and for more than 1,000 parameters.
 */
export function parseQuery(raw: string): Record<string, string | string[]> {
  const fields = new Fields<string | string[]>();
  if (raw === '') return fields;
  let count = 0;
  for (let start = 0; start <= raw.length;) {
    let end = raw.indexOf('&', start);
    if (end === -1) end = raw.length;
    if (end > start) {
      if (++count > MOST) throw new HttpError(400, `A query may have at most ${MOST} parameters`);
      append(fields, raw, start, end);
    }
    start = end + 1;
  }
  return fields;
}

function append(fields: Record<string, string | string[]>, raw: string, start: number, end: number): void {
  const equals = raw.indexOf('=', start);
  const nameEnd = equals === -1 || equals > end ? end : equals;
  const name = decode(raw.slice(start, nameEnd));
  const value = nameEnd === end ? '' : decode(raw.slice(nameEnd + 1, end));
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (typeof before === 'string') fields[name] = [before, value];
  else before.push(value);
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch (cause) {
    throw new HttpError(400, 'The query has a malformed percent escape', { cause });
  }
}

/** The first value of every name. */
export function toFirstValues(query: Record<string, string | string[]>): Record<string, string> {
  const fields = new Fields<string>();
  for (const name in query) {
    const value = query[name]!;
    fields[name] = typeof value === 'string' ? value : value[0]!;
  }
  return fields;
}
