/**
 * Takes the steps of an end, each after the one before, whether that worked or not: what is left open after a fault
 * would stay open for good.
 *
 * @returns what the steps threw, in order.
 *
 * @example
 * ```ts
 * import { attemptAll } from './attempt-all.ts';
 *
 * const errors = await attemptAll([() => Promise.reject(new Error('gone')), () => 'done']);
 * console.log(errors.map(String).join()); // Error: gone
 * ```
 */
export async function attemptAll(steps: Iterable<() => unknown>): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
