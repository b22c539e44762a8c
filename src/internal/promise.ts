/** Values that may be promises, without making promises of those that are none. */
import type { MaybePromise } from '../types/schema.ts';

/** Whether a value has to be waited for. Any thenable counts, as it does for `await`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Goes on with a value now, or with a promise's value when it is there. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
