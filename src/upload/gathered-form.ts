/** A multipart form, gathered. In: its native object. Out: its fields and its files by name. */
import { HttpError } from '../error.ts';
import { Fields } from '../internal/fields.ts';
import type { NativeForm, NativeFormFault } from '../native/index.ts';
import type { FilesByName } from '../types/upload.ts';
import { StoredFile } from './stored-file.ts';

export class GatheredForm {
  /** A value each, all values of a repeated name in order. */
  readonly fields: Record<string, string | string[]>;
  /** In the order they came. */
  readonly files: readonly StoredFile[];

  /** Throws the form's fault where there is no form. */
  constructor(native: NativeForm) {
    const fault = native.takeFault();
    if (fault !== null) throw toFormError(fault);
    this.fields = toFields(native.takeFields());
    this.files = native.takeFiles().map((file) => new StoredFile(file));
  }

  filesByName(): FilesByName {
    const byName = new Fields<StoredFile[]>();
    for (const file of this.files) (byName[file.name] ??= []).push(file);
    return byName;
  }

  /** Lets all files go. */
  release(): void {
    for (const file of this.files) file.release();
  }
}

/** What is wrong with a form, as the error a client gets. */
export function toFormError({ status, code, message, field }: NativeFormFault): HttpError {
  return new HttpError(status, message, { code, details: field === undefined ? {} : { field } });
}

function toFields(pairs: readonly string[]): Record<string, string | string[]> {
  const fields = new Fields<string | string[]>();
  for (let index = 0; index < pairs.length; index += 2) {
    const name = pairs[index]!;
    const value = pairs[index + 1]!;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}
