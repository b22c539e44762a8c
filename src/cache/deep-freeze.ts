/**
 * Freezes data and everything in it. A Date, a Map or a Set keeps what it holds where freezing does not reach, so its
 * methods that change it are taken away.
 */
export function deepFreeze<T>(value: T): T {
  // Bytes cannot be frozen: a view of memory has no fields of its own.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const [key, item] of value.entries()) {
      deepFreeze(key);
      deepFreeze(item);
    }
  }
  const methods = changing.find(([type]) => value instanceof type)?.[1] ?? [];
  for (const method of methods) Object.defineProperty(value, method, { value: refuse });
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}

const setters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));
const changing: readonly (readonly [new (...args: any[]) => object, readonly string[]])[] = [
  [Date, setters],
  [Map, ['set', 'delete', 'clear']],
  [Set, ['add', 'delete', 'clear']],
];

function refuse(): never {
  throw new TypeError('A value of this cache is shared by all and cannot be changed: make a copy');
}
