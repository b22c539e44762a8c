/** A contract and its inputs in, the request to inject out. */
import type { ContractInjectOptions } from '../types/contract-inject.ts';
import type { InjectOptions } from '../types/in-process.ts';
import type { Contract } from '../types/route.ts';
import { toSearch } from './field-text.ts';

/** A contract's inputs, whatever their types. */
export interface ContractInputs extends ContractInjectOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly cookies?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, unknown>>;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function isContract(given: unknown): given is Contract {
  return typeof given === 'function' && 'methods' in given && 'path' in given && 'spec' in given;
}

export function fromContract(contract: Contract, inputs: ContractInputs = {}): InjectOptions {
  const { params, form, body, prefix = '', ...others } = inputs;
  const method = inputs.method ?? contract.methods[0]!;
  const name = `${method} ${contract.path}`;
  if (!contract.methods.includes(method as never)) {
    throw new TypeError(`inject() of ${contract.path}: the contract has no method ${method}`);
  }
  if (form !== undefined && body !== undefined) throw new TypeError(`inject() of ${name}: 'form' or 'body', not both`);
  const options = { ...others, method, url: prefix + fillPath(contract.path, params ?? {}, name) };
  if (form !== undefined) return { ...options, body: new URLSearchParams(toSearch(form, 'form')) };
  if (body === undefined || contract.spec.body === undefined) return { ...options, body };
  return { ...options, body: toJson(body), headers: { 'content-type': 'application/json', ...inputs.headers } };
}

/** What the contract checks is JSON, also where it is a text. */
function toJson(body: unknown): unknown {
  return typeof body === 'string' ? JSON.stringify(body) : body;
}

/** The path with the parameters in their places, percent-encoded. */
function fillPath(template: string, params: Readonly<Record<string, unknown>>, name: string): string {
  const used = new Set<string>();
  const path = template.replaceAll(/\{([^{}]+)\}|(?<=\/):([^/]+)/g, (_, braced?: string, plain?: string) => {
    const isRest = braced?.startsWith('*') ?? false;
    const [key = '', converter] = (braced?.slice(isRest ? 1 : 0) ?? plain!).split(':');
    used.add(key);
    return toPathText(params[key], { key, converter, isRest, name });
  });
  for (const key of Object.keys(params)) {
    if (!used.has(key)) throw new TypeError(`inject() of ${name}: the path has no parameter '${key}'`);
  }
  return path;
}

interface Place {
  readonly key: string;
  readonly converter: string | undefined;
  readonly isRest: boolean;
  readonly name: string;
}

function toPathText(value: unknown, { key, converter, isRest, name }: Place): string {
  const fail = (what: string): never => {
    throw new TypeError(`inject() of ${name}: the parameter '${key}' ${what}`);
  };
  if (value === undefined) return fail('is missing');
  if (converter === 'int' && !Number.isSafeInteger(value)) return fail('is a whole number');
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') {
    return fail('is a text or a number');
  }
  const text = String(value);
  if (converter === 'uuid' && !UUID.test(text)) return fail('is a UUID');
  if (!isRest && text === '') return fail('cannot be empty');
  const segments = isRest ? text.split('/') : [text];
  // RFC 3986, 6.2.2.3: they are steps in a path, also when they are percent-encoded.
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return fail("cannot have '.' or '..' as a segment");
  if (/\p{Surrogate}/u.test(text)) return fail('is no well-formed text');
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}
