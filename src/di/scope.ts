/**
 * What one request opened and has to close. In: generators that have yielded. Out: each resumed once, last opened
 * first, with the error of the request if there is one.
 */
import type { MaybePromise } from '../types/schema.ts';
import { DependencyError } from './dependency-error.ts';
import type { FactoryStep } from './step.ts';

/** The generators a request has opened. */
export interface DependencyScope {
  /**
   * Resumes those that are torn down before the response leaves. Call it without an argument after success, and with
   * the error after failure: an argument is a failure, even if it is undefined.
   *
   * Returns normally when nothing changed: after success, or when the error given still stands. Throws when a
   * teardown failed or replaced the error; what is thrown is then the request's error. Synchronous as long as the
   * generators are. A second call does nothing.
   */
  close(...failure: readonly [error?: unknown]): MaybePromise<void>;
  /** The same for those with `teardown: 'after'`, when the response has left. */
  closeAfter(...failure: readonly [error?: unknown]): MaybePromise<void>;
  /** Whether `closeAfter` has anything to do. */
  readonly hasAfter: boolean;
  /**
   * Errors that a teardown replaced and that could not be kept as the `cause` of the new one, because that has a cause
   * of its own. For the log.
   */
  readonly suppressed: readonly unknown[];
}

type AnyGenerator = Generator | AsyncGenerator;

interface Exit {
  readonly generator: AnyGenerator;
  readonly label: string;
  /** Known from its kind, not by `instanceof Promise`: test runners put user code into another realm. */
  readonly isAsync: boolean;
}

/** A box, because anything can be thrown, undefined included. */
interface Failure {
  readonly error: unknown;
}

export class GeneratorScope implements DependencyScope {
  /** The step whose generator was opened last. */
  last: FactoryStep | undefined = undefined;
  readonly #before: Exit[] = [];
  readonly #after: Exit[] = [];
  #suppressed: unknown[] | undefined;

  get hasAfter(): boolean {
    return this.#after.length > 0;
  }

  get suppressed(): readonly unknown[] {
    return this.#suppressed ?? [];
  }

  /** Takes charge of a generator which has yielded. */
  add(generator: AnyGenerator, step: FactoryStep, isAsync: boolean): void {
    this.last = step;
    (step.teardown === 'after' ? this.#after : this.#before).push({ generator, label: step.label, isAsync });
  }

  close(...failure: readonly [error?: unknown]): MaybePromise<void> {
    return this.#unwind(this.#before, failure.length > 0 ? { error: failure[0] } : undefined);
  }

  closeAfter(...failure: readonly [error?: unknown]): MaybePromise<void> {
    return this.#unwind(this.#after, failure.length > 0 ? { error: failure[0] } : undefined);
  }

  /** Both, when the request failed before its handler could be called. */
  closeAll(error: unknown): MaybePromise<void> {
    // Last in the list goes first: nothing that closes after the response needs anything that closes before.
    return this.#unwind([...this.#after.splice(0), ...this.#before.splice(0)], { error });
  }

  #unwind(exits: Exit[], given: Failure | undefined): MaybePromise<void> {
    let failure = given;
    for (let exit = exits.at(-1); exit !== undefined; exit = exits.at(-1)) {
      if (exit.isAsync) return this.#unwindRest(exits, given, failure);
      exits.pop();
      failure = this.#leave(exit, failure);
    }
    if (failure !== given && failure !== undefined) throw failure.error;
  }

  /** Goes on from the first generator that has to be awaited; one async function for all of them. */
  async #unwindRest(exits: Exit[], given: Failure | undefined, before: Failure | undefined): Promise<void> {
    let failure = before;
    for (let exit = exits.pop(); exit !== undefined; exit = exits.pop()) {
      if (!exit.isAsync) {
        failure = this.#leave(exit, failure);
        continue;
      }
      const generator = exit.generator as AsyncGenerator;
      try {
        const { done } = await (failure === undefined ? generator.next() : generator.throw(failure.error));
        if (done) continue;
      } catch (thrown) {
        failure = this.#replace(failure, thrown);
        continue;
      }
      failure = this.#replace(failure, yieldedAgain(exit));
      try {
        // It hangs at that second yield, with its `finally` blocks still to run.
        await generator.return(undefined);
      } catch (thrown) {
        failure = this.#replace(failure, thrown);
      }
    }
    if (failure !== given && failure !== undefined) throw failure.error;
  }

  /** Resumes one synchronous generator; the failure it leaves behind goes on to the next. Never throws. */
  #leave(exit: Exit, failure: Failure | undefined): Failure | undefined {
    const generator = exit.generator as Generator;
    try {
      const { done } = failure === undefined ? generator.next() : generator.throw(failure.error);
      if (done) return failure;
    } catch (thrown) {
      return this.#replace(failure, thrown);
    }
    const fault = this.#replace(failure, yieldedAgain(exit));
    try {
      generator.return(undefined);
      return fault;
    } catch (thrown) {
      return this.#replace(fault, thrown);
    }
  }

  /** A generator that rethrows what it saw replaced nothing. */
  #replace(failure: Failure | undefined, thrown: unknown): Failure {
    if (failure === undefined) return { error: thrown };
    if (Object.is(failure.error, thrown)) return failure;
    if (!keepAsCause(thrown, failure.error)) (this.#suppressed ??= []).push(failure.error);
    return { error: thrown };
  }
}

function yieldedAgain(exit: Exit): DependencyError {
  return new DependencyError(
    'DEPENDENCY_ERROR',
    `${exit.label} yielded a second time: a generator dependency yields its value once, and what follows is its teardown`,
  );
}

/**
 * Keeps the error a teardown replaced. The thrower's own `cause` is never overwritten, and chains are not extended at
 * their far end: an error that is thrown again and again would collect the errors of all requests.
 */
function keepAsCause(thrown: unknown, replaced: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  // A bounded walk: hostile or careless code can make a ring of causes.
  let link: unknown = thrown;
  for (let depth = 0; link instanceof Error && depth < 16; depth += 1) {
    if (link === replaced) return true;
    link = link.cause;
  }
  if (Object.is(link, replaced)) return true;
  if (thrown.cause !== undefined || !Object.isExtensible(thrown) || causes(replaced, thrown)) return false;
  Object.defineProperty(thrown, 'cause', { value: replaced, configurable: true, writable: true });
  return true;
}

/** Whether `error` was caused by `cause`: `throw error.cause` must not close a ring. */
function causes(error: unknown, cause: unknown): boolean {
  for (let link = error, depth = 0; link instanceof Error && depth < 16; depth += 1) {
    if (link === cause) return true;
    link = link.cause;
  }
  return false;
}
