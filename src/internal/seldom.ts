/** A kind is told at most once in this many milliseconds. */
const interval = 60_000;

/** Kinds that are remembered; beyond them the oldest is forgotten, and may be told anew. */
const mostKinds = 100;

/** What comes again and again, such as the attempts to reach a store that is away, told seldom. */
export class Seldom {
  readonly #told = new Map<string, { readonly at: number; unsaid: number }>();

  /** How many of the kind were left unsaid, where this one is to be told; undefined where it is one of those. */
  ask(kind: string): number | undefined {
    const last = this.#told.get(kind);
    const now = performance.now();
    if (last !== undefined && now - last.at < interval) {
      last.unsaid += 1;
      return undefined;
    }
    this.#told.delete(kind);
    const oldest = this.#told.keys().next();
    if (this.#told.size >= mostKinds && oldest.done !== true) this.#told.delete(oldest.value);
    this.#told.set(kind, { at: now, unsaid: 0 });
    return last?.unsaid ?? 0;
  }
}
