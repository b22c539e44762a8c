import { toScalarText } from './scalar-text.ts';

/**
 * Makes one error of several, whose message tells all of theirs: an AggregateError's own is often all that is logged.
 *
 * @example
 * ```ts
 * import { foldErrors } from './fold-errors.ts';
 *
 * console.log(foldErrors('Closing', [new Error('gone'), 'lost']).message); // Closing met 2 errors: gone; lost
 * ```
 */
export function foldErrors(what: string, errors: readonly unknown[]): AggregateError {
  const texts = errors.map((error) =>
    error instanceof Error ? error.message : (toScalarText(error) ?? 'an object that is no error'),
  );
  return new AggregateError(
    errors,
    `${what} met ${errors.length} error${errors.length > 1 ? 's' : ''}: ${texts.join('; ')}`,
  );
}
