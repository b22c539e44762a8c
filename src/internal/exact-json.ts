/**
 * JSON text of our own in, its value out, with integers that a number cannot hold as bigints.
 */
import { randomUUID } from 'node:crypto';

/** A string or a number; between two of them stands nothing with a digit or a quote. */
const token = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g;
const mayBeLarge = /[0-9]{16}/;
const integer = /^-?[0-9]{16,}$/;

/**
 * Parses JSON text that a serialiser of ours wrote.
 *
 * @example
 * ```ts
 * import { parseExact } from './exact-json.ts';
 *
 * console.log(parseExact('[9007199254740993, 1]')); // [ 9007199254740993n, 1 ]
 * ```
 */
export function parseExact(json: string): unknown {
  if (!mayBeLarge.test(json)) return JSON.parse(json);
  // Made up after the text was: nothing in the text begins with it.
  const mark = `${randomUUID()}:`;
  const marked = json.replaceAll(token, (text) => (isLarge(text) ? `"${mark}${text}"` : text));
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

const isLarge = (text: string): boolean => integer.test(text) && !Number.isSafeInteger(Number(text));
