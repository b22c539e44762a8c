import { createHash, randomUUID } from 'node:crypto';

/**
 * The id of a job as stores keep it: a UUID. The same words give the same one: RFC 9562 version 8, from SHA-256.
 *
 * @example
 * ```ts
 * import { toJobId } from './job-id.ts';
 *
 * console.log(toJobId('welcome:17') === toJobId('welcome:17')); // true
 * ```
 */
export function toJobId(words?: string): string {
  if (words === undefined) return randomUUID();
  const hash = createHash('sha256').update(words).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
