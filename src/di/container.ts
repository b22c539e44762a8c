/**
 * One application's dependencies: what stands behind each key, its singletons, and the plans of its routes.
 * Strict and slow on purpose at registration; a request meets only the plans made here.
 */
import { foldErrors } from '../internal/fold-errors.ts';
import type { Class, Dep, InjectSpec, Token } from '../types/injectable.ts';
import { Bindings } from './bindings.ts';
import type { Provider } from './bindings.ts';
import type { Cell } from './cell.ts';
import { compile } from './compile.ts';
import type { Compiled, Need } from './compile.ts';
import type { InjectKey } from './inject.ts';
import { isClass } from './is-class.ts';
import { CompiledPlan } from './plan.ts';
import type { DependencyPlan } from './plan.ts';
import { Planned } from './planned.ts';
import { SettingsError } from './settings-error.ts';
import { isSettings } from './settings.ts';
import { Singletons } from './singletons.ts';

/** Options of {@link Covet.provide}. */
export interface ProvideOptions {
  /** Replaces an earlier provider instead of refusing the second one. Default false. */
  readonly override?: boolean | undefined;
}

/**
 * Holds the dependencies of one application; nothing is shared between two containers but what the program itself
 * provides to both.
 *
 * The application asks for plans when it registers routes, calls boot() before it listens, opens a plan for each
 * request, and calls close() in the end.
 */
export class Container {
  readonly #bindings: Bindings = new Bindings();
  readonly #singletons: Singletons = new Singletons(this.#bindings);
  readonly #plans: CompiledPlan[] = [];

  constructor() {
    this.provide(Planned, () => this.#planned());
  }

  /**
   * Says what stands behind a token or class: a value, `{ factory }`, `{ class }`, or a `Depends()`.
   *
   * @throws DependencyError when the key has a provider already and `override` is not set, or when the application
   * already holds something that was made with the earlier one.
   */
  provide<T>(key: Token<T> | Class<T>, provider: Provider<T>, options: ProvideOptions = {}): void {
    const binding = this.#bindings.toBinding(key, provider);
    if (this.#bindings.has(key) && options.override !== true) throw this.#bindings.duplicate(key);
    this.#change(key, () => this.#bindings.provide(key, binding));
  }

  /**
   * Puts a value, or another `Depends()`, in the place of a dependency, token or class, wherever it is needed: for
   * tests. What it needs itself is then not asked for. Takes effect for plans made before, too.
   *
   * A singleton made with the original is made anew at its next need. What the application got from `construct()`
   * cannot be, so that is refused.
   *
   * @returns a function that takes this override back.
   */
  override<T>(key: InjectKey<T>, replacement: NoInfer<T> | Dep<NoInfer<T>>): () => void {
    const undo = this.#bindings.rememberOverride(key);
    this.#change(key, () => this.#bindings.override(key, replacement));
    return () => this.#change(key, undo);
  }

  /** Takes back the override of `key`, or all of them. */
  restore(key?: Need): void {
    for (const overridden of key === undefined ? this.#bindings.overridden() : [key]) {
      this.#change(overridden, () => this.#bindings.restore(overridden));
    }
  }

  /**
   * The container's instance of a class, constructed with inject() at its service if this is the first need.
   *
   * @throws DependencyError on cycles and missing providers, with their path; when the constructor takes parameters.
   */
  construct<T>(target: Class<T>): T {
    return this.#singletons.construct(target) as T;
  }

  /**
   * Compiles what `spec` names for `owner`, such as `'GET /users/{id}'`, which error messages begin with.
   *
   * @throws DependencyError for cycles, missing providers and dependencies that outlive what they need.
   */
  plan(spec: InjectSpec, owner: string): DependencyPlan {
    const plan = new CompiledPlan(spec, owner, this.#compile(spec, owner));
    this.#plans.push(plan);
    return plan;
  }

  /**
   * Makes what should fail before the first request rather than in it: all settings, then all classes, of everything
   * planned so far.
   *
   * @throws SettingsError with every fault of all settings; otherwise the error met, or an AggregateError of several.
   */
  async boot(): Promise<void> {
    this.#singletons.reopen();
    const cells = this.#plannedCells();
    const errors: unknown[] = [];
    for (const isWanted of [isSettings, isClass]) {
      // A constructor reaches further singletons, which this very loop then visits.
      for (const cell of cells) {
        if (isWanted(cell.key)) await open(cell, errors);
        for (const need of cell.needs) cells.add(need as Cell);
      }
    }
    const settings = errors.filter((error) => error instanceof SettingsError);
    const others = [...new Set(errors.filter((error) => !(error instanceof SettingsError)))];
    const all = settings.length > 0 ? [SettingsError.merge(settings), ...others] : others;
    if (all.length === 1) throw all[0];
    if (all.length > 1) throw foldErrors('Boot', all);
  }

  /** The singleton dependencies of everything planned so far, and those that these need. */
  #planned(): Dep<unknown>[] {
    const cells = this.#plannedCells();
    for (const cell of cells) for (const need of cell.needs) cells.add(need as Cell);
    return [...cells].map(({ key }) => key).filter((key): key is Dep<unknown> => typeof key !== 'function');
  }

  #plannedCells(): Set<Cell> {
    return new Set(this.#plans.flatMap((plan) => plan.program.singletons)) as Set<Cell>;
  }

  /**
   * Ends the life of every singleton, last created first: a generator goes on after its `yield`; any other value is
   * asked for `[Symbol.asyncDispose]()`, `[Symbol.dispose]()` or `close()`. Values that were provided ready-made belong
   * to whoever made them. Waits for creations under way. A second call gets the same promise; boot() opens again.
   *
   * @throws AggregateError of all errors met, after everything was disposed.
   */
  close(): Promise<void> {
    return this.#singletons.close();
  }

  #compile(spec: InjectSpec, owner: string): Compiled {
    return compile(spec, {
      registry: this.#singletons,
      path: { key: undefined, label: owner, scope: undefined, parent: undefined },
      isSingleton: false,
    });
  }

  /** Applies a change of what stands behind `key` to all plans, or to nothing if one of them cannot follow. */
  #change(key: Need, apply: () => void): void {
    this.#singletons.assertNotHeld(key);
    const undoBindings = this.#bindings.remember(key);
    const undoCells = this.#singletons.forget(key);
    try {
      apply();
      const programs = this.#plans.map((plan) => this.#compile(plan.spec, plan.owner));
      this.#plans.forEach((plan, index) => plan.replace(programs[index]!));
    } catch (error) {
      undoBindings();
      undoCells();
      throw error;
    }
  }
}

async function open(cell: Cell, errors: unknown[]): Promise<void> {
  try {
    const opening = cell.open();
    if (!cell.settled) await opening;
  } catch (error) {
    errors.push(error);
  }
}
