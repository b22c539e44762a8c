/** Everything that lives as long as the application: classes and singleton dependencies, from first need to close. */
import { foldErrors } from '../internal/fold-errors.ts';
import { apartFromOpen } from '../internal/work-scope.ts';
import type { Class, Dep } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Bindings } from './bindings.ts';
import { Cell } from './cell.ts';
import type { Created } from './cell.ts';
import { assertNeed, captive, compileSingleton, cycleError } from './compile.ts';
import type { Need, Registry, Target } from './compile.ts';
import { DependencyError } from './dependency-error.ts';
import { dispose } from './dispose.ts';
import { withInjector } from './inject.ts';
import { toCycle, toLabel, toLabels } from './path.ts';
import type { Path } from './path.ts';
import { runProgram } from './program.ts';
import type { Program } from './program.ts';
import type { DependencyScope, GeneratorScope } from './scope.ts';
import type { Singleton } from './step.ts';

export class Singletons implements Registry {
  readonly #bindings: Bindings;
  readonly #cells = new Map<unknown, Cell>();
  readonly #created: { readonly cell: Cell | undefined; readonly created: Created }[] = [];
  /** The keys that somebody outside has got the value of. */
  readonly #held = new Set<unknown>();
  /** The way down to what is being constructed right now; construction is synchronous. */
  #constructing: Path | undefined;
  readonly #pending = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
  }

  resolve(need: Need, path: Path, keys: Set<unknown>): Target {
    return this.#bindings.resolve(need, path, keys);
  }

  singleton(target: Dep<unknown> | Class, path: Path): Cell {
    const known = this.#cells.get(target);
    if (known !== undefined) return known;
    const cell = typeof target === 'function' ? this.#classCell(target, path) : this.#depCell(target, path);
    this.#cells.set(target, cell);
    return cell;
  }

  /** The instance of a class for somebody outside, who will hold on to it. */
  construct(target: Class): unknown {
    const path: Path = { key: target, label: toLabel(target, 'class'), scope: 'singleton', parent: this.#constructing };
    const keys = new Set<unknown>();
    const found = this.#bindings.resolve(target, path, keys);
    if (found.kind === 'value') return this.#hold(keys, found.value);
    if (found.kind === 'source' || (found.kind === 'dep' && found.dep.scope !== 'singleton')) throw captive(path);
    const cell = this.singleton(found.kind === 'dep' ? found.dep : found.target, path);
    const value = this.#openNow(cell, path);
    cell.isHeld = true;
    return this.#hold(keys, value);
  }

  #hold(keys: ReadonlySet<unknown>, value: unknown): unknown {
    for (const key of keys) this.#held.add(key);
    return value;
  }

  /** @throws DependencyError when somebody outside holds something made with what stands behind `key` now. */
  assertNotHeld(key: unknown): void {
    const label = toLabel(key as Need, 'dependency');
    const holder = [...this.#affected(key)].find((cell) => cell.isHeld && cell.settled && cell.key !== key);
    if (holder === undefined && !this.#held.has(key)) return;
    const reason = holder === undefined ? '' : ` and keeps its ${label}`;
    const name = holder === undefined ? label : toLabel(holder.key, 'class');
    throw new DependencyError(
      'DEPENDENCY_ERROR',
      `${name} was constructed already${reason}; override or provide ${label} before ${name} is constructed`,
    );
  }

  /** Forgets singletons made with what stands behind `key`; they are still disposed. Returns how to undo that. */
  forget(key: unknown): () => void {
    const before = new Map(this.#cells);
    for (const cell of this.#affected(key)) if (cell.key !== key) this.#cells.delete(cell.key);
    return () => {
      this.#cells.clear();
      for (const [known, cell] of before) this.#cells.set(known, cell);
    };
  }

  /** Lets singletons be created again after a close. */
  reopen(): void {
    this.#closing = undefined;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    // What is being created is awaited first, or its connection would outlive the application.
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    const errors: unknown[] = [];
    const disposed = new Set<unknown>();
    for (let last = this.#created.pop(); last !== undefined; last = this.#created.pop()) {
      errors.push(...(await dispose(last.created, disposed)));
      last.cell?.reset();
    }
    if (errors.length > 0) throw foldErrors('Closing', errors);
  }

  /** All cells whose value was, or will be, made with what stands behind `key`, and the cell of `key` itself. */
  #affected(key: unknown): Set<Cell> {
    const affected = new Set<Singleton>();
    for (let size = -1; size !== affected.size;) {
      size = affected.size;
      for (const cell of this.#cells.values()) {
        if (cell.key === key || cell.keys.has(key) || [...cell.needs].some((need) => affected.has(need))) {
          affected.add(cell);
        }
      }
    }
    return affected as Set<Cell>;
  }

  #depCell(dep: Dep<unknown>, path: Path): Cell {
    const program = compileSingleton(dep, { registry: this, path });
    const cell = this.#createCell(dep, path, () => runDep(program));
    for (const key of program.keys) cell.keys.add(key);
    for (const need of program.singletons) cell.needs.add(need);
    return cell;
  }

  #classCell(target: Class, path: Path): Cell {
    return this.#createCell(target, path, (cell) => {
      const scopes: DependencyScope[] = [];
      const injector = { resolve: (key: Need) => this.#inject(cell, key, scopes) };
      try {
        const value: unknown = withInjector(injector, () => new (target as new () => unknown)());
        return { value, scopes, isSelfClosing: false };
      } catch (error) {
        // Only synchronous ones get into a constructor, so nothing is left running here.
        for (const scope of scopes.reverse()) void scope.close(error);
        throw error;
      }
    });
  }

  #createCell(key: Dep<unknown> | Class, path: Path, make: (cell: Cell) => MaybePromise<Created>): Cell {
    return new Cell({
      key,
      path,
      create: (cell) => this.#track(apartFromOpen(() => this.#within(cell, () => make(cell)))),
      onCycle: (cell) => {
        const way = this.#constructing ?? cell.path;
        throw cycleError(toCycle(way, cell.key) ?? [cell.path.label, cell.path.label], way);
      },
      onCreated: (cell, created) => this.#created.push({ cell, created }),
    });
  }

  /** Notes the way down while `make` runs, for cycles that only constructors show. */
  #within<T>(cell: Cell, make: () => T): T {
    if (this.#closing !== undefined) {
      const labels = toLabels(cell.path);
      throw new DependencyError(
        'DEPENDENCY_ERROR',
        `The application is closed, too late to create ${labels.join(' -> ')}`,
        {
          path: labels,
        },
      );
    }
    const outer = this.#constructing;
    this.#constructing = outer === undefined ? cell.path : { ...cell.path, parent: outer };
    try {
      return make();
    } finally {
      this.#constructing = outer;
    }
  }

  /** Remembers what is being created, so that close() can wait for it. */
  #track<T>(making: MaybePromise<T>): MaybePromise<T> {
    if (!(making instanceof Promise)) return making;
    const settled: Promise<unknown> = making.then(
      () => this.#pending.delete(settled),
      () => this.#pending.delete(settled),
    );
    this.#pending.add(settled);
    return making;
  }

  /** Answers an inject() in the class of `holder`. */
  #inject(holder: Cell, key: Need, scopes: DependencyScope[]): unknown {
    const parent = this.#constructing ?? holder.path;
    assertNeed(key, 'inject()', parent);
    const path: Path = { key, label: toLabel(key, 'inject()'), scope: undefined, parent };
    const target = this.#bindings.resolve(key, path, holder.keys);
    if (target.kind === 'value') return target.value;
    if (target.kind === 'source') throw captive({ ...path, scope: 'request' });
    const made = target.kind === 'class' ? target.target : target.dep;
    const own: Path = { ...path, key: made, scope: target.kind === 'dep' ? target.dep.scope : 'singleton' };
    if (target.kind === 'dep' && target.dep.scope === 'request') throw captive(own);
    if (target.kind === 'dep' && target.dep.scope === 'transient')
      return this.#injectTransient(target.dep, own, scopes);
    const cell = this.singleton(made, own);
    holder.needs.add(cell);
    return this.#openNow(cell, own);
  }

  #injectTransient(dep: Dep<unknown>, path: Path, scopes: DependencyScope[]): unknown {
    if (isAsync(dep)) throw tooLate(path);
    const made = runDep(compileSingleton(dep, { registry: this, path }));
    if (made instanceof Promise) {
      // Nobody gets this value, but what it opened is closed with the application.
      const kept = made.then((created) => void this.#created.push({ cell: undefined, created }));
      void this.#track(kept.catch(shownAtNextNeed));
      throw tooLate(path);
    }
    scopes.push(...made.scopes);
    return made.value;
  }

  #openNow(cell: Cell, path: Path): unknown {
    if (!cell.settled && typeof cell.key !== 'function' && isAsync(cell.key)) throw tooLate(path);
    const opening = cell.open();
    if (cell.settled) return cell.value;
    (opening as Promise<unknown>).catch(shownAtNextNeed);
    throw tooLate(path);
  }
}

/** A creation nobody waits for: its failure is not kept, so whoever needs the value next meets it. */
function shownAtNextNeed(): void {}

function runDep(program: Program): MaybePromise<Created> {
  const target: { value?: unknown } = {};
  const opening = withInjector(undefined, () => runProgram(program, [], target));
  const toCreated = (scope: GeneratorScope | undefined): Created => ({
    value: target.value,
    scopes: scope === undefined ? [] : [scope],
    isSelfClosing: scope !== undefined && scope.last === program.steps.at(-1),
  });
  return opening instanceof Promise ? opening.then(toCreated) : toCreated(opening);
}

/** Whether the factory says so itself; other factories show it only when they run. */
function isAsync(dep: Dep<unknown>): boolean {
  return Object.prototype.toString.call(dep.factory).startsWith('[object Async');
}

function tooLate(path: Path): DependencyError {
  const labels = toLabels(path);
  return new DependencyError(
    'DEPENDENCY_ERROR',
    `${labels.join(' -> ')} is created asynchronously, and a constructor cannot wait. Take it in the route's \`deps\`, ` +
      'or give the class something synchronous that awaits it in its methods',
    { path: labels },
  );
}
