/** Dependencies that will add a pool when they are opened, and by what name. */
import type { Dep } from '../types/injectable.ts';

const names = new WeakMap<Dep<unknown>, string>();

/** Says under which name `dependency` adds its pool. Returns the dependency. */
export function announce<T>(dependency: Dep<T>, name: string): Dep<T> {
  names.set(dependency, name);
  return dependency;
}

/** The name under which it adds its pool; undefined when it has none. */
export function announcedName(dependency: Dep<unknown>): string | undefined {
  return names.get(dependency);
}
