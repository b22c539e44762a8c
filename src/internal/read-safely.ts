/** Reads a property of a stranger: what has none, or throws when asked (a getter, a Proxy's trap), reads as undefined. */
export function readSafely(from: unknown, key: PropertyKey): unknown {
  if ((typeof from !== 'object' && typeof from !== 'function') || from === null) return undefined;
  try {
    return Reflect.get(from, key);
  } catch {
    return undefined;
  }
}
