/**
 * A body in, its form out: the fields of either encoding, or the standard `FormData` with the files as well.
 * Two views of the same body, which is read once.
 */
import { defaultFormLimits, toFormLimits } from './internal/form.ts';
import type { RequestBody } from './request-body.ts';
import type { FormOptions } from './types/form-options.ts';
import type { MaybePromise } from './types/schema.ts';
import type { MultipartOptions } from './types/upload.ts';
import { toFieldOptions, toFormOptions, toMultipartLimits } from './upload/form-options.ts';
import type { StoredFile } from './upload/stored-file.ts';

type FormFields = Record<string, string | string[]>;

/** The fields; a promise where the body is still on its way. Throws as `req.form()` rejects. */
export function readFields(body: RequestBody, options?: FormOptions): MaybePromise<FormFields> {
  const limits = toFormLimits(options);
  if (!body.isMultipart) return body.form(limits);
  return body.multipart(toFieldOptions(limits)).then(({ fields }) => fields);
}

/** Fields and files. Rejects as `req.formData()` does. */
export async function readFormData(body: RequestBody, options?: MultipartOptions): Promise<FormData> {
  // What is no option is one in neither encoding.
  const limits = toMultipartLimits(options);
  const data = new FormData();
  if (!body.isMultipart) {
    const { maxFields, maxNameSize, maxFieldSize } = { ...defaultFormLimits, ...limits };
    appendFields(data, await body.form({ maxFields, maxNameSize, maxFieldSize }));
    return data;
  }
  const { fields, files } = await body.multipart(toFormOptions(limits));
  appendFields(data, fields);
  // One after the other: all of a form's at once might wait for the disk together.
  for (const file of files) data.append(file.name, await toFile(file), file.filename);
  return data;
}

function appendFields(data: FormData, fields: FormFields): void {
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : value) data.append(name, one);
  }
}

async function toFile(file: StoredFile): Promise<File> {
  return new File([await file.bytes()], file.filename, { type: file.type });
}
