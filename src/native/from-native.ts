/** Errors of the addon in, Covet's own out: the only place that knows what the addon throws. */
import { CovetError } from '../error.ts';

/**
 * Calls the addon; an error with one of our codes becomes a {@link CovetError} with the same code and text.
 * Other errors, Node-API's own, come through as they are.
 */
export function fromNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error;
    throw new CovetError(error.message, { code: error.code, cause: error });
  }
}
