/** Turns a graph of dependencies into steps, once, and refuses graphs that cannot work. */
import type { Class, Dep, Injectable, InjectSpec, Source } from '../types/injectable.ts';
import { DependencyError } from './dependency-error.ts';
import { toCycle, toLabel, toLabels } from './path.ts';
import type { Path } from './path.ts';
import type { Program } from './program.ts';
import type { Singleton, Step, Wiring } from './step.ts';

/** What can stand in `deps:` or in the needs of a dependency. */
export type Need = Injectable<unknown> | Class;

/** What a need comes down to, after overrides and providers. */
export type Target =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'source'; readonly source: Source<unknown> }
  | { readonly kind: 'dep'; readonly dep: Dep<unknown> }
  | { readonly kind: 'class'; readonly target: Class };

/** What the compiler asks of the container. */
export interface Registry {
  /** Follows overrides and providers; adds every key on the way to `keys`. */
  resolve(need: Need, path: Path, keys: Set<unknown>): Target;
  /** The one cell of a singleton or class, compiled and checked. */
  singleton(target: Dep<unknown> | Class, path: Path): Singleton;
}

/** A program, and what it was made from. */
export interface Compiled extends Program {
  /** Every key on the way, singletons' own needs excepted. A change of what stands behind one outdates this. */
  readonly keys: ReadonlySet<unknown>;
  readonly singletons: readonly Singleton[];
}

/** Who asks. */
export interface CompileOptions {
  readonly registry: Registry;
  /** The asking route or singleton. */
  readonly path: Path;
  /** A singleton asks: nothing of a request may be reached. */
  readonly isSingleton: boolean;
}

/**
 * Compiles what `spec` names.
 *
 * @throws DependencyError for cycles, missing providers and dependencies that outlive what they need.
 */
export function compile(spec: InjectSpec, options: CompileOptions): Compiled {
  const compiler = new Compiler(options);
  const wanted = compiler.wire(spec, options.path);
  return compiler.finish(wanted);
}

/** Compiles the making of one dependency that lives longer than a request; `path` ends with it. */
export function compileSingleton(dep: Dep<unknown>, options: Omit<CompileOptions, 'isSingleton'>): Compiled {
  const compiler = new Compiler({ ...options, isSingleton: true });
  return compiler.finish({ names: ['value'], steps: [compiler.make(dep, options.path)] });
}

class Compiler {
  readonly #registry: Registry;
  readonly #isSingleton: boolean;
  readonly #steps: Step[] = [];
  readonly #sources: Source<unknown>[] = [];
  readonly #keys = new Set<unknown>();
  readonly #singletons = new Set<Singleton>();
  /** The step of everything that is shared within a request, by what it is. */
  readonly #shared = new Map<unknown, number>();
  /** For each step, the generator it holds that is torn down before the response leaves. */
  readonly #holds: (string | undefined)[] = [];

  constructor(options: CompileOptions) {
    this.#registry = options.registry;
    this.#isSingleton = options.isSingleton;
  }

  wire(spec: InjectSpec, path: Path): Wiring {
    // In declaration order, one after another: the order of side effects is then what the reader sees.
    const names = Object.keys(spec);
    return { names, steps: names.map((name) => this.#visit(spec[name], name, path)) };
  }

  finish(wanted: Wiring): Compiled {
    return {
      steps: this.#steps,
      sources: this.#sources,
      wanted,
      keys: this.#keys,
      singletons: [...this.#singletons],
    };
  }

  #visit(need: unknown, name: string, parent: Path): number {
    assertNeed(need, name, parent);
    const label = toLabel(need, name);
    const path: Path = { key: need, label, scope: undefined, parent };
    const target = this.#registry.resolve(need, path, this.#keys);
    switch (target.kind) {
      case 'value':
        return this.#push({ kind: 'value', value: target.value });
      case 'source':
        return this.#visitSource(target.source, { ...path, scope: 'request' });
      case 'class':
        return this.#visitSingleton(target.target, { ...path, key: target.target, scope: 'singleton' });
      case 'dep': {
        const { dep } = target;
        // A token's description says more than the unnamed factory behind it.
        const own: Path = { key: dep, label: dep === need ? label : dep.name || label, scope: dep.scope, parent };
        return dep.scope === 'singleton' ? this.#visitSingleton(dep, own) : this.#visitFactory(dep, own);
      }
    }
  }

  #visitSource(source: Source<unknown>, path: Path): number {
    if (this.#isSingleton) throw captive(path);
    // Two `Header('x-tenant')` are one question to the request, and should be one fault if it is not answered.
    let index = this.#sources.findIndex(
      (other) => other.in === source.in && other.name === source.name && other.schema === source.schema,
    );
    if (index < 0) index = this.#sources.push(source) - 1;
    const key = this.#sources[index];
    return this.#shared.get(key) ?? this.#share(key, this.#push({ kind: 'source', index }));
  }

  #visitSingleton(target: Dep<unknown> | Class, path: Path): number {
    assertNoCycle(target, path);
    const singleton = this.#registry.singleton(target, path);
    this.#singletons.add(singleton);
    return this.#shared.get(singleton) ?? this.#share(singleton, this.#push({ kind: 'singleton', singleton }));
  }

  #visitFactory(dep: Dep<unknown>, path: Path): number {
    assertNoCycle(dep, path);
    if (this.#isSingleton && dep.scope === 'request') throw captive(path);
    const isShared = dep.scope === 'request' && dep.useCache;
    const known = isShared ? this.#shared.get(dep) : undefined;
    if (known !== undefined) return known;
    const step = this.make(dep, path);
    return isShared ? this.#share(dep, step) : step;
  }

  /** The step that runs the factory, after the steps of its needs. */
  make(dep: Dep<unknown>, path: Path): number {
    const needs = this.wire(dep.needs, path);
    const holds = this.#assertTeardownOrder(dep, needs, path);
    const { factory, teardown } = dep;
    return this.#push({ kind: 'factory', factory, needs, teardown, label: toLabels(path).join(' -> ') }, holds);
  }

  /** What lives on after the response must not use what is closed before it. Returns what `dep` holds on to. */
  #assertTeardownOrder(dep: Dep<unknown>, needs: Wiring, path: Path): string | undefined {
    const isGenerator = isGeneratorFunction(dep.factory);
    const held = needs.steps.map((step) => this.#holds[step]).find((label) => label !== undefined);
    if (held !== undefined && isGenerator && dep.teardown === 'after') {
      throw new DependencyError(
        'CAPTIVE_DEPENDENCY',
        `${path.label} is torn down after the response, but what it needs is closed before: ` +
          `${toLabels(path).join(' -> ')} (after) needs ${held} (before). Give both the same teardown`,
        { path: toLabels(path) },
      );
    }
    return isGenerator && dep.teardown === 'before' ? path.label : held;
  }

  #push(step: Step, holds?: string): number {
    this.#holds.push(holds);
    return this.#steps.push(step) - 1;
  }

  #share(key: unknown, step: number): number {
    this.#shared.set(key, step);
    return step;
  }
}

/** @throws DependencyError when `need` is nothing the container knows how to get. */
export function assertNeed(need: unknown, name: string, path: Path): asserts need is Need {
  // A plain function reaches the container as what it looks like; only resolve() knows whether it was provided.
  if (typeof need === 'function') return;
  const kind = (need as { kind?: unknown } | null | undefined)?.kind;
  if (kind === 'dep' || kind === 'source' || kind === 'token') return;
  const labels = [...toLabels(path), name];
  const hint =
    need === undefined
      ? 'is undefined; modules that import each other see this when one runs before the other'
      : 'is nothing that can be injected: give a Depends(), a source such as Header(), a token or a class';
  throw new DependencyError('DEPENDENCY_ERROR', `${labels.join(' -> ')} ${hint}`, { path: labels });
}

function assertNoCycle(key: unknown, path: Path): void {
  const cycle = path.parent && toCycle(path.parent, key);
  if (cycle) throw cycleError(cycle, path);
}

/** The error for a cycle, whose labels begin and end with the same. */
export function cycleError(cycle: readonly string[], path: Path): DependencyError {
  return new DependencyError(
    'DEPENDENCY_CYCLE',
    `Dependencies need each other in a circle: ${cycle.join(' -> ')} (asked for by ${toLabels(path)[0]})`,
    { path: cycle },
  );
}

/** The error for a singleton that needs something of a request. */
export function captive(path: Path): DependencyError {
  return new DependencyError(
    'CAPTIVE_DEPENDENCY',
    `A singleton would keep a value of one request for all others: ${toLabels(path, { scopes: true }).join(' -> ')}. ` +
      'Give the singleton a shorter scope, or hand the value over as an argument',
    { path: toLabels(path) },
  );
}

function isGeneratorFunction(factory: (...args: never) => unknown): boolean {
  const tag = Object.prototype.toString.call(factory);
  return tag === '[object GeneratorFunction]' || tag === '[object AsyncGeneratorFunction]';
}
