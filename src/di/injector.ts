/** Dependencies for whoever stands outside of every request: a program's main file, hooks, scripts, jobs. */
import { apartFromOpen, withWorkScope } from '../internal/work-scope.ts';
import type { InjectSpec, Resolve, Token } from '../types/injectable.ts';
import type { Container } from './container.ts';
import { DependencyError } from './dependency-error.ts';
import { Depends } from './depends.ts';
import type { InjectKey } from './inject.ts';
import type { DependencyPlan } from './plan.ts';
import type { DependencyScope } from './scope.ts';
import { token } from './token.ts';

/**
 * Opens dependencies outside of requests. Every application provides its own under the token of the same name.
 *
 * @example
 * ```ts
 * import { Covet, Depends, Injector } from 'covet';
 *
 * const session = Depends(async function* () {
 *   console.log('begin');
 *   yield { insert: (row: object) => console.log('insert', row) };
 *   console.log('commit');
 * });
 *
 * const app = new Covet();
 * const injector = await app.resolve(Injector);
 * await injector.run({ session }, ({ session }) => session.insert({ id: 1 }));
 * // begin
 * // insert { id: 1 }
 * // commit
 * ```
 */
export interface Injector {
  /** The application's singleton behind `key`; what {@link Covet.resolve} does. */
  resolve<T>(key: InjectKey<T>): Promise<T>;
  /**
   * Does `work` with dependencies as a request would have them: shared within the run, generators resumed after it, with
   * the error if it failed. It is work of its own: within a request it takes no part in the transaction of that. Pass the same
   * `deps` object each time: what it needs is worked out once.
   *
   * @throws DependencyError when something in `deps` reads a request, such as `Header('x')`; what `work` or a teardown throws.
   */
  run<const D extends InjectSpec, T>(deps: D, work: (values: Resolve<D>) => T): Promise<Awaited<T>>;
}

/** The token under which every application provides its {@link Injector}. */
export const Injector: Token<Injector> = token<Injector>('Injector');

/** The one injector of a container. */
export class ContainerInjector implements Injector {
  readonly #container: Container;
  /** The container keeps every plan, so each key gets but one. */
  readonly #plans = new Map<unknown, DependencyPlan>();
  readonly #runs = new WeakMap<InjectSpec, DependencyPlan>();

  constructor(container: Container) {
    this.#container = container;
  }

  async resolve<T>(key: InjectKey<T>): Promise<T> {
    const target: { box?: { readonly value: T } } = {};
    await this.#plan(key).open([], target);
    return target.box!.value;
  }

  async run<const D extends InjectSpec, T>(deps: D, work: (values: Resolve<D>) => T): Promise<Awaited<T>> {
    const plan = this.#planOf(deps);
    const [source] = plan.sources;
    if (source !== undefined) {
      throw new DependencyError(
        'DEPENDENCY_ERROR',
        `injector.run(): the ${source.in} '${source.name}' is part of a request, and here is none; override what reads it`,
      );
    }
    if (plan.hasScope) return withWorkScope(() => runWithin(plan, work));
    return apartFromOpen(() => runWithin(plan, work));
  }

  #planOf(deps: InjectSpec): DependencyPlan {
    const known = this.#runs.get(deps);
    if (known !== undefined) return known;
    const plan = this.#container.plan(deps, 'injector.run()');
    this.#runs.set(deps, plan);
    return plan;
  }

  #plan<T>(key: InjectKey<T>): DependencyPlan {
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    // A singleton that needs the key refuses whatever a singleton may not need. Boxed, so that it is not disposed in the
    // value's stead, which others may still be using then.
    const box = Depends({ value: key }, ({ value }) => ({ value }), { scope: 'singleton', name: 'value' });
    const plan = this.#container.plan({ box }, 'app.resolve()');
    this.#plans.set(key, plan);
    return plan;
  }
}

async function runWithin<D, T>(plan: DependencyPlan, work: (values: Resolve<D>) => T): Promise<Awaited<T>> {
  const values: Record<string, unknown> = {};
  const scope = await plan.open([], values);
  if (scope === undefined) return await work(values as Resolve<D>);
  return await within(scope, () => work(values as Resolve<D>));
}

/** Both kinds of teardown follow the work at once: there is no response to leave between them. */
async function within<T>(scope: DependencyScope, work: () => T): Promise<Awaited<T>> {
  let result: Awaited<T>;
  try {
    result = await work();
    await scope.close();
  } catch (error) {
    let failure = error;
    try {
      // Does nothing when it was the close that failed.
      await scope.close(error);
    } catch (replaced) {
      failure = replaced;
    }
    await scope.closeAfter(failure);
    throw failure;
  }
  await scope.closeAfter();
  return result;
}
