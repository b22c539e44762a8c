/**
 * A comma-separated list of names, with those of `more` that it does not have yet. `*` stands for all and alone.
 *
 * @example
 * ```ts
 * import { addToList } from './token-list.ts';
 *
 * console.log(addToList('Accept, Origin', 'origin, Cookie')); // Accept, Origin, Cookie
 * ```
 */
export function addToList(list: string | undefined, more: string): string {
  const names = new Map<string, string>();
  for (const part of `${list ?? ''},${more}`.split(',')) {
    const name = part.trim();
    if (name === '*') return '*';
    if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()].join(', ');
}
