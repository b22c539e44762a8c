/**
 * The bytes of a form body in, its fields out: `application/x-www-form-urlencoded`.
 */
import { HttpError } from '../error.ts';
import type { FormOptions } from '../types/form-options.ts';
import { isUtf8, parseMediaType } from './media-type.ts';
import { parseUrlencoded } from './urlencoded.ts';
import { decodeUtf8 } from './utf8.ts';

/** The limits of a form that says nothing of its own. */
export const defaultFormLimits: Required<FormOptions> = Object.freeze({
  maxFields: 1000,
  maxNameSize: 1024,
  maxFieldSize: 1024 * 1024,
});

/** Fills in defaults; a limit that is no whole number is refused by name. */
export function toFormLimits(given: FormOptions = {}): Required<FormOptions> {
  const limits: Record<string, number> = { ...defaultFormLimits };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaultFormLimits, name)) throw new TypeError(`A form has no option '${name}'`);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`The option '${name}' of a form is a whole number of at least 0, not ${String(value)}`);
    }
    limits[name] = value;
  }
  return limits as unknown as Required<FormOptions>;
}

/** Whether a content type is that of a urlencoded form, in UTF-8 or its subset. */
export function isUrlencoded(contentType: string | undefined): boolean {
  if (contentType === 'application/x-www-form-urlencoded') return true;
  const mediaType = contentType === undefined ? undefined : parseMediaType(contentType);
  return mediaType?.essence === 'application/x-www-form-urlencoded' && isUtf8(mediaType);
}

/** @throws HttpError 415 for the content type of anything but a urlencoded form. */
export function requireForm(contentType: string | undefined): void {
  if (isUrlencoded(contentType)) return;
  throw new HttpError(
    415,
    'The body must be a form, with Content-Type: application/x-www-form-urlencoded or multipart/form-data',
  );
}

/**
 * The fields of a urlencoded body: a value each, or all values of a repeated name. An empty body has none.
 *
 * @throws HttpError 400 for what does not decode, 413 past a limit.
 */
export function parseForm(
  body: Uint8Array,
  limits: Required<FormOptions> = defaultFormLimits,
): Record<string, string | string[]> {
  return parseUrlencoded(decode(body), { name: 'form', field: 'field', status: 413, ...limits });
}

function decode(body: Uint8Array): string {
  try {
    return decodeUtf8(body);
  } catch (cause) {
    throw new HttpError(400, 'The form is not valid UTF-8', { cause });
  }
}
