import { attemptAll } from '../internal/attempt-all.ts';
import type { Created } from './cell.ts';

/**
 * Ends the life of a singleton's value: by its own generator, else by the first of `[Symbol.asyncDispose]()`,
 * `[Symbol.dispose]()` and `close()` it has; then of what was opened for it alone.
 *
 * @returns the errors met; every step is taken in any case.
 */
export function dispose(created: Created, disposed: Set<unknown>): Promise<unknown[]> {
  const { value } = created;
  const steps: (() => unknown)[] = created.scopes
    .toReversed()
    .flatMap((scope) => [() => scope.close(), () => scope.closeAfter()]);
  // One object can be the value of two singletons, for instance under a class and under a token's factory.
  if (!created.isSelfClosing && !disposed.has(value)) steps.unshift(() => disposeValue(value));
  disposed.add(value);
  return attemptAll(steps);
}

function disposeValue(value: unknown): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const disposable = value as Record<PropertyKey, unknown>;
  for (const method of [Symbol.asyncDispose, Symbol.dispose, 'close']) {
    const end = disposable[method];
    if (typeof end === 'function') return end.call(value);
  }
  return undefined;
}
