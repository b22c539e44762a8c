/**
 * A raw query in, its parameters out (WHATWG URL, application/x-www-form-urlencoded).
 */
import { Fields } from './fields.ts';
import { parseUrlencoded } from './urlencoded.ts';
import type { UrlencodedRules } from './urlencoded.ts';

/** As many as Node's own `querystring` takes: more would only be a way to make us work. Their size is the target's. */
const rules: UrlencodedRules = {
  name: 'query',
  field: 'parameter',
  status: 400,
  maxFields: 1000,
  maxNameSize: Infinity,
  maxFieldSize: Infinity,
};

/**
 * Decodes every parameter once: a name that comes once has its value, one that is repeated all of them, in order.
 *
 * @throws HttpError 400 for a malformed percent escape, for bytes that are no UTF-8, and for more than 1,000 parameters.
 */
export function parseQuery(raw: string): Record<string, string | string[]> {
  return parseUrlencoded(raw, rules);
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
