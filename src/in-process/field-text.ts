/** Values of a query, a form, headers and cookies in, their text out. */

/** The text of one value. */
export function toFieldText(value: unknown, place: string, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const kind = value === null ? 'null' : `a value of type ${typeof value}`;
  throw new TypeError(`inject() cannot send ${kind} as '${name}' of ${place}`);
}

/** Names and values, urlencoded: a list repeats its name, `undefined` is left out. */
export function toSearch(fields: Readonly<Record<string, unknown>> | undefined, place: string): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) search.append(name, toFieldText(one, place, name));
    }
  }
  return search.toString();
}
