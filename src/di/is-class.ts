/**
 * Whether `value` was written with `class`. Its source text is the only thing that tells: a class and a
 * function have the same type, and built-in constructors such as `Map` read as functions.
 */
export function isClass(value: unknown): value is abstract new (...args: never) => unknown {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
