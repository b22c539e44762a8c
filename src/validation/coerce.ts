/**
 * Text from a URL, a header, a cookie or the environment goes in; the numbers, booleans and lists its schema declares
 * come out. What the schema does not clearly ask for stays the text it was, so that the schema itself can refuse it.
 */
import { Fields } from '../internal/fields.ts';
import { isJsonSchema, resolveRef, toJsonSchema } from '../internal/json-schema.ts';
import type { JsonSchema } from '../internal/json-schema.ts';
import type { Schema } from '../types/schema.ts';

/** Turns one raw value into what its schema declares, or gives it back untouched. Never throws. */
export type Coercer = (value: unknown) => unknown;

/** What a schema says of the named values of one place. */
export interface FieldCoercion {
  /** The declared names, in the schema's order. */
  readonly names: readonly string[];
  /** Coercers by name, of those names that need one. */
  readonly coercers: ReadonlyMap<string, Coercer>;
  /** For names not declared, where the schema is a record. */
  readonly rest: Coercer | undefined;
  /** Whether the schema takes names it does not declare. */
  readonly open: boolean;
}

/** A scalar reading of a text: the value, or MISS. */
type Reading = (text: string) => unknown;

interface Alternatives {
  /** In the schema's order. Text with a format or a pattern is none of them: it comes last, as what is left. */
  readonly readings: Reading[];
  /** Whether any reading gives something else than text. */
  converts: boolean;
  /** Whether text is taken, beyond the members of an enum. */
  text: boolean;
  numeric: boolean;
  list: { readonly items: Coercer | undefined; readonly prefix: readonly (Coercer | undefined)[] } | undefined;
}

const MISS: unique symbol = Symbol('miss');
const keep: Reading = (text) => text;

// The grammar of JSON numbers: no '', ' 5', '0x10', '1_000', '+1', '.5', 'Infinity'.
const integerSyntax = /^-?(?:0|[1-9][0-9]*)$/;
const numberSyntax = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * The coercer of one value; undefined when its schema asks for nothing but text, or says nothing.
 *
 * - `integer`: decimal digits within the safe range; `number`: a JSON number that is finite. Else untouched.
 * - `boolean`: `true`, `false`, `1`, `0`.
 * - `array`: one value becomes a list of one; items are coerced each.
 * - `null`: the text `null`, where plain text is not taken as well.
 * - `enum`, `const`: the member whose text it is. Unions: the alternatives in order, constrained text last.
 * - objects: never.
 */
export function compileCoercer(schema: JsonSchema, root: JsonSchema = schema): Coercer | undefined {
  const found: Alternatives = { readings: [], converts: false, text: false, numeric: false, list: undefined };
  collect(schema, root, found, new Set());
  const { list } = found;
  if (!found.converts && list === undefined) {
    // `{id:int}` gives a number; a schema that says text wants the digits.
    return found.text && !found.numeric ? (value) => (typeof value === 'number' ? String(value) : value) : undefined;
  }
  const readText = toTextReader(found.readings);
  if (list === undefined) return (value) => (typeof value === 'string' ? orKeep(readText(value), value) : value);
  const toItem = (item: unknown, index: number): unknown => {
    const coercer = index < list.prefix.length ? list.prefix[index] : list.items;
    return coercer === undefined ? item : coercer(item);
  };
  return (value) => {
    if (Array.isArray(value)) return value.map(toItem);
    if (typeof value !== 'string') return value;
    const scalar = readText(value);
    if (scalar !== MISS) return scalar;
    return found.text ? value : [toItem(value, 0)];
  };
}

/** The coercion of an object schema's fields; undefined when the schema tells of no fields. */
export function compileFieldCoercion(schema: Schema): FieldCoercion | undefined {
  const root = toJsonSchema(schema, 'input');
  if (root === undefined) return undefined;
  const properties = new Map<string, JsonSchema[]>();
  const additional: JsonSchema[] = [];
  collectProperties(root, root, { properties, additional, seen: new Set() });
  if (properties.size === 0 && additional.length === 0) return undefined;
  const coercers = new Map<string, Coercer>();
  for (const [name, schemas] of properties) {
    const coercer = compileCoercer(schemas.length === 1 ? schemas[0]! : { anyOf: schemas }, root);
    if (coercer !== undefined) coercers.set(name, coercer);
  }
  const rest = additional.length === 0 ? undefined : compileCoercer({ anyOf: additional }, root);
  return { names: [...properties.keys()], coercers, rest, open: additional.length > 0 };
}

/**
 * Coerces a record of texts by its schema, leaving the record itself alone.
 *
 * @example
 * ```ts
 * import { z } from 'zod';
 * import { coerceFields, compileFieldCoercion } from './coerce.ts';
 *
 * const coercion = compileFieldCoercion(z.object({ PORT: z.int() }));
 * console.log(coerceFields(coercion, { PORT: '3000' })['PORT']); // 3000
 * ```
 */
export function coerceFields(
  coercion: FieldCoercion | undefined,
  raw: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = new Fields<unknown>();
  if (coercion === undefined) return Object.assign(fields, raw);
  const { coercers, rest } = coercion;
  const mayRest = rest !== undefined;
  for (const name of Object.keys(raw)) {
    let coercer = coercers.get(name);
    if (coercer === undefined && mayRest && !coercion.names.includes(name)) coercer = rest;
    fields[name] = coercer === undefined ? raw[name] : coercer(raw[name]);
  }
  return fields;
}

function orKeep(read: unknown, text: string): unknown {
  return read === MISS ? text : read;
}

function toTextReader(readings: readonly Reading[]): Reading {
  const [only] = readings;
  if (readings.length === 1) return only!;
  return (text) => {
    for (const reading of readings) {
      const value = reading(text);
      if (value !== MISS) return value;
    }
    return MISS;
  };
}

function readInteger(text: string): unknown {
  if (text.length > 17 || !integerSyntax.test(text)) return MISS;
  const value = Number(text);
  // Beyond the safe range the number would not be the one that was sent.
  return Number.isSafeInteger(value) ? value + 0 : MISS;
}

function readNumber(text: string): unknown {
  if (!numberSyntax.test(text)) return MISS;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : MISS;
}

function readBoolean(text: string): unknown {
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : MISS;
}

function readNull(text: string): unknown {
  return text === 'null' ? null : MISS;
}

function readMember(member: unknown): Reading {
  switch (typeof member) {
    case 'number':
      return (text) => (readNumber(text) === member ? member : MISS);
    case 'boolean':
      return (text) => (readBoolean(text) === member ? member : MISS);
    case 'string':
      return (text) => (text === member ? text : MISS);
    default:
      return member === null ? readNull : () => MISS;
  }
}

/** Adds what `schema` allows to `found`. `seen` ends circles of references. */
function collect(schema: JsonSchema, root: JsonSchema, found: Alternatives, seen: Set<unknown>): void {
  if (typeof schema === 'boolean' || seen.has(schema)) return;
  seen.add(schema);
  if (typeof schema['$ref'] === 'string') {
    const target = resolveRef(root, schema['$ref']);
    if (target !== undefined) collect(target, root, found, seen);
    return;
  }
  for (const branch of branchesOf(schema)) collect(branch, root, found, seen);
  const members = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(members)) {
    for (const member of members) found.readings.push(readMember(member));
    if (members.some((member) => typeof member !== 'string')) found.converts = true;
    return;
  }
  const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
  for (const type of types) collectType(type, schema, root, found);
}

function collectType(type: unknown, schema: Exclude<JsonSchema, boolean>, root: JsonSchema, found: Alternatives): void {
  if (type === 'integer' || type === 'number') {
    found.numeric = found.converts = true;
    found.readings.push(type === 'integer' ? readInteger : readNumber);
  } else if (type === 'boolean' || type === 'null') {
    found.converts = true;
    found.readings.push(type === 'boolean' ? readBoolean : readNull);
  } else if (type === 'string') {
    found.text = true;
    if (!('format' in schema || 'pattern' in schema)) found.readings.push(keep);
  } else if (type === 'array') {
    const { items, prefixItems } = schema;
    const prefix = Array.isArray(prefixItems) ? prefixItems.filter(isJsonSchema) : [];
    found.list ??= {
      items: isJsonSchema(items) ? compileCoercer(items, root) : undefined,
      prefix: prefix.map((item) => compileCoercer(item, root)),
    };
  }
}

function branchesOf(schema: Exclude<JsonSchema, boolean>): JsonSchema[] {
  return ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => {
    const branches = schema[keyword];
    return Array.isArray(branches) ? branches.filter(isJsonSchema) : [];
  });
}

interface Collected {
  readonly properties: Map<string, JsonSchema[]>;
  readonly additional: JsonSchema[];
  readonly seen: Set<unknown>;
}

function collectProperties(schema: JsonSchema, root: JsonSchema, into: Collected): void {
  if (typeof schema === 'boolean' || into.seen.has(schema)) return;
  into.seen.add(schema);
  if (typeof schema['$ref'] === 'string') {
    const target = resolveRef(root, schema['$ref']);
    if (target !== undefined) collectProperties(target, root, into);
  }
  for (const branch of branchesOf(schema)) collectProperties(branch, root, into);
  const { properties, additionalProperties } = schema;
  if (typeof properties === 'object' && properties !== null) {
    for (const [name, property] of Object.entries(properties)) {
      if (!isJsonSchema(property)) continue;
      const known = into.properties.get(name);
      if (known === undefined) into.properties.set(name, [property]);
      else known.push(property);
    }
  }
  if (isJsonSchema(additionalProperties) && additionalProperties !== false) into.additional.push(additionalProperties);
}
