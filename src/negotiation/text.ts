/** A value as JSON has it in, plain text for people out. */
import { toScalarText } from '../internal/scalar-text.ts';
import type { Serializer } from '../types/serializer.ts';

/**
 * Writes answers as `text/plain`, in UTF-8: texts, numbers and booleans as they are, anything else as JSON with line breaks.
 *
 * @example
 * ```ts
 * import { textSerializer } from 'covet';
 *
 * console.log(textSerializer().serialize('as it is')); // as it is
 * ```
 */
export function textSerializer(): Serializer {
  return {
    type: 'text/plain; charset=utf-8',
    serialize: (value) => {
      const scalar = toScalarText(value);
      if (scalar !== undefined) return scalar;
      // A bigint within has no text of its own in JSON, and more digits than a number keeps: it is quoted.
      return JSON.stringify(
        value,
        (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member),
        2,
      );
    },
  };
}
