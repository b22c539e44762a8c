/** A schema library's issues go in, the field errors every client of Covet reads come out. */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { FaultPlace, FieldError } from '../error.ts';
import { toJsonPointer } from '../internal/json-pointer.ts';
import { cut, isSensitiveName, toHiddenValue, toShownValue, withoutValue } from './redact.ts';

/** Where issues come from, and what was refused. */
export interface FaultOrigin {
  readonly place: FaultPlace;
  /** The value the schema was given. */
  readonly input: unknown;
  /** What stands before the issue's own path: the header's or parameter's name of a single value. */
  readonly prefix: readonly PropertyKey[];
  /** The name on the wire of a declared name: `tenant_id` is the header `tenant-id`. */
  readonly wireName?: ((name: string) => string) | undefined;
  readonly exposeRejectedValues: boolean;
}

/** Most faults reported at once: one small body must not buy a response of megabytes. */
export const maxFaults = 100;

/** Appends the field errors of `issues` to `into`, up to {@link maxFaults}. */
export function appendFieldErrors(
  into: FieldError[],
  issues: readonly StandardSchemaV1.Issue[],
  origin: FaultOrigin,
): void {
  for (const issue of issues) {
    if (into.length >= maxFaults) return;
    into.push(toFieldError(issue, origin));
  }
}

function toFieldError(issue: StandardSchemaV1.Issue, origin: FaultOrigin): FieldError {
  const keys = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  const rejected = valueAt(origin.input, keys);
  const path = [...origin.prefix, ...keys];
  if (origin.wireName !== undefined && typeof path[0] === 'string') path[0] = origin.wireName(path[0]);
  const names = path.map((key) => (typeof key === 'symbol' ? (key.description ?? '') : String(key)));
  const isSecret = origin.place === 'cookie' || names.some(isSensitiveName);
  const fault: FieldError = {
    field: cut(names.join('.')),
    message: isSecret ? withoutValue(issue.message, rejected) : cut(issue.message),
    code: codeOf(issue),
    in: origin.place,
    pointer: cut(toJsonPointer(names)),
  };
  if (!origin.exposeRejectedValues) return fault;
  return { ...fault, rejected_value: isSecret ? toHiddenValue() : toShownValue(rejected) };
}

const codeSyntax = /^[A-Za-z0-9_.-]{1,64}$/;

/** zod and arktype name the rule in `code`, valibot in `type`; the standard itself has no such field. */
function codeOf(issue: StandardSchemaV1.Issue): string {
  const { code, type } = issue as { readonly code?: unknown; readonly type?: unknown };
  if (typeof code === 'string' && codeSyntax.test(code)) return code;
  return typeof type === 'string' && codeSyntax.test(type) ? type : 'invalid';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
