/**
 * A Standard Schema goes in, the JSON Schema (draft 2020-12) of its input or output side comes out, or nothing.
 * Coercion reads the input side, the serialiser and the documentation the output side.
 */
import { createRequire } from 'node:module';

import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/** A JSON Schema as data. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Marks a node whose value differs from what was put in: transforms, codecs, coercion. */
const kChanges = 'x-covet-changes';

/** What the schema takes, or what it gives. */
export type Side = 'input' | 'output';

/**
 * The JSON Schema of one side of `schema`; undefined when its library cannot tell.
 *
 * zod and arktype carry the converter; valibot needs its companion `@valibot/to-json-schema` to be installed.
 */
export function toJsonSchema(schema: StandardSchemaV1, side: Side): JsonSchema | undefined {
  const { vendor } = schema['~standard'];
  const converter = converterOf(schema);
  if (converter === undefined) return undefined;
  const libraryOptions = vendor === 'zod' ? zodOptions(side) : vendor === 'valibot' ? valibotOptions(side) : undefined;
  try {
    return converter[side]({ target: 'draft-2020-12', libraryOptions });
  } catch {
    // The specification lets a converter throw for what JSON Schema cannot say; that is an answer, not a failure.
    return undefined;
  }
}

/** Resolves a local reference (`#`, `#/$defs/x`) within `root`; undefined when it points nowhere. */
export function resolveRef(root: JsonSchema, ref: string): JsonSchema | undefined {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let node: unknown = root;
  for (const token of ref.slice(2).split('/')) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = (node as Record<string, unknown>)[decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return isJsonSchema(node) ? node : undefined;
}

/** Whether `value` can be a JSON Schema. */
export function isJsonSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/**
 * Whether what `schema` gives may differ from what it took, so that only its validation can tell the output.
 * zod's schemas say so themselves; of other libraries' it shows where the two sides are described apart.
 */
export function changesValues(schema: StandardSchemaV1, output: JsonSchema): boolean {
  if (schema['~standard'].vendor === 'zod') return isMarked(output);
  const input = toJsonSchema(schema, 'input');
  return input === undefined || comparable(input) !== comparable(output);
}

function isMarked(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return kChanges in schema || Object.values(schema).some(isMarked);
}

// What goes in may lack defaults and carry more; what is left must be the same.
const oneSided: ReadonlySet<string> = new Set(['required', 'default', '$schema']);

function comparable(schema: JsonSchema): string {
  return JSON.stringify(schema, (keyword, value: unknown) =>
    oneSided.has(keyword) || (keyword === 'additionalProperties' && value === false) ? undefined : value,
  );
}

function converterOf(schema: StandardSchemaV1): StandardJSONSchemaV1.Converter | undefined {
  const standard = schema['~standard'] as StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>;
  return standard.jsonSchema ?? (standard.vendor === 'valibot' ? valibotConverter(schema) : undefined);
}

type ToStandardJsonSchema = (schema: StandardSchemaV1) => StandardJSONSchemaV1;
let toStandardJsonSchema: ToStandardJsonSchema | null | undefined;

function valibotConverter(schema: StandardSchemaV1): StandardJSONSchemaV1.Converter | undefined {
  if (toStandardJsonSchema === undefined) {
    try {
      // An optional peer, wanted synchronously at registration: routes compile before anything can be awaited.
      const companion: unknown = createRequire(import.meta.url)('@valibot/to-json-schema');
      toStandardJsonSchema = (companion as { toStandardJsonSchema: ToStandardJsonSchema }).toStandardJsonSchema;
    } catch {
      toStandardJsonSchema = null;
    }
  }
  return toStandardJsonSchema?.(schema)['~standard'].jsonSchema;
}

/** The part of zod's definitions read here; https://zod.dev/packages/core. */
interface ZodNode {
  readonly _zod: {
    readonly def: {
      readonly type: string;
      readonly coerce?: boolean;
      readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
    };
  };
}

const changingTypes: ReadonlySet<string> = new Set(['pipe', 'transform', 'catch', 'prefault', 'success']);

/** One field JSON Schema cannot express must not cost its neighbours their coercion or their fast serialiser. */
function zodOptions(side: Side): Record<string, unknown> {
  return {
    unrepresentable: ({ zodSchema }: { zodSchema: ZodNode }) => {
      const { type } = zodSchema._zod.def;
      if (side === 'input') return {};
      if (type === 'date') return { type: 'string', format: 'date-time' };
      if (type === 'bigint') return { type: 'integer' };
      return { [kChanges]: true };
    },
    override: ({ zodSchema, jsonSchema }: { zodSchema: ZodNode; jsonSchema: Record<string, unknown> }) => {
      const { type, coerce, checks } = zodSchema._zod.def;
      const changes =
        coerce === true || changingTypes.has(type) || checks?.some((each) => each._zod.def.check === 'overwrite');
      if (side === 'output' && changes) jsonSchema[kChanges] = true;
    },
  };
}

/** Output keeps valibot's default, to throw: ignoring a transform would describe the wrong type. */
function valibotOptions(side: Side): Record<string, unknown> | undefined {
  return side === 'input' ? { errorMode: 'ignore' } : undefined;
}
