/** What a request does, one step after another, to get its dependencies: the compiled form of a dependency graph. */

/** A value shared by all requests, created at first need. */
export interface Singleton {
  /** Whether `value` is there; the hot path reads nothing else. */
  readonly settled: boolean;
  readonly value: unknown;
  /** The value, or a promise of it while `settled` stays false. Throws when creation fails at once. */
  open(): unknown;
}

/** Takes a validated part of the request. */
export interface SourceStep {
  readonly kind: 'source';
  readonly index: number;
}

/** Gives a value that is already there: provided, or an override. */
export interface ValueStep {
  readonly kind: 'value';
  readonly value: unknown;
}

/** Gives a singleton, creating it if this is its first need. */
export interface SingletonStep {
  readonly kind: 'singleton';
  readonly singleton: Singleton;
}

/** Runs a factory on the results of earlier steps. */
export interface FactoryStep {
  readonly kind: 'factory';
  readonly factory: (needs: never) => unknown;
  readonly needs: Wiring;
  readonly teardown: 'before' | 'after';
  /** Path from the route, for errors. */
  readonly label: string;
}

export type Step = SourceStep | ValueStep | SingletonStep | FactoryStep;

/** Which step's result goes under which name. */
export interface Wiring {
  readonly names: readonly string[];
  /** Indices of steps; as long as `names`. */
  readonly steps: readonly number[];
}
