/** Injection into classes without decorators or emitted metadata: a call in a field initialiser or constructor. */
import type { Class, Dep, Token } from '../types/injectable.ts';
import { DependencyError } from './dependency-error.ts';

/** What can be asked for in a class. */
export type InjectKey<T> = Token<T> | Class<T> | Dep<T>;

/** Whoever is constructing at this moment. */
export interface Injector {
  resolve(key: InjectKey<unknown>): unknown;
}

// Constructors are synchronous, so the one that runs now is the only one that can ask: a plain variable is exact
// here, where AsyncLocalStorage would cost every request.
let current: Injector | undefined;

/**
 * Gets what a class needs, while the container constructs that class.
 *
 * @example
 * ```ts
 * import { Depends, inject, token } from 'covet';
 *
 * const Mailer = token<{ send(to: string): void }>('Mailer');
 * const clock = Depends(() => ({ now: () => Date.now() }), { scope: 'singleton' });
 * class AuditLog {
 *   readonly #clock = inject(clock); // a singleton dependency
 * }
 * class UserService {
 *   readonly #audit = inject(AuditLog); // another class, constructed first
 *   readonly #mailer = inject(Mailer); // a token
 * }
 * ```
 *
 * @throws DependencyError outside of a field initialiser or constructor of a class the container constructs; when
 * nothing is provided for a token; on a cycle; for a dependency that lives as long as a request, or is created
 * asynchronously: a constructor can wait for neither, so take those in the route's `deps`.
 */
export function inject<T>(key: InjectKey<T>): T {
  if (current === undefined) {
    throw new DependencyError(
      'DEPENDENCY_ERROR',
      'inject() works in field initialisers and constructors only, of classes which the container constructs: ' +
        'after an await, in a method, or under a plain `new`, nobody is there to ask',
    );
  }
  return current.resolve(key) as T;
}

/**
 * Runs `construct` with `injector` answering its inject() calls; nests. Undefined shuts the door again: a factory called
 * for by a constructor is no constructor, and must not behave as one only because of who was first to need it.
 */
export function withInjector<T>(injector: Injector | undefined, construct: () => T): T {
  const outer = current;
  current = injector;
  try {
    return construct();
  } finally {
    current = outer;
  }
}
