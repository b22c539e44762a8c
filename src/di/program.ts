/**
 * Runs compiled steps: the hot path of dependency injection. In: validated parts of the request. Out: values under
 * their names, and what has to be closed. No promise is made, and no async function entered, until a step is pending.
 */
import type { Source } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import { DependencyError } from './dependency-error.ts';
import { GeneratorScope } from './scope.ts';
import type { FactoryStep, Step, Wiring } from './step.ts';

/** A dependency graph, ready to run. */
export interface Program {
  /** In an order in which every step comes after those it needs. */
  readonly steps: readonly Step[];
  /** Distinct sources; steps refer to them by index. */
  readonly sources: readonly Source<unknown>[];
  /** What is wanted in the end. */
  readonly wanted: Wiring;
}

/** One run of a program. */
interface Run {
  readonly program: Program;
  readonly sourceValues: readonly unknown[];
  /** One result a step. */
  readonly results: unknown[];
  scope: GeneratorScope | undefined;
  /** The step that waits. */
  at: number;
  /** The async generator whose first yield is waited for. */
  entering: AsyncGenerator | undefined;
}

/**
 * Runs `program` and sets every wanted value on `target`: at once when nothing has to be waited for. Returns what has to
 * be closed. On failure it closes what was opened, and throws what is then the error.
 */
export function runProgram(
  program: Program,
  sourceValues: readonly unknown[],
  target: Record<string, unknown>,
): MaybePromise<GeneratorScope | undefined> {
  const run: Run = {
    program,
    sourceValues,
    results: new Array<unknown>(program.steps.length),
    scope: undefined,
    at: 0,
    entering: undefined,
  };
  let pending: PromiseLike<unknown> | undefined;
  try {
    pending = advance(run, 0);
  } catch (error) {
    return abort(run, error);
  }
  if (pending !== undefined) return finish(run, pending, target);
  assign(program.wanted, run.results, target);
  return run.scope;
}

async function finish(
  run: Run,
  first: PromiseLike<unknown>,
  target: Record<string, unknown>,
): Promise<GeneratorScope | undefined> {
  try {
    for (let pending: PromiseLike<unknown> | undefined = first; pending !== undefined;) {
      const settled = await pending;
      run.results[run.at] = run.entering === undefined ? settled : admit(run, run.entering, settled);
      pending = advance(run, run.at + 1);
    }
  } catch (error) {
    return abort(run, error);
  }
  assign(run.program.wanted, run.results, target);
  return run.scope;
}

/** Runs steps until one is pending, and returns what it waits for. */
function advance(run: Run, from: number): PromiseLike<unknown> | undefined {
  const { results } = run;
  const { steps } = run.program;
  for (let at = from; at < steps.length; at += 1) {
    const step = steps[at]!;
    run.at = at;
    if (step.kind === 'factory') {
      const made = step.factory(toNeeds(step.needs, results) as never);
      if ((typeof made === 'object' && made !== null) || typeof made === 'function') {
        const kind = kindOf(made);
        if (kind === 'promise') {
          run.entering = undefined;
          return made as PromiseLike<unknown>;
        }
        if (kind === 'async generator') {
          run.entering = made as AsyncGenerator;
          return run.entering.next();
        }
        run.entering = undefined;
        results[at] = kind === 'generator' ? admit(run, made as Generator, (made as Generator).next()) : made;
      } else results[at] = made;
    } else if (step.kind === 'source') results[at] = run.sourceValues[step.index];
    else if (step.kind === 'value') results[at] = step.value;
    else {
      const { singleton } = step;
      if (!singleton.settled) {
        const opening = singleton.open();
        if (!singleton.settled) {
          run.entering = undefined;
          return opening as PromiseLike<unknown>;
        }
      }
      results[at] = singleton.value;
    }
  }
  return undefined;
}

/** What a factory returned, by the same marks as `Yielded` and `await` go by. */
function kindOf(made: object): 'promise' | 'generator' | 'async generator' | 'value' {
  if (typeof (made as { then?: unknown }).then === 'function') return 'promise';
  switch ((made as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]) {
    case 'AsyncGenerator':
      return 'async generator';
    case 'Generator':
      return 'generator';
    default:
      return 'value';
  }
}

/** A generator has reached its first yield, or its end. */
function admit(run: Run, generator: Generator | AsyncGenerator, first: unknown): unknown {
  const { done, value } = first as IteratorResult<unknown>;
  const step = run.program.steps[run.at] as FactoryStep;
  if (done) {
    throw new DependencyError(
      'DEPENDENCY_ERROR',
      `${step.label} ended without a yield: a generator dependency yields its value exactly once`,
    );
  }
  (run.scope ??= new GeneratorScope()).add(generator, step, run.entering === generator);
  return value;
}

const noNeeds: Readonly<Record<string, unknown>> = Object.freeze({});

function toNeeds(wiring: Wiring, results: readonly unknown[]): Readonly<Record<string, unknown>> {
  if (wiring.names.length === 0) return noNeeds;
  const needs: Record<string, unknown> = {};
  assign(wiring, results, needs);
  return needs;
}

function assign(wiring: Wiring, results: readonly unknown[], target: Record<string, unknown>): void {
  const { names, steps } = wiring;
  for (let index = 0; index < names.length; index += 1) target[names[index]!] = results[steps[index]!];
}

/** Closes all that was opened, of both kinds: nobody else will, for nobody gets the scope. Throws in the end. */
function abort(run: Run, error: unknown): MaybePromise<never> {
  const closing = run.scope?.closeAll(error);
  if (closing === undefined) throw error;
  return closing.then(() => {
    throw error;
  });
}
