/** Singletons for whoever stands outside of every request: a program's main file, hooks, scripts. */
import type { Container } from './container.ts';
import { Depends } from './depends.ts';
import type { InjectKey } from './inject.ts';
import type { DependencyPlan } from './plan.ts';

export class Resolver {
  readonly #container: Container;
  /** The container keeps every plan, so each key gets but one. */
  readonly #plans = new Map<unknown, DependencyPlan>();

  constructor(container: Container) {
    this.#container = container;
  }

  async resolve<T>(key: InjectKey<T>): Promise<T> {
    const target: { box?: { readonly value: T } } = {};
    await this.#plan(key).open([], target);
    return target.box!.value;
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
