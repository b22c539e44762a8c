/**
 * What goes in as values: one way for both engines, as PostgreSQL's own text, from which the server makes what the
 * statement needs there.
 */

/** A value to be sent as JSON, whatever it is. Made by `sql.json`. */
export class JsonValue {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A value on its way: text, bytes or NULL. */
export type EncodedValue = string | Uint8Array | null;

/**
 * Encodes a value.
 *
 * @throws TypeError for what no column holds: an invalid date, `undefined` in an array, a function.
 */
export function encodeValue(value: unknown): EncodedValue {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return encodeObject(value);
    default:
      throw new TypeError(`A value is ${typeof value}, which no column holds`);
  }
}

function encodeObject(value: object): string | Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return encodeDate(value);
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof JsonValue) return encodeJson(value.value);
  return encodeJson(value);
}

function encodeDate(value: Date): string {
  if (Number.isNaN(value.getTime())) throw new TypeError('A value is an invalid date');
  const iso = value.toISOString();
  // ISO 8601 has signs for years of more than four digits, PostgreSQL has not.
  if (iso.startsWith('+')) return iso.slice(1).replace(/^0+/, '');
  if (!iso.startsWith('-')) return iso;
  const [, year, rest] = /^-(\d{6})(.*)$/.exec(iso)!;
  return `${String(Number(year) + 1).padStart(4, '0')}${rest} BC`;
}

function encodeJson(value: unknown): string {
  if (value instanceof Map || value instanceof Set) {
    throw new TypeError(
      `A value is a ${value instanceof Map ? 'Map' : 'Set'}, which JSON has not: make it an object or an array`,
    );
  }
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`sql.json(): ${typeof value} is no JSON`);
  return text;
}

/** PostgreSQL's array literal (§ 8.15.2 of its manual): every element quoted but numbers, booleans and NULL. */
function encodeArray(list: readonly unknown[]): string {
  return `{${list.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (value === null) return 'NULL';
  if (value === undefined) throw new TypeError('An array value has undefined in it. For NULL write null');
  if (Array.isArray(value)) return encodeArray(value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const encoded = encodeValue(value);
  const text = typeof encoded === 'string' ? encoded : toHexText(encoded!);
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The text form of `bytea`. */
export function toHexText(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}
