/** Nodes of arrays and tuples. */
import { refuse, SerialiseFault, unwrap } from './node.ts';
import type { Node, Part } from './node.ts';

/** The node of an array whose first items have nodes of their own; further ones take `items`, or are refused. */
export function arrayNode(prefix: readonly Node[], items: Node | undefined, minItems: number): Node {
  const write =
    prefix.length === 0 && items !== undefined ? toListWriter(items) : toTupleWriter(prefix, items, minItems);
  return {
    write: (value) => {
      if (Array.isArray(value)) return write(value);
      const inner = typeof value === 'object' && value !== null ? unwrap(value) : value;
      return Array.isArray(inner) ? write(inner) : refuse('array', inner);
    },
    expects: 'array',
    mayFit: (value) => Array.isArray(value) || (typeof value === 'object' && value !== null && unwrap(value) !== value),
    parts: (value) => partsOf(value, prefix, items),
  };
}

function* partsOf(value: object, prefix: readonly Node[], items: Node | undefined): Generator<Part> {
  if (!Array.isArray(value)) return;
  for (const [key, item] of value.entries()) {
    const node = prefix[key] ?? items;
    if (node !== undefined) yield { key, value: item, node };
  }
}

function toListWriter({ write, allowsMissing }: Node): (list: readonly unknown[]) => string {
  // As JSON.stringify does for what it cannot say, where the schema lets anything pass.
  const writeItem = allowsMissing === true ? (item: unknown) => (item === undefined ? 'null' : write(item)) : write;
  return (list) => {
    const { length } = list;
    if (length === 0) return '[]';
    let json = '[' + writeItem(list[0]);
    for (let at = 1; at < length; at++) json += ',' + writeItem(list[at]);
    return json + ']';
  };
}

function toTupleWriter(
  prefix: readonly Node[],
  items: Node | undefined,
  minItems: number,
): (list: readonly unknown[]) => string {
  return (list) => {
    if (list.length < minItems) throw new SerialiseFault(`expected at least ${minItems} items, got ${list.length}`);
    if (items === undefined && list.length > prefix.length) {
      throw new SerialiseFault(`expected at most ${prefix.length} items, got ${list.length}`);
    }
    return `[${list.map((item, at) => (prefix[at] ?? items)!.write(item)).join(',')}]`;
  };
}
