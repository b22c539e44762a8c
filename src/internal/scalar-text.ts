/**
 * The text of a value that is not an object; undefined for an object, whose `toString` is anybody's code. Of a function
 * it says only that it is one: its source is not for readers of a log or a reply.
 *
 * @example
 * ```ts
 * import { toScalarText } from './scalar-text.ts';
 *
 * console.log(toScalarText(12n)); // 12
 * console.log(toScalarText({})); // undefined
 * ```
 */
export function toScalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : undefined;
    case 'function':
      return '[function]';
    default:
      return String(value);
  }
}
