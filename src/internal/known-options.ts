/**
 * Options a caller named that are none. Types say so in an editor; in JavaScript, or where options were spread together, a
 * slip such as `respons` would switch off what it was to switch on, without a word.
 */

/** The names of an interface's options, all of them: one left out does not compile. */
export type NamesOf<T> = { readonly [K in keyof Required<T>]: true };

/**
 * @param subject How the error names whose options these are: `new Covet()`.
 * @throws TypeError for what is no object, or naming the option that is none and those there are.
 */
export function checkNames(given: object, names: Readonly<Record<string, true>>, subject: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`${subject} takes an object of options, not ${JSON.stringify(given) ?? typeof given}`);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (unknown === undefined) return;
  throw new TypeError(`${subject} has no option '${unknown}': there are ${Object.keys(names).join(', ')}`);
}
