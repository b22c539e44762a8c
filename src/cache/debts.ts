/** What Redis was not told while it could not be: invalidations, put together until they are taken to be told. */
import type { Invalidation } from './invalidation.ts';

/** More than this are not remembered one by one: then everything is gone. */
const most = 10_000;

export class Debts {
  #keys = new Set<string>();
  #tags = new Set<string>();
  #isAll = false;

  get isEmpty(): boolean {
    return !this.#isAll && this.#keys.size === 0 && this.#tags.size === 0;
  }

  add({ keys = [], tags = [], all }: Invalidation): void {
    for (const key of keys) this.#keys.add(key);
    for (const tag of tags) this.#tags.add(tag);
    if (all === true || this.#keys.size + this.#tags.size > most) this.#isAll = true;
    if (!this.#isAll) return;
    this.#keys.clear();
    this.#tags.clear();
  }

  /** All of it, which is owed no more; whoever takes it adds it again where it could not be paid. */
  take(): Invalidation {
    const taken: Invalidation = this.#isAll ? { all: true } : { keys: [...this.#keys], tags: [...this.#tags] };
    this.#keys.clear();
    this.#tags.clear();
    this.#isAll = false;
    return taken;
  }
}
