/** The one place of a singleton: empty, being filled, or filled. */
import type { Class, Dep } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Path } from './path.ts';
import type { DependencyScope } from './scope.ts';
import type { Singleton } from './step.ts';

/** A singleton's value, and what has to be done with it in the end. */
export interface Created {
  readonly value: unknown;
  /** Generators opened for it: its own, and those of transient needs. */
  readonly scopes: readonly DependencyScope[];
  /** Its own generator tears it down; otherwise the value is disposed by its own method, if it has one. */
  readonly isSelfClosing: boolean;
}

/** What a cell is made of. */
export interface CellOptions {
  readonly key: Dep<unknown> | Class;
  /** How it was first reached. */
  readonly path: Path;
  /** Makes the value; a promise if that takes time. Called again after a failure. */
  readonly create: (cell: Cell) => MaybePromise<Created>;
  /** Called when the cell is needed while its own creation runs. Throws. */
  readonly onCycle: (cell: Cell) => never;
  /** Called once for every value made. */
  readonly onCreated: (cell: Cell, created: Created) => void;
}

export class Cell implements Singleton {
  readonly key: Dep<unknown> | Class;
  readonly path: Path;
  /** Keys that were asked for to make the value. */
  readonly keys: Set<unknown> = new Set();
  /** Singletons that were asked for to make the value. */
  readonly needs: Set<Singleton> = new Set();
  settled: boolean = false;
  value: unknown = undefined;
  /** Somebody outside the container holds the value: an application its controllers. */
  isHeld: boolean = false;
  readonly #options: CellOptions;
  #opening: Promise<unknown> | undefined;
  #isCreating = false;

  constructor(options: CellOptions) {
    this.#options = options;
    this.key = options.key;
    this.path = options.path;
  }

  open(): unknown {
    if (this.settled) return this.value;
    if (this.#opening !== undefined) return this.#opening;
    if (this.#isCreating) this.#options.onCycle(this);
    this.#isCreating = true;
    let created: MaybePromise<Created>;
    try {
      created = this.#options.create(this);
    } finally {
      this.#isCreating = false;
    }
    if (!(created instanceof Promise)) return this.#settle(created);
    this.#opening = created.then(
      (late) => this.#settle(late),
      (error: unknown) => {
        // Not kept: a database that was down at the first request may be up at the next.
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Empties the cell, so that the next need fills it anew. */
  reset(): void {
    this.settled = false;
    this.value = undefined;
    this.#opening = undefined;
  }

  #settle(created: Created): unknown {
    this.value = created.value;
    this.settled = true;
    this.#opening = undefined;
    this.#options.onCreated(this, created);
    return created.value;
  }
}
