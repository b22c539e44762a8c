import { randomBytes } from 'node:crypto';

let lastTime = 0;
let counter = 0;

/**
 * A UUID that sorts after those this process made before: RFC 9562 version 7, with 12 bits of a counter (method 1 of its
 * § 6.2). pg-boss starts jobs that were added together in the order of their ids.
 *
 * @example
 * ```ts
 * import { toOrderedId } from './ordered-id.ts';
 *
 * console.log(toOrderedId() < toOrderedId()); // true
 * ```
 */
export function toOrderedId(now: number = Date.now()): string {
  counter += 1;
  // A clock that goes back, and a counter that is full, take time from what is to come.
  if (now > lastTime) [lastTime, counter] = [now, 0];
  else if (counter > 0xfff) [lastTime, counter] = [lastTime + 1, 0];
  const time = lastTime.toString(16).padStart(12, '0');
  const random = randomBytes(8);
  random[0] = (random[0]! & 0x3f) | 0x80;
  const rest = random.toString('hex');
  const count = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}
