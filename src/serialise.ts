/**
 * A response's schema goes in, the function that turns a handler's value into JSON text comes out.
 * What the schema does not declare is never sent: compiled once at registration from the schema's own JSON Schema,
 * by composing closures.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import { CovetError } from './error.ts';
import { changesValues, toJsonSchema } from './internal/json-schema.ts';
import type { JsonSchema } from './internal/json-schema.ts';
import { toScalarText } from './internal/scalar-text.ts';
import { compileNode, UnsupportedSchema } from './serialise/compile.ts';
import { locate, SerialiseFault } from './serialise/node.ts';
import type { Node } from './serialise/node.ts';
import { anyNode } from './serialise/scalar.ts';
import { toText } from './serialise/scratch.ts';
import type { MaybePromise, Schema } from './types/schema.ts';

/** Turns a value into JSON text; a promise only when the schema itself answers with one. */
export type Serialise = (value: unknown) => MaybePromise<string>;

/**
 * Compiles the serialiser of one schema.
 *
 * Only declared fields are written, at every level. `undefined` fields are left out, `default`s filled in, `toJSON`
 * (`Date`, `URL`, documents) honoured and its result checked again, bigints written as digits.
 *
 * A schema that changes values (transforms, codecs, coercion) validates first and its output is written. A schema whose
 * library cannot describe it as JSON Schema validates first too, and what it gives is written as it is.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { compileSerialiser } from './serialise.ts';
 *
 * const toJson = compileSerialiser(z.object({ id: z.int(), name: z.string() }));
 * console.log(toJson({ id: 1, name: 'Ada', password_hash: '$argon2id$...' })); // {"id":1,"name":"Ada"}
 * ```
 *
 * The function throws `SerialiseFault` naming the place for a missing field, another type than the declared one, NaN and
 * infinities, circles.
 */
export function compileSerialiser(schema: Schema): Serialise {
  const output = toJsonSchema(schema, 'output');
  const node = output === undefined ? undefined : tryCompile(output);
  if (output !== undefined && node !== undefined && !changesValues(schema, output))
    return (value) => write(node, value);
  return (value) => {
    const result = schema['~standard'].validate(value);
    return result instanceof Promise
      ? result.then((settled) => write(node ?? anyNode, outputOf(settled)))
      : write(node ?? anyNode, outputOf(result));
  };
}

/** Options of {@link compileResponse}. */
export interface ResponseOptions {
  /** How errors name the route: `GET /users/{id}`. */
  readonly route: string;
  /** `'development'` also validates every value before it is written; the text is the same in both. */
  readonly mode: 'development' | 'production';
}

/** The serialisers of one route, by status. */
export interface ResponsePlan {
  /** The serialiser of a status; undefined when the route's map has no schema for it. */
  for(status: number): Serialise | undefined;
}

/**
 * Compiles what a route answers with: one schema for every status, or one a status.
 *
 * @returns undefined when the route declares nothing.
 * @throws CovetError 500 `RESPONSE_VALIDATION_ERROR`, from the serialisers, naming route and field; never a value.
 */
export function compileResponse(
  response: Schema | Readonly<Record<number, Schema>> | undefined,
  options: ResponseOptions,
): ResponsePlan | undefined {
  if (response === undefined) return undefined;
  if (isSchema(response)) {
    const serialise = compileChecked(response, options);
    return { for: () => serialise };
  }
  const byStatus = new Map<number, Serialise>();
  for (const [status, schema] of Object.entries(response))
    byStatus.set(Number(status), compileChecked(schema, options));
  return { for: (status) => byStatus.get(status) };
}

function isSchema(response: Schema | Readonly<Record<number, Schema>>): response is Schema {
  return '~standard' in response;
}

/** A serialiser whose refusals are errors of the route, after a check in development. */
function compileChecked(schema: Schema, { route, mode }: ResponseOptions): Serialise {
  const serialise = compileSerialiser(schema);
  const toError = (fault: unknown): unknown =>
    fault instanceof SerialiseFault ? toResponseError(route, fault) : fault;
  const settle: Serialise = (value) => {
    try {
      const json = serialise(value);
      return typeof json === 'string' ? json : json.catch((fault: unknown) => Promise.reject(toError(fault)));
    } catch (fault) {
      throw toError(fault);
    }
  };
  if (mode === 'production') return settle;
  const check = (result: StandardSchemaV1.Result<unknown>): void => {
    if (result.issues !== undefined) throw toResponseError(route, toFault(result.issues));
  };
  return (value) => {
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) return result.then(check).then(() => settle(value));
    check(result);
    return settle(value);
  };
}

function toResponseError(route: string, fault: SerialiseFault): CovetError {
  return new CovetError(`${route} returned a body its response schema does not allow: ${fault.message}`, {
    code: 'RESPONSE_VALIDATION_ERROR',
    cause: fault,
  });
}

function write(node: Node, value: unknown): string {
  try {
    return toText(node.write, value);
  } catch (error) {
    if (error instanceof SerialiseFault) throw located(node, value, error);
    // The stack or memory ran out: a circle, endless nesting, half a gigabyte. No place in it is the last.
    if (error instanceof RangeError) throw new SerialiseFault('too deep, circular or too large', [], error);
    throw error;
  }
}

function located(node: Node, value: unknown, fault: SerialiseFault): SerialiseFault {
  let found = fault;
  toText(() => {
    found = locate(node, value, fault);
    return 0;
  }, value);
  return found;
}

function outputOf(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues !== undefined) throw toFault(result.issues);
  return result.value;
}

/** Most places named at once. */
const maxNamed = 5;

/** Places and codes only: a library's message may quote the value. */
function toFault(issues: readonly StandardSchemaV1.Issue[]): SerialiseFault {
  const places = issues.slice(0, maxNamed).map((issue) => {
    const path = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
    const { code, type } = issue as { readonly code?: unknown; readonly type?: unknown };
    return `${path.join('.') || 'the body'} (${toScalarText(code ?? type ?? 'invalid') ?? 'invalid'})`;
  });
  return new SerialiseFault(
    places.join(', ') + (issues.length > maxNamed ? ` and ${issues.length - maxNamed} more` : ''),
  );
}

function tryCompile(schema: JsonSchema): Node | undefined {
  try {
    return compileNode(schema);
  } catch (error) {
    if (error instanceof UnsupportedSchema || error instanceof SerialiseFault) return undefined;
    throw error;
  }
}
