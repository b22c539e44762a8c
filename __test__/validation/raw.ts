import type { RawInputs } from '../../src/validation/raw-inputs.ts';

/** Raw inputs of a request in which everything not given is empty; reading what must not be read throws. */
export function rawInputs(
  parts: Partial<Record<Exclude<keyof RawInputs, 'request' | 'response'>, unknown>>,
  request?: unknown,
): RawInputs {
  const noProto = (values: unknown): never => Object.assign(Object.create(null), values) as never;
  return {
    params: () => noProto(parts.params),
    query: () => noProto(parts.query),
    headers: () => noProto(parts.headers),
    cookies: () => noProto(parts.cookies),
    body: () => parts.body,
    form: () => noProto(parts.form),
    request,
    response: undefined,
  };
}
