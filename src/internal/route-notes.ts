/**
 * Which contract stands on which method. Decorators write here, `routesOf` reads.
 *
 * No `Symbol.metadata`: no runtime ships it. The standard form notes on the instance, from an initializer: that needs no
 * class reference and outlives decorators that replace the method. The legacy form notes on the prototype.
 */
import type { Contract } from '../types/route.ts';
import { routeName } from './route-name.ts';

/** A contract on a method. `value` is the function that was decorated, absent in the legacy form, which knows `level`. */
interface Note {
  readonly route: Contract;
  readonly name: PropertyKey;
  readonly value?: unknown;
  readonly level?: object;
}

const notes = new WeakMap<object, Note[]>();

function note(owner: object, entry: Note): void {
  const known = notes.get(owner);
  if (known === undefined) notes.set(owner, [entry]);
  else known.push(entry);
}

function misplaced(route: Contract, what: string): TypeError {
  return new TypeError(
    `${routeName(route)} decorates ${what}; a route goes on a public instance method, or on a field as: name = on(Route, handler)`,
  );
}

/** Applies a contract as a decorator, in the standard form `(value, context)` or the legacy `(prototype, key, descriptor)`. */
export function noteDecorated(route: Contract, target: unknown, place: unknown, descriptor: unknown): void {
  if (typeof place === 'object' && place !== null && 'kind' in place)
    noteStandard(route, target, place as DecoratorContext);
  else if (typeof place === 'string' || typeof place === 'symbol') noteLegacy(route, target, place, descriptor);
  else throw misplaced(route, typeof target === 'function' ? `the class or function '${target.name}'` : 'no method');
}

function noteStandard(route: Contract, value: unknown, context: DecoratorContext): void {
  const { kind, name } = context;
  if (kind !== 'method') throw misplaced(route, `the ${kind} '${String(name)}'`);
  if (context.static) throw misplaced(route, `the static method '${String(name)}'`);
  if (context.private) throw misplaced(route, `the private method '${String(name)}'`);
  context.addInitializer(function (this: unknown) {
    note(this as object, { route, name, value });
  });
}

function noteLegacy(route: Contract, target: unknown, name: string | symbol, descriptor: unknown): void {
  if (typeof target === 'function') throw misplaced(route, `the static member '${String(name)}'`);
  const value = (descriptor as PropertyDescriptor | undefined)?.value as unknown;
  if (typeof value !== 'function') throw misplaced(route, `the field or accessor '${String(name)}'`);
  note(target as object, { route, name, level: target as object });
}

/** The prototypes of an instance, base first, without `Object.prototype`. */
function levelsOf(instance: object): object[] {
  const levels: object[] = [];
  for (let level = Object.getPrototypeOf(instance); level !== null && level !== Object.prototype;) {
    levels.unshift(level as object);
    level = Object.getPrototypeOf(level);
  }
  return levels;
}

/** The contracts that stand on each method of an instance, in the order they were written, overridden ones left out. */
export function notedRoutes(instance: object): Map<PropertyKey, Contract[]> {
  const levels = levelsOf(instance);
  const all = [...levels.flatMap((level) => notes.get(level) ?? []), ...(notes.get(instance) ?? [])];
  const byName = new Map<PropertyKey, Note[]>();
  for (const entry of all) {
    const same = byName.get(entry.name);
    if (same === undefined) byName.set(entry.name, [entry]);
    else same.push(entry);
  }
  const standing = new Map<PropertyKey, Contract[]>();
  for (const [name, entries] of byName) {
    standing.set(
      name,
      highest(
        entries,
        levels.filter((level) => Object.hasOwn(level, name)),
        instance,
      ).map(routeOf),
    );
  }
  return standing;
}

const routeOf = (entry: Note): Contract => entry.route;

/**
 * A subclass that decorates a method anew replaces what its base put there. The standard form does not say which class a
 * note came from, so it is found by the function that was decorated: it is the `owners` member of that name, unless another
 * decorator replaced it later. Only the newest note may be left unplaced; an older one could be meant either way.
 */
function highest(entries: readonly Note[], owners: readonly object[], instance: object): readonly Note[] {
  const first = entries[0];
  const alike = entries.every((entry) => entry.value === first?.value && entry.level === first?.level);
  if (alike || owners.length < 2) return entries;
  const newest = entries.at(-1);
  const ranks = entries.map((entry) => {
    if (entry.level !== undefined) return owners.indexOf(entry.level);
    const rank = owners.findIndex(
      (owner) => Reflect.getOwnPropertyDescriptor(owner, entry.name)?.value === entry.value,
    );
    if (rank >= 0) return rank;
    if (entry.value === newest?.value && newest?.level === undefined) return owners.length;
    throw new TypeError(
      `cannot tell whether '${String(entry.name)}' of ${instance.constructor.name} keeps ${routeName(entry.route)}: another ` +
        'decorator replaces the method after it; write the route decorator above the others',
    );
  });
  const top = Math.max(...ranks);
  return entries.filter((_entry, index) => ranks[index] === top);
}
