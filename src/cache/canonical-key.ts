/**
 * Any plain value in, a short text out: the same for equal values, another for others. Types are kept apart, so that `1`
 * and `'1'` are two keys; the order of an object's fields, and of entries of a Map or Set, is of no account.
 */
import { hash } from 'node:crypto';

/** What a key can be made of: a string as it is, or plain data that is hashed. */
export type CacheKey = string | readonly unknown[] | Readonly<Record<string, unknown>>;

/** Longer strings are hashed: Redis compares whole keys, and a key a client can make long costs memory. */
const longest = 200;

/** Deeper than data that means anything; a circle would never end. */
const deepest = 64;

/**
 * The text of a key. `'user:1'` becomes `k:user:1`, anything else `h:` and its SHA-256.
 *
 * @throws TypeError for a function, a symbol, an instance of a class other than Date, Map, Set and bytes, and a circle,
 * naming where in the key it stands.
 */
export function toCanonicalKey(key: CacheKey): string {
  if (typeof key === 'string') {
    if (key === '') throw new TypeError('A cache key is not empty');
    if (key.length <= longest && isWellFormed(key)) return `k:${key}`;
  }
  const text = encode(key, 'key', 0);
  const known = hashed.get(text);
  if (known !== undefined) return known;
  // Less than half the time of `createHash`, which makes a stream.
  const canonical = `h:${hash('sha256', text, 'base64url')}`;
  if (text.length <= longest) {
    if (hashed.size >= mostHashed) hashed.clear();
    hashed.set(text, canonical);
  }
  return canonical;
}

/** Short ones that were hashed: most are asked for again, and to hash one takes 0.8 µs, a tenth of a whole hit. */
const hashed = new Map<string, string>();
const mostHashed = 2000;

/** The text itself where it has bytes of its own, else with a sign in place of each half of a pair, as Redis would have it. */
export function toWellFormed(text: string): string {
  return isWellFormed(text) ? text : Buffer.from(text).toString();
}

interface WellFormed {
  isWellFormed(): boolean;
}

/** ES2024; Node.js has it, and TypeScript is told of ES2023. */
const isWellFormed = (text: string): boolean => (text as unknown as WellFormed).isWellFormed();

/** The canonical text itself. Every piece says its type, and how long it is where its end could be anywhere. */
export function encode(value: unknown, place: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      // Half of a pair has no bytes of its own: all halves would be written, and hashed, as the same.
      if (!isWellFormed(value)) return `w${value.length}:${Buffer.from(value, 'utf16le').toString('hex')}`;
      return `s${value.length}:${value}`;
    case 'number':
      // -0 equals 0 wherever a program compares them.
      return `n${value === 0 ? 0 : value};`;
    case 'bigint':
      return `i${value};`;
    case 'boolean':
      return value ? 't' : 'f';
    case 'undefined':
      return 'u';
    case 'object':
      return value === null ? 'z' : encodeObject(value, place, depth);
    default:
      throw refusal(place, `a ${typeof value}`);
  }
}

function encodeObject(value: object, place: string, depth: number): string {
  if (depth >= deepest) throw refusal(place, `nested ${deepest} deep, or in a circle`);
  if (Array.isArray(value)) {
    let text = `a${value.length}[`;
    for (let index = 0; index < value.length; index += 1) text += encode(value[index], `${place}[${index}]`, depth + 1);
    return `${text}]`;
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw refusal(place, 'an invalid Date');
    return `d${value.getTime()};`;
  }
  if (value instanceof Uint8Array) return `b${value.byteLength}:${Buffer.from(value).toString('base64')}`;
  if (value instanceof Map) {
    const entries = [...value].map(
      ([name, item]) => encode(name, `${place}.keys()`, depth + 1) + encode(item, `${place}.get(…)`, depth + 1),
    );
    return `m${entries.length}{${entries.sort().join('')}}`;
  }
  if (value instanceof Set) {
    const items = [...value].map((item) => encode(item, `${place}.values()`, depth + 1));
    return `e${items.length}{${items.sort().join('')}}`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refusal(place, `an instance of ${value.constructor.name || 'a class'}`);
  }
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const encoded = fields.map(
    ([name, item]) => `${encode(name, place, depth)}${encode(item, `${place}.${name}`, depth + 1)}`,
  );
  return `o${fields.length}{${encoded.join('')}}`;
}

function refusal(place: string, what: string): TypeError {
  return new TypeError(
    `${place} is ${what}, which has no stable text: make the key of what identifies it, such as an id (option \`key\`)`,
  );
}
