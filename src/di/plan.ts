/** What one route needs, compiled once: the only part of dependency injection a request walks through. */
import { needsScope } from '../internal/work-scope.ts';
import type { InjectSpec, Source } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Compiled } from './compile.ts';
import { DependencyError } from './dependency-error.ts';
import { runProgram } from './program.ts';
import type { DependencyScope } from './scope.ts';

/** The dependencies of one route. */
export interface DependencyPlan {
  /** Whether there is nothing to open. */
  readonly isEmpty: boolean;
  /**
   * The distinct parts of the request used anywhere in the graph, validated together with the route's inputs before
   * any factory runs. An override can change what is needed: the array is then another one, so compare it by identity
   * and compile the inputs again when it differs.
   */
  readonly sources: readonly Source<unknown>[];
  /** Whether a tenant or a transaction is noted on the way, which the rest of the request then runs with. */
  readonly hasScope: boolean;
  /**
   * Gets every dependency and sets it on `target` under its name. `sourceValues` are the values of `sources`, in order.
   *
   * Synchronous as long as every factory is. Returns what has to be closed, or undefined when nothing has. On failure
   * midway what was opened is torn down, seeing the error, and the error is thrown, or what a teardown put in its place.
   */
  open(sourceValues: readonly unknown[], target: Record<string, unknown>): MaybePromise<DependencyScope | undefined>;
}

export class CompiledPlan implements DependencyPlan {
  readonly spec: InjectSpec;
  readonly owner: string;
  #program: Compiled;
  #hasScope: boolean;

  constructor(spec: InjectSpec, owner: string, program: Compiled) {
    this.spec = spec;
    this.owner = owner;
    this.#program = program;
    this.#hasScope = hasScope(program);
  }

  get isEmpty(): boolean {
    return this.#program.steps.length === 0;
  }

  get sources(): readonly Source<unknown>[] {
    return this.#program.sources;
  }

  get hasScope(): boolean {
    return this.#hasScope;
  }

  get program(): Compiled {
    return this.#program;
  }

  /** Follows a change of overrides or providers. */
  replace(program: Compiled): void {
    const before = this.#program.sources;
    const now = program.sources;
    // The same sources stay the same array: whoever compiled inputs for them need not do so again.
    const isSame = before.length === now.length && before.every((source, index) => source === now[index]);
    this.#program = isSame ? { ...program, sources: before } : program;
    this.#hasScope = hasScope(program);
  }

  open(sourceValues: readonly unknown[], target: Record<string, unknown>): MaybePromise<DependencyScope | undefined> {
    const program = this.#program;
    if (sourceValues.length !== program.sources.length) throw this.#misaligned(sourceValues.length);
    if (program.steps.length === 0) return undefined;
    return runProgram(program, sourceValues, target);
  }

  #misaligned(given: number): DependencyError {
    return new DependencyError(
      'DEPENDENCY_ERROR',
      `${this.owner} got ${given} source values for ${this.#program.sources.length} sources; ` +
        'an override can change them: read `sources` again',
    );
  }
}

function hasScope({ steps }: Compiled): boolean {
  return steps.some((step) => step.kind === 'factory' && needsScope(step.factory));
}
