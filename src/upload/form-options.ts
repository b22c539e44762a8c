/** Limits of a multipart form in, the native side's out. */
import { defaultFormLimits, toFormLimits } from '../internal/form.ts';
import type { NativeFileRule, NativeFormOptions } from '../native/index.ts';
import type { FormOptions } from '../types/form-options.ts';
import type { RouteSpec } from '../types/route-spec.ts';
import type { FilesSpec, MultipartOptions } from '../types/upload.ts';
import { defaultMaxFileSize } from './file.ts';

/** The limits of a multipart form that says nothing of its own. */
const defaults: Required<MultipartOptions> = Object.freeze({
  ...defaultFormLimits,
  maxParts: 1000,
  maxFiles: 100,
  maxFileSize: defaultMaxFileSize,
  maxFieldsSize: 1024 * 1024,
});

/**
 * A file up to this size stays in memory, and so do all of a form's up to the total; those above 64 KiB while the server
 * has room for them. Without the disk, a file of 1 MiB has 2x the requests and 0.4 of the CPU; beside Fastify 3.3x and 0.17
 * in place of 1.6x and 0.41 (medians of 4 interleaved rounds on a busy machine).
 */
const memory = { memoryFile: 1024 * 1024, memoryTotal: 4 * 1024 * 1024 };

/** What is counted goes over the border as 32 bits. */
const MOST = 2 ** 32 - 1;
const counts: ReadonlySet<string> = new Set(['maxParts', 'maxFields', 'maxFiles', 'maxNameSize']);

/** The limits of a form, filled in; one that is no sensible number is refused by name. */
export function toMultipartLimits(given: MultipartOptions = {}): Required<MultipartOptions> {
  const limits: Record<string, number> = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`A multipart form has no option '${name}'`);
    const most = counts.has(name) ? MOST : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < 0 || value > most) {
      throw new RangeError(`The option '${name}' of a form is a whole number from 0 to ${most}, not ${String(value)}`);
    }
    limits[name] = value;
  }
  return withTotals(limits as unknown as Required<MultipartOptions>, given);
}

/** A limit of one kind that was raised is not to be undone by one of all together that nobody spoke of. */
function withTotals(limits: Required<MultipartOptions>, given: MultipartOptions): Required<MultipartOptions> {
  const { maxParts, maxFieldsSize, maxFields, maxFiles, maxFieldSize } = limits;
  return {
    ...limits,
    maxParts: given.maxParts ?? Math.min(Math.max(maxParts, maxFields + maxFiles), MOST),
    maxFieldsSize: given.maxFieldsSize ?? Math.max(maxFieldsSize, maxFieldSize),
  };
}

/**
 * A route's `formLimits`, if it has any.
 *
 * @throws TypeError or RangeError naming the option that is none, and why.
 */
export function toRouteLimits({ form, files, formLimits }: RouteSpec, route: string): FormOptions | undefined {
  if (formLimits === undefined) return undefined;
  if (form !== undefined || files !== undefined) return toFormLimits(formLimits);
  throw new TypeError(`${route} has 'formLimits', but neither 'form' nor 'files'`);
}

/** Every file within the limits is kept. */
export function toFormOptions(given?: MultipartOptions): NativeFormOptions {
  return { ...toMultipartLimits(given), ...memory, rules: [], keepsOtherFiles: true };
}

/** Fields alone are kept; files are passed over. */
export function toFieldOptions(given?: MultipartOptions): NativeFormOptions {
  // What is passed over is bounded by the body's limit, like any other body.
  const limits = { ...toMultipartLimits(given), maxFileSize: Number.MAX_SAFE_INTEGER };
  return { ...limits, ...memory, rules: [], keepsOtherFiles: false };
}

/** The files that a route names are kept, within their rules; others are passed over. */
export function toRouteOptions(spec: FilesSpec, formLimits?: FormOptions): NativeFormOptions {
  const rules: NativeFileRule[] = Object.entries(spec).map(([name, field]) => {
    const { maxSize, maxCount, types } = field['~rules'];
    return { name, maxSize, maxCount, types: [...types] };
  });
  const count = rules.reduce((sum, rule) => sum + rule.maxCount, 0);
  const { maxFiles, maxParts, ...others } = toFieldOptions(formLimits);
  return {
    ...others,
    // Forms may have a part for every file that was not chosen.
    maxFiles: Math.min(Math.max(maxFiles, 2 * count), MOST),
    maxParts: Math.min(Math.max(maxParts, maxParts + 2 * count), MOST),
    rules,
  };
}

/** What a body of a route needs at most: its files, its fields, and what is around them. */
export function toUploadLimit(spec: FilesSpec, formLimits?: FormOptions): number {
  const rules = Object.values(spec).map((field) => field['~rules']);
  const files = rules.reduce((sum, { maxSize, maxCount }) => sum + maxSize * maxCount, 0);
  const parts = rules.reduce((sum, { maxCount }) => sum + maxCount, 0);
  const most = files + parts * HEAD + toMultipartLimits(formLimits).maxFieldsSize + FRAME;
  return Number.isSafeInteger(most) ? most : Number.MAX_SAFE_INTEGER;
}

/** A part's head is not longer than this; a field's is mostly far shorter. */
const HEAD = 8 * 1024;
const FRAME = 64 * 1024;
