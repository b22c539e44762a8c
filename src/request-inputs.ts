import type { BodyParsers } from './negotiation/body-parsers.ts';
/** A request in, the raw parts that validation reads out. */
import { PendingResponse } from './pending-response.ts';
import type { Request } from './request.ts';
import type { FormOptions } from './types/form-options.ts';
import type { CovetRequest } from './types/request.ts';
import type { MaybePromise } from './types/schema.ts';
import type { RawInputs } from './validation/raw-inputs.ts';

/** The raw parts of a request, as validation reads them. */
export class RequestInputs implements RawInputs {
  readonly #request: Request;

  readonly #parsers: BodyParsers | undefined;
  readonly #formLimits: FormOptions | undefined;
  #body: { readonly value: unknown } | undefined;

  /**
   * @param parsers Of the formats beside JSON that a body may come in, if there are any.
   * @param formLimits Of the form, where they are not those of every form.
   */
  constructor(request: Request, parsers?: BodyParsers, formLimits?: FormOptions) {
    this.#request = request;
    this.#parsers = parsers;
    this.#formLimits = formLimits;
  }

  get request(): CovetRequest {
    return this.#request.share();
  }

  get response(): PendingResponse {
    return (this.#request.pending ??= new PendingResponse(this.#request));
  }

  params(): Readonly<Record<string, unknown>> {
    return this.#request.params;
  }

  query(): Readonly<Record<string, string | readonly string[]>> {
    return this.#request.fullQuery();
  }

  headers(): Readonly<Record<string, string>> {
    return this.#request.headers;
  }

  cookies(): Readonly<Record<string, string>> {
    return this.#request.cookies;
  }

  body(): unknown {
    const { body } = this.#request;
    if (this.#parsers === undefined) return body.json();
    this.#body ??= { value: this.#parsers.read(body, this.#request.header('content-type')) };
    return this.#body.value;
  }

  form(): MaybePromise<Readonly<Record<string, string | readonly string[]>>> {
    return this.#request.parsedForm(this.#formLimits);
  }
}
