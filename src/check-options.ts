/** The options of an application, checked where it is made, so that a slip is found before anything runs. */
import { checkNames } from './internal/known-options.ts';
import type { NamesOf } from './internal/known-options.ts';
import type { CovetOptions } from './options.ts';

const names: NamesOf<CovetOptions> = {
  logger: true,
  trailingSlash: true,
  errorFormat: true,
  mode: true,
  serializers: true,
  exposeRejectedValues: true,
  onUncaught: true,
  limits: true,
  uploadDirectory: true,
  trustProxy: true,
  compression: true,
};

const choices = {
  errorFormat: ['covet', 'problem'],
  mode: ['development', 'production'],
  onUncaught: ['log', 'exit'],
} as const satisfies { readonly [K in keyof CovetOptions]: readonly CovetOptions[K][] };

/** @throws TypeError naming the option that is none, or has a value it cannot have. */
export function checkOptions(given: CovetOptions): CovetOptions {
  checkNames(given, names, 'new Covet()');
  for (const [name, values] of Object.entries(choices)) {
    const value = given[name as keyof typeof choices];
    if (value === undefined || (values as readonly string[]).includes(value)) continue;
    const known = values.map((known) => `'${known}'`).join(' or ');
    throw new TypeError(`new Covet({ ${name} }) is ${known}, not ${JSON.stringify(value)}`);
  }
  return given;
}
