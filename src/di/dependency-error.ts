/** What the container refuses, always with the path that led to the refusal. */
import { CovetError } from '../error.ts';

/** Which rule of the container was broken. */
export type DependencyErrorCode = 'DEPENDENCY_CYCLE' | 'MISSING_PROVIDER' | 'CAPTIVE_DEPENDENCY' | 'DEPENDENCY_ERROR';

/** Options of {@link DependencyError}. */
export interface DependencyErrorOptions {
  /** From the route or class that asked, down to the culprit. Default: empty. */
  readonly path?: readonly string[] | undefined;
  /** What was going wrong already. Logged, never sent. */
  readonly cause?: unknown;
}

/**
 * Dependencies that cannot be resolved as declared: a mistake in the program, found at registration or boot where
 * that is possible. Sent to a client it is a plain 500 without its text.
 *
 * @example
 * ```ts
 * import { Covet, Depends, Header } from 'covet';
 *
 * const cache = Depends({ tenant: Header('x-tenant') }, () => new Map(), { scope: 'singleton', name: 'cache' });
 * const app = new Covet();
 * app.get('/', { deps: { cache } }, () => 'never');
 * // DependencyError CAPTIVE_DEPENDENCY: ... GET / -> cache (singleton) -> Header 'x-tenant' (request)
 * ```
 */
export class DependencyError extends CovetError {
  /** From the route or class that asked, down to the culprit: `['GET /', 'users', 'db']`. */
  readonly path: readonly string[];

  constructor(code: DependencyErrorCode, message: string, options: DependencyErrorOptions = {}) {
    super(message, { code, ...('cause' in options ? { cause: options.cause } : undefined) });
    this.path = options.path ?? [];
  }
}

// On the prototype and by a literal key, as for the other errors: it survives a minifier.
Object.defineProperty(DependencyError.prototype, 'name', {
  value: 'DependencyError',
  configurable: true,
  writable: true,
});
