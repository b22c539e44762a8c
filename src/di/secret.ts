/** Fewest characters of a secret: RFC 7518 §3.2 wants a key of 256 bits for HS256, and a character is a byte at most times. */
const minLength = 32;

/** Fewest bits by Shannon's measure. 32 random hexadecimal digits have about 115; `changemechangeme…` has 45. */
const minEntropy = 80;

/**
 * Why a text is too weak to sign or encrypt with; undefined when nothing speaks against it.
 *
 * A secret needs 32 characters, and among them enough variety for 80 bits of entropy, where a text that repeats itself
 * counts once. That refuses placeholders; it cannot prove that a text was chosen at random.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { weaknessOf } from 'covet';
 *
 * console.log(weaknessOf('changeme')); // has 8 characters, a secret needs at least 32
 * console.log(weaknessOf(randomBytes(32).toString('hex'))); // undefined
 * ```
 */
export function weaknessOf(secret: string): string | undefined {
  if (secret.length < minLength) return `has ${secret.length} characters, a secret needs at least ${minLength}`;
  const bits = entropyOf(toUnit(secret));
  return bits < minEntropy ? 'is too regular for a secret; make one with: openssl rand -hex 32' : undefined;
}

/** The part that a text repeats; the text itself when it does not. */
function toUnit(text: string): string {
  return text.slice(0, (text + text).indexOf(text, 1));
}

/** Bits in the text if each character were drawn with the frequency it has here. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits += count * Math.log2(text.length / count);
  return bits;
}
