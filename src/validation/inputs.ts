/**
 * A route's schemas go in, one plan comes out that reads, coerces and checks every input of a request in one pass.
 * All faults of all places become one `ValidationError`. Nothing asynchronous is made while every schema answers at once.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import { ValidationError } from '../error.ts';
import type { FaultPlace, FieldError } from '../error.ts';
import type { Source } from '../types/injectable.ts';
import type { MaybePromise, Schema } from '../types/schema.ts';
import { appendFieldErrors } from './field-errors.ts';
import { readPlace, readSource } from './input-readers.ts';
import type { InputName, InputSchemas, RawInputs } from './raw-inputs.ts';

/** Options of {@link compileInputs}. */
export interface InputOptions {
  /**
   * Adds `rejected_value` to each field error. Default false. Values under names such as `password`, `token` or `card`
   * and all cookies stay hidden, others are cut at 200 characters.
   */
  readonly exposeRejectedValues?: boolean | undefined;
}

/** What runs before a handler: the compiled inputs of one route. */
export interface InputPlan {
  /**
   * Reads and checks everything, then assigns the validated values onto `target`.
   *
   * @returns the values of the sources, in their order; a promise only when a schema or the body gave one.
   * @throws ValidationError 422 with the faults of all places. What `raw` throws comes through unchanged.
   */
  run(raw: RawInputs, target: Record<string, unknown>): MaybePromise<readonly unknown[]>;
}

/** One value to read and, where there is a schema, to check. */
interface Input {
  readonly place: FaultPlace;
  readonly read: (raw: RawInputs) => unknown;
  readonly schema: Schema | undefined;
  readonly prefix: readonly string[];
  readonly wireName: ((name: string) => string) | undefined;
}

type Result = StandardSchemaV1.Result<unknown>;

/** What one input's schema had to say against it. */
interface Failure {
  readonly index: number;
  readonly issues: readonly StandardSchemaV1.Issue[];
}

/** A check that has not answered yet. */
interface Pending {
  readonly index: number;
  readonly result: PromiseLike<Result>;
}

const placeOf: Readonly<Record<InputName, FaultPlace>> = {
  params: 'path',
  query: 'query',
  headers: 'header',
  cookies: 'cookie',
  body: 'body',
  form: 'form',
};
const names = Object.keys(placeOf) as InputName[];
const noValues: readonly unknown[] = Object.freeze([]);

/**
 * Compiles the inputs of one route: which places are read, how they are coerced, what is checked.
 *
 * @returns undefined when the route takes nothing that needs a look.
 * @throws TypeError where a form and a JSON body are asked for: a request has one body.
 */
export function compileInputs(
  schemas: InputSchemas,
  sources: readonly Source<unknown>[] = [],
  options: InputOptions = {},
): InputPlan | undefined {
  const taken = names.filter((name) => schemas[name] !== undefined);
  if (taken.length === 0 && sources.length === 0) return undefined;
  if (schemas.form !== undefined && sources.some((source) => source.in === 'body')) {
    throw new TypeError("A route with 'form' has a dependency that reads a JSON body: a request has one body");
  }
  const inputs: Input[] = [
    ...taken.map((name) => {
      const schema = schemas[name]!;
      return { place: placeOf[name], schema, prefix: [], ...readPlace(name, schema) };
    }),
    ...sources.map((source) => readSource(source)),
  ];
  return new CompiledInputs(inputs, taken, options.exposeRejectedValues === true);
}

class CompiledInputs implements InputPlan {
  readonly #inputs: readonly Input[];
  /** The first inputs are the route's own, under these names; the others are sources. */
  readonly #names: readonly InputName[];
  readonly #bodyAt: readonly number[];
  readonly #exposeRejectedValues: boolean;

  constructor(inputs: readonly Input[], taken: readonly InputName[], exposeRejectedValues: boolean) {
    this.#inputs = inputs;
    this.#names = taken;
    this.#bodyAt = inputs.flatMap((input, index) => (input.place === 'body' || input.place === 'form' ? [index] : []));
    this.#exposeRejectedValues = exposeRejectedValues;
  }

  run(raw: RawInputs, target: Record<string, unknown>): MaybePromise<readonly unknown[]> {
    const inputs = this.#inputs;
    // Everything is read before anything is checked: reading may throw, and must not leave a check unawaited.
    const values: unknown[] = [];
    for (let index = 0; index < inputs.length; index++) values.push(inputs[index]!.read(raw));
    for (const index of this.#bodyAt) {
      if (isPromise(values[index])) return this.#awaitBody(values, target);
    }
    return this.#check(values, target);
  }

  async #awaitBody(values: unknown[], target: Record<string, unknown>): Promise<readonly unknown[]> {
    for (const index of this.#bodyAt) values[index] = await values[index];
    return this.#check(values, target);
  }

  #check(values: unknown[], target: Record<string, unknown>): MaybePromise<readonly unknown[]> {
    const inputs = this.#inputs;
    let failures: Failure[] | undefined;
    let pending: Pending[] | undefined;
    for (let index = 0; index < inputs.length; index++) {
      const { schema } = inputs[index]!;
      if (schema === undefined) continue;
      let result: Result | PromiseLike<Result>;
      try {
        result = schema['~standard'].validate(values[index]);
      } catch (error) {
        // This request already fails with `error`; a rejection of a check still under way adds nothing to it,
        // but unheard it would end the process.
        for (const other of pending ?? []) other.result.then(undefined, () => undefined);
        throw error;
      }
      if (isPromise<Result>(result)) (pending ??= []).push({ index, result });
      else if (result.issues === undefined) values[index] = result.value;
      else (failures ??= []).push({ index, issues: result.issues });
    }
    if (pending === undefined) return this.#finish(values, target, failures);
    return this.#await(pending, values, target, failures);
  }

  async #await(
    pending: readonly Pending[],
    values: unknown[],
    target: Record<string, unknown>,
    failures: Failure[] = [],
  ): Promise<readonly unknown[]> {
    const results = await Promise.all(pending.map(({ result }) => result));
    for (const [order, result] of results.entries()) {
      const { index } = pending[order]!;
      if (result.issues === undefined) values[index] = result.value;
      else failures.push({ index, issues: result.issues });
    }
    // In the order of the inputs, not in that of the answers.
    const inOrder = failures.toSorted((one, other) => one.index - other.index);
    return this.#finish(values, target, inOrder.length === 0 ? undefined : inOrder);
  }

  #finish(values: unknown[], target: Record<string, unknown>, failures: Failure[] | undefined): readonly unknown[] {
    if (failures !== undefined) throw this.#toError(values, failures);
    const taken = this.#names;
    for (let index = 0; index < taken.length; index++) target[taken[index]!] = values[index];
    return values.length === taken.length ? noValues : taken.length === 0 ? values : values.slice(taken.length);
  }

  #toError(values: readonly unknown[], failures: readonly Failure[]): ValidationError {
    const faults: FieldError[] = [];
    const exposeRejectedValues = this.#exposeRejectedValues;
    for (const { index, issues } of failures) {
      const { place, prefix, wireName } = this.#inputs[index]!;
      appendFieldErrors(faults, issues, { place, prefix, wireName, input: values[index], exposeRejectedValues });
    }
    return new ValidationError(faults);
  }
}

function isPromise<T>(value: unknown): value is PromiseLike<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
