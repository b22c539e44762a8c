/** A path of keys goes in, its RFC 6901 JSON Pointer comes out. */
export function toJsonPointer(path: readonly PropertyKey[]): string {
  let pointer = '';
  for (const key of path) pointer += '/' + String(key).replaceAll('~', '~0').replaceAll('/', '~1');
  return pointer;
}
