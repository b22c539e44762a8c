import type { RouteSpec } from '../types/route-spec.ts';

/**
 * The status of a plain return: the spec's own, else the lowest success status of its response map, else 200.
 * `Returns` in `types/context.ts` picks the schema of a plain return by the same rule.
 */
export function defaultStatus(spec: RouteSpec): number {
  if (spec.status !== undefined) return spec.status;
  const { response } = spec;
  if (response === undefined || '~standard' in response) return 200;
  const successes = Object.keys(response)
    .map(Number)
    .filter((status) => status >= 200 && status <= 206);
  return successes.length === 0 ? 200 : Math.min(...successes);
}
