/** A JSON Schema goes in, the node that serialises its values comes out. */
import { isJsonSchema, resolveRef } from '../internal/json-schema.ts';
import type { JsonSchema } from '../internal/json-schema.ts';
import { arrayNode } from './array.ts';
import { mergeSchemas } from './merge.ts';
import type { Node } from './node.ts';
import { objectNode } from './object.ts';
import type { Field } from './object.ts';
import { anyNode, booleanNode, integerNode, memberNode, neverNode, nullNode, numberNode, textNode } from './scalar.ts';
import { toText } from './scratch.ts';
import { discriminatedNode, nullableNode, unionNode } from './union.ts';

/** What of JSON Schema the serialiser does not know. Such schemas are served by their library instead. */
export class UnsupportedSchema extends Error {}

type Keywords = Exclude<JsonSchema, boolean>;

/** Compiles `root`. @throws UnsupportedSchema for what it does not know. */
export function compileNode(root: JsonSchema): Node {
  return new Compiler(root).compile(root);
}

class Compiler {
  readonly #root: JsonSchema;
  /** By schema object; `undefined` while it is being compiled, which is how circles of references are noticed. */
  readonly #nodes = new Map<JsonSchema, Node | undefined>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  compile(schema: JsonSchema): Node {
    if (schema === true) return anyNode;
    if (schema === false) return neverNode;
    if (this.#nodes.has(schema)) return this.#nodes.get(schema) ?? this.#later(schema);
    this.#nodes.set(schema, undefined);
    const node = this.#build(schema);
    this.#nodes.set(schema, node);
    return node;
  }

  #build(schema: Keywords): Node {
    if (typeof schema['$ref'] === 'string') return this.#reference(schema, schema['$ref']);
    if (Array.isArray(schema['allOf'])) return this.compile(mergeAll(this.#root, schema));
    if (isJsonSchema(schema['not']) && Object.keys(schema['not']).length === 0) return neverNode;
    if ('patternProperties' in schema) throw new UnsupportedSchema('patternProperties');
    const alternatives = schema['anyOf'] ?? schema['oneOf'];
    if (Array.isArray(alternatives)) return this.#union(alternatives.filter(isJsonSchema));
    if ('const' in schema) return toMembers([schema['const']]);
    if (Array.isArray(schema['enum'])) return toMembers(schema['enum']);
    if (Array.isArray(schema['type'])) return this.#union(schema['type'].map((type: unknown) => ({ ...schema, type })));
    return this.#typed(schema);
  }

  #typed(schema: Keywords): Node {
    switch (schema['type']) {
      case 'string':
        return textNode;
      case 'integer':
        return integerNode;
      case 'number':
        return numberNode;
      case 'boolean':
        return booleanNode;
      case 'null':
        return nullNode;
      case 'array':
        return this.#array(schema);
      case 'object':
        return this.#object(schema);
      case undefined:
        if ('properties' in schema || 'additionalProperties' in schema) return this.#object(schema);
        return 'items' in schema || 'prefixItems' in schema ? this.#array(schema) : anyNode;
      default:
        throw new UnsupportedSchema(`type ${String(schema['type'])}`);
    }
  }

  #object(schema: Keywords): Node {
    const { properties, additionalProperties, required } = schema;
    // `{ type: 'object' }` alone declares no fields and forbids none.
    if (properties === undefined && additionalProperties === undefined) return bareObject;
    const needed = new Set(Array.isArray(required) ? required : []);
    const fields = Object.entries((properties ?? {}) as Record<string, unknown>).map(([key, property]): Field => {
      if (!isJsonSchema(property)) throw new UnsupportedSchema(`property ${key}`);
      const node = this.compile(property);
      const fallback =
        typeof property === 'object' && 'default' in property ? toText(node.write, property['default']) : undefined;
      return { key, node, required: needed.has(key), fallback };
    });
    const isOpen = isJsonSchema(additionalProperties) && additionalProperties !== false;
    return objectNode(fields, isOpen ? this.compile(additionalProperties) : undefined);
  }

  #array(schema: Keywords): Node {
    const { prefixItems, items, minItems } = schema;
    const prefix = Array.isArray(prefixItems) ? prefixItems.filter(isJsonSchema).map((item) => this.compile(item)) : [];
    const isClosed = items === false || (items === undefined && prefix.length > 0);
    const rest = isClosed ? undefined : this.compile(isJsonSchema(items) ? items : true);
    return arrayNode(prefix, rest, prefix.length > 0 && typeof minItems === 'number' ? minItems : 0);
  }

  #union(schemas: readonly JsonSchema[]): Node {
    const others = schemas.filter((schema) => !isNull(schema));
    const node = others.length === 1 ? this.compile(others[0]!) : this.#alternatives(others);
    return others.length === schemas.length ? node : others.length === 0 ? nullNode : nullableNode(node);
  }

  #alternatives(schemas: readonly JsonSchema[]): Node {
    if (schemas.length === 0) return neverNode;
    const nodes = schemas.map((schema) => this.compile(schema));
    const members = discriminatorOf(schemas.map((schema) => this.#resolve(schema)));
    if (members === undefined) return unionNode(nodes);
    const byMember = new Map<unknown, Node>();
    for (const [index, values] of members.values.entries())
      for (const value of values) byMember.set(value, nodes[index]!);
    return discriminatedNode({ key: members.key, nodes: byMember });
  }

  #reference(schema: Keywords, ref: string): Node {
    const target = resolveRef(this.#root, ref);
    if (target === undefined) throw new UnsupportedSchema(`$ref ${ref}`);
    const beside = Object.keys(schema).some(
      (keyword) => keyword === 'properties' || keyword === 'allOf' || keyword === 'anyOf',
    );
    if (beside) throw new UnsupportedSchema('keywords beside $ref');
    return this.compile(target);
  }

  #resolve(schema: JsonSchema): JsonSchema {
    if (typeof schema === 'boolean' || typeof schema['$ref'] !== 'string') return schema;
    return resolveRef(this.#root, schema['$ref']) ?? schema;
  }

  /** The node of a schema that contains itself: looked up when a value gets there. */
  #later(schema: JsonSchema): Node {
    const found = (): Node => this.#nodes.get(schema)!;
    return {
      write: (value, at) => found().write(value, at),
      expects: 'object',
      mayFit: (value) => found().mayFit(value),
      parts: (value) => found().parts?.(value) ?? [],
    };
  }
}

const bareObject: Node = { ...objectNode([], anyNode), expects: 'object' };

function isNull(schema: JsonSchema): boolean {
  return typeof schema === 'object' && (schema['type'] === 'null' || schema['const'] === null) && !('anyOf' in schema);
}

function toMembers(members: readonly unknown[]): Node {
  if (members.some((member) => typeof member === 'object' && member !== null))
    throw new UnsupportedSchema('const object');
  return memberNode(members);
}

function mergeAll(root: JsonSchema, schema: Keywords): JsonSchema {
  const { allOf, ...beside } = schema;
  let merged: Keywords = beside;
  for (const branch of allOf as readonly unknown[]) {
    const target =
      typeof branch === 'object' && branch !== null && '$ref' in branch
        ? resolveRef(root, String(branch.$ref))
        : branch;
    if (!isJsonSchema(target)) throw new UnsupportedSchema('allOf');
    const next = mergeSchemas(merged, target);
    if (next === undefined) throw new UnsupportedSchema('allOf');
    merged = next;
  }
  return merged;
}

/** A field that every alternative requires, with fixed scalars that no two share. */
function discriminatorOf(schemas: readonly JsonSchema[]): { key: string; values: unknown[][] } | undefined {
  const [first] = schemas;
  if (typeof first !== 'object' || schemas.length < 2) return undefined;
  for (const key of Object.keys(first['properties'] ?? {})) {
    const values = schemas.map((schema) => membersOf(schema, key));
    const all = values.flatMap((members) => members ?? []);
    if (values.every((members) => members !== undefined) && new Set(all).size === all.length) {
      return { key, values };
    }
  }
  return undefined;
}

function membersOf(schema: JsonSchema, key: string): unknown[] | undefined {
  if (typeof schema !== 'object' || !Array.isArray(schema['required']) || !schema['required'].includes(key))
    return undefined;
  const property = (schema['properties'] as Record<string, unknown> | undefined)?.[key];
  if (!isJsonSchema(property) || typeof property === 'boolean') return undefined;
  const members: unknown = 'const' in property ? [property['const']] : property['enum'];
  return Array.isArray(members) && members.every((member) => typeof member !== 'object') ? members : undefined;
}
