/** Two JSON Schemas go in, the one that means both comes out, where it can be written down. */
import type { JsonSchema } from '../internal/json-schema.ts';

type Keywords = Exclude<JsonSchema, boolean>;

// Say nothing about how a value is written.
const silent: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
]);
const objectKeywords: ReadonlySet<string> = new Set(['type', 'properties', 'required', 'additionalProperties']);

/** `allOf: [one, other]` as one schema; undefined when neither is contained in simple terms. */
export function mergeSchemas(one: Keywords, other: JsonSchema): Keywords | undefined {
  if (other === true) return one;
  if (other === false) return undefined;
  if (speaks(one).length === 0) return { ...one, ...other };
  if (speaks(other).length === 0) return { ...other, ...one };
  const alternatives = one['anyOf'] ?? one['oneOf'];
  if (Array.isArray(alternatives) && speaks(one).length === 1) return distribute(alternatives, other);
  const others = other['anyOf'] ?? other['oneOf'];
  if (Array.isArray(others) && speaks(other).length === 1) return distribute(others, one);
  return isPlainObject(one) && isPlainObject(other) ? mergeObjects(one, other) : mergeScalars(one, other);
}

function speaks(schema: Keywords): string[] {
  return Object.keys(schema).filter((keyword) => !silent.has(keyword));
}

function distribute(alternatives: readonly unknown[], other: Keywords): Keywords | undefined {
  const merged = alternatives.map((alternative) => mergeSchemas(alternative as Keywords, other));
  return merged.includes(undefined) ? undefined : { anyOf: merged };
}

function isPlainObject(schema: Keywords): boolean {
  return (
    ('properties' in schema || schema['type'] === 'object') &&
    speaks(schema).every((keyword) => objectKeywords.has(keyword))
  );
}

function mergeObjects(one: Keywords, other: Keywords): Keywords | undefined {
  const properties: Record<string, unknown> = { ...(one['properties'] as object | undefined) };
  for (const [key, property] of Object.entries((other['properties'] ?? {}) as Record<string, unknown>)) {
    // The same field on both sides means the value must be both; only sameness is certain to be written the same.
    if (key in properties && JSON.stringify(properties[key]) !== JSON.stringify(property)) return undefined;
    properties[key] = property;
  }
  const required = [one['required'], other['required']].flatMap((list) => (Array.isArray(list) ? list : []));
  const [left, right] = [one['additionalProperties'], other['additionalProperties']];
  // Each side of an intersection declares its own fields; what neither declares is let through only if both say so.
  const isOpen = left !== undefined && left !== false && JSON.stringify(left) === JSON.stringify(right);
  return { type: 'object', properties, required: [...new Set(required)], additionalProperties: isOpen ? left : false };
}

/** `string` and a length, `number` and a bound: one side names the type, the other only narrows it. */
function mergeScalars(one: Keywords, other: Keywords): Keywords | undefined {
  const types = new Set([one['type'], other['type']].filter((type) => type !== undefined));
  if (types.size !== 1 || [...types].some((type) => type === 'object' || type === 'array' || Array.isArray(type)))
    return undefined;
  return { ...one, ...other };
}
