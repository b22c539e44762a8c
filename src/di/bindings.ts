/** What stands behind each key: providers, and overrides before them. */
import type { Class, Dep, Injectable, Scope, Token } from '../types/injectable.ts';
import type { MaybePromise } from '../types/schema.ts';
import { cycleError } from './compile.ts';
import type { Need, Target } from './compile.ts';
import { DependencyError } from './dependency-error.ts';
import { Depends } from './depends.ts';
import { isClass } from './is-class.ts';
import { toLabel, toLabels } from './path.ts';
import type { Path } from './path.ts';

/** Makes the value; the scope is `'singleton'` unless given. What needs something itself is written as `Depends()`. */
export interface FactoryProvider<T> {
  readonly factory: () => MaybePromise<T> | Generator<T, unknown, unknown> | AsyncGenerator<T, unknown, unknown>;
  readonly scope?: Scope | undefined;
}

/** Gives the container's instance of this class, which may be a subclass of the one asked for. */
export interface ClassProvider<T> {
  readonly class: Class<T>;
}

/**
 * What can stand behind a token or class: a ready value, `{ factory }`, `{ class }`, or another injectable.
 *
 * A plain object with nothing but `factory` (and `scope`), or nothing but `class`, is read as a provider; a value that
 * happens to look so is given as `{ factory: () => value }`.
 */
export type Provider<T> = T | FactoryProvider<T> | ClassProvider<T> | Injectable<T>;

/** A value, or another key to go on with. */
export type Binding =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'alias'; readonly to: Need };

export class Bindings {
  readonly #provided = new Map<unknown, Binding>();
  readonly #overrides = new Map<unknown, Binding>();

  has(key: unknown): boolean {
    return this.#provided.has(key);
  }

  provide(key: Need, binding: Binding): void {
    this.#provided.set(key, binding);
  }

  override(key: Need, replacement: unknown): void {
    this.#overrides.set(
      key,
      isDep(replacement) ? { kind: 'alias', to: replacement } : { kind: 'value', value: replacement },
    );
  }

  restore(key: Need): void {
    this.#overrides.delete(key);
  }

  overridden(): Need[] {
    return [...this.#overrides.keys()] as Need[];
  }

  /** Reads a provider as `provide()` documents it. */
  toBinding(key: Need, provider: unknown): Binding {
    assertKey(key);
    if (isInjectable(provider)) return { kind: 'alias', to: provider };
    if (!isPlainObject(provider)) return { kind: 'value', value: provider };
    const keys = Object.keys(provider);
    if (typeof provider['class'] === 'function' && keys.length === 1) {
      return { kind: 'alias', to: provider['class'] as Class };
    }
    if (typeof provider['factory'] === 'function' && keys.every((name) => name === 'factory' || name === 'scope')) {
      const scope = (provider['scope'] as Scope | undefined) ?? 'singleton';
      const factory = provider['factory'] as () => unknown;
      return { kind: 'alias', to: Depends(factory, { scope, name: toLabel(key, 'unnamed') }) };
    }
    return { kind: 'value', value: provider };
  }

  /** Remembers the override of `key` as it is now; the function returned brings it back. */
  rememberOverride(key: Need): () => void {
    return remember(this.#overrides, key);
  }

  /** Remembers all that stands behind `key` now. */
  remember(key: Need): () => void {
    const override = remember(this.#overrides, key);
    const provider = remember(this.#provided, key);
    return () => {
      override();
      provider();
    };
  }

  /** Follows overrides and providers to something that can be made, adding every key on the way to `keys`. */
  resolve(need: Need, path: Path, keys: Set<unknown>): Target {
    const seen = new Map<unknown, string>();
    let key = need;
    for (let binding = this.#find(key); binding !== undefined; binding = this.#find(key)) {
      keys.add(key);
      if (binding.kind === 'value') return binding;
      seen.set(key, toLabel(key, path.label));
      key = binding.to;
      if (seen.has(key)) throw cycleError([...seen.values(), toLabel(key, path.label)], path);
    }
    keys.add(key);
    if (typeof key === 'function') return toClass(key, path);
    if (key.kind === 'dep') return { kind: 'dep', dep: key as Dep<unknown> };
    if (key.kind === 'source') return { kind: 'source', source: key as Extract<Target, { kind: 'source' }>['source'] };
    throw missing(key as Token<unknown>, path);
  }

  /** The error for a second provider. */
  duplicate(key: Need): DependencyError {
    return new DependencyError(
      'DEPENDENCY_ERROR',
      `${toLabel(key, 'unnamed')} is provided already; pass { override: true } if this one shall replace it`,
    );
  }

  #find(key: unknown): Binding | undefined {
    return this.#overrides.get(key) ?? this.#provided.get(key);
  }
}

function remember(map: Map<unknown, Binding>, key: unknown): () => void {
  const binding = map.get(key);
  return () => {
    if (binding === undefined) map.delete(key);
    else map.set(key, binding);
  };
}

function toClass(target: Class, path: Path): Target {
  const labels = toLabels(path);
  if (!isClass(target)) {
    throw new DependencyError(
      'DEPENDENCY_ERROR',
      `${labels.join(' -> ')} is a plain function; wrap it in Depends() to make it a dependency`,
      { path: labels },
    );
  }
  if (target.length > 0) {
    throw new DependencyError(
      'DEPENDENCY_ERROR',
      `${labels.join(' -> ')}: the constructor takes ${target.length} parameter${target.length > 1 ? 's' : ''}, and no ` +
        'types are left at run time to fill them by. Use inject() in field initialisers, or provide the class with ' +
        'a { factory }',
      { path: labels },
    );
  }
  return { kind: 'class', target };
}

function missing(token: Token<unknown>, path: Path): DependencyError {
  const labels = toLabels(path);
  return new DependencyError(
    'MISSING_PROVIDER',
    `No provider for '${token.description}': ${labels.join(' -> ')}. Call provide() with that token before the ` +
      'application starts',
    { path: labels },
  );
}

function assertKey(key: unknown): asserts key is Token<unknown> | Class {
  if (typeof key === 'function' || (isInjectable(key) && key.kind === 'token')) return;
  throw new DependencyError('DEPENDENCY_ERROR', 'provide() takes a token or a class as its key');
}

function isInjectable(value: unknown): value is Injectable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { kind } = value as { kind?: unknown };
  if (kind === 'dep') return isDep(value);
  if (kind === 'source') return 'in' in value && Object.isFrozen(value);
  return kind === 'token' && 'description' in value && Object.isFrozen(value);
}

/** A domain object may well have a field `kind`; only a dependency also has a factory, needs and a scope. */
function isDep(value: unknown): value is Dep<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, factory, needs, scope } = value as Partial<Record<keyof Dep<unknown>, unknown>>;
  return kind === 'dep' && typeof factory === 'function' && typeof needs === 'object' && typeof scope === 'string';
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
