/**
 * A route's `files`, and the `form` beside them. In: the rules and the form's plan. Out: a step between the dependencies and
 * the handler, which reads the multipart body and puts what fits into the context; all faults are told at once.
 */
import { ValidationError } from '../error.ts';
import type { FieldError } from '../error.ts';
import { toJsonPointer } from '../internal/json-pointer.ts';
import type { NativeFormOptions } from '../native/index.ts';
import type { FormOptions } from '../types/form-options.ts';
import type { FilesSpec } from '../types/upload.ts';
import type { InputPlan } from '../validation/inputs.ts';
import type { RawInputs } from '../validation/raw-inputs.ts';
import { toRouteOptions } from './form-options.ts';
import type { GatheredForm } from './gathered-form.ts';
import type { StoredFile } from './stored-file.ts';

/** Gathers the body of a request. */
export type Gather = (options: NativeFormOptions) => Promise<GatheredForm>;

/** Where the results go: the names a context has for them. */
export interface UploadTarget {
  files: unknown;
}

export class UploadPlan {
  readonly #spec: FilesSpec;
  readonly #options: NativeFormOptions;
  readonly #form: InputPlan | undefined;

  constructor(spec: FilesSpec, form: InputPlan | undefined, formLimits?: FormOptions) {
    this.#spec = spec;
    this.#options = toRouteOptions(spec, formLimits);
    this.#form = form;
  }

  /** Rejects with a `ValidationError` of all faults, or with what is wrong with the body. */
  async run(gather: Gather, raw: RawInputs, target: UploadTarget): Promise<void> {
    const form = await gather(this.#options);
    const faults: FieldError[] = [];
    const files = this.#sort(form, faults);
    // The form has been gathered: its fields are read from there.
    if (this.#form !== undefined) await this.#checkForm(raw, target, faults);
    if (faults.length > 0) throw new ValidationError(faults);
    target.files = files;
  }

  async #checkForm(raw: RawInputs, target: UploadTarget, faults: FieldError[]): Promise<void> {
    try {
      await this.#form!.run(raw, target as unknown as Record<string, unknown>);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      faults.unshift(...error.fieldErrors);
    }
  }

  /** The files by field; what is wrong with them goes to `faults`. */
  #sort(form: GatheredForm, faults: FieldError[]): Record<string, unknown> {
    const sorted: Record<string, unknown> = Object.create(null);
    for (const [name, field] of Object.entries(this.#spec)) {
      const { types, minCount, isList } = field['~rules'];
      const given = form.files.filter((file) => file.name === name);
      for (const [index, file] of given.entries()) {
        if (!file.isKept) faults.push(wrongType(file, types, isList ? index : undefined));
      }
      if (given.length < minCount) faults.push(tooFew(name, minCount, isList));
      sorted[name] = isList ? given : given[0];
    }
    return sorted;
  }
}

function wrongType(file: StoredFile, types: readonly string[], index: number | undefined): FieldError {
  const path = index === undefined ? [file.name] : [file.name, String(index)];
  const message = `The file must be ${types.join(' or ')}, not ${file.type}`;
  return { field: path.join('.'), message, code: 'invalid_file_type', in: 'file', pointer: toJsonPointer(path) };
}

function tooFew(name: string, minCount: number, isList: boolean): FieldError {
  const message = isList ? `At least ${minCount} files are required` : 'The file is required';
  return { field: name, message, code: isList ? 'too_few' : 'required', in: 'file', pointer: toJsonPointer([name]) };
}
