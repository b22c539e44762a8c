/** What `inject` and `fetch` are given, checked: a slip in a test must not send another request than it names. */
import { checkNames } from '../internal/known-options.ts';
import type { NamesOf } from '../internal/known-options.ts';
import type { ContractInjectOptions } from '../types/contract-inject.ts';
import type { InjectOptions } from '../types/in-process.ts';

const names: NamesOf<InjectOptions> = {
  url: true,
  method: true,
  query: true,
  headers: true,
  cookies: true,
  body: true,
  payload: true,
  remoteAddress: true,
  signal: true,
};

const { url: _, payload: __, ...inputs } = names;
const contractNames: NamesOf<ContractInjectOptions> & Readonly<Record<string, true>> = {
  ...inputs,
  params: true,
  form: true,
  prefix: true,
};

const FIELDS = ['query', 'headers', 'cookies', 'params', 'form'] as const;
const TEXTS = ['method', 'remoteAddress', 'prefix'] as const;

/** @throws TypeError naming the option that is none, or what it must be. */
export function checkInject(given: InjectOptions): void {
  checkNames(given, names, 'inject()');
  if (given.body !== undefined && given.payload !== undefined) {
    throw new TypeError("inject() takes 'body' or 'payload', not both");
  }
  checkValues({ ...given }, 'inject()');
}

/** @throws as {@link checkInject}, of the inputs of a contract. */
export function checkContractInputs(given: object): void {
  checkNames(given, contractNames, 'inject() of a contract');
  checkValues({ ...given }, 'inject() of a contract');
}

/** @throws as {@link checkInject}, of the options of `app.fetch`. */
export function checkFetchOptions(given: { readonly remoteAddress?: string }): void {
  checkNames(given, { remoteAddress: true }, 'app.fetch()');
  checkValues({ ...given }, 'app.fetch()');
}

function checkValues(given: Readonly<Record<string, unknown>>, subject: string): void {
  const refuse = (name: string, what: string): never => {
    throw new TypeError(
      `${subject} takes ${what} as '${name}', not ${JSON.stringify(given[name]) ?? typeof given[name]}`,
    );
  };
  for (const name of TEXTS) {
    if (given[name] !== undefined && typeof given[name] !== 'string') refuse(name, 'a text');
  }
  for (const name of FIELDS) {
    if (given[name] !== undefined && !isFields(given[name])) refuse(name, 'an object of names and values');
  }
  const { signal } = given;
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('signal', 'an AbortSignal');
}

/** Whether its own names are its fields: those of a text, a list or a `Headers` are not. */
function isFields(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return !(Symbol.iterator in value);
}
