/** Nodes of arrays and tuples. */
import { refuse, SerialiseFault, unwrap } from './node.ts';
import type { Node, Part, Write } from './node.ts';
import { nullNode, numberNode } from './scalar.ts';
import { close, putByte, putJson } from './scratch.ts';

type WriteList = (list: readonly unknown[], at: number) => number;

/** The node of an array whose first items have nodes of their own; further ones take `items`, or are refused. */
export function arrayNode(prefix: readonly Node[], items: Node | undefined, minItems: number): Node {
  const write =
    prefix.length === 0 && items !== undefined ? toListWriter(items) : toTupleWriter(prefix, items, minItems);
  return {
    write: (value, at) => {
      if (Array.isArray(value)) return write(value, at);
      const inner = typeof value === 'object' && value !== null ? unwrap(value) : value;
      return Array.isArray(inner) ? write(inner, at) : refuse('array', inner);
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

function toListWriter(items: Node): WriteList {
  const { write, allowsMissing } = items;
  // As JSON.stringify does for what it cannot say, where the schema lets anything pass.
  const writeItem: Write =
    allowsMissing === true ? (item, at) => (item === undefined ? nullNode.write(null, at) : write(item, at)) : write;
  const writeEach: WriteList = (list, opening) => {
    const start = putByte(0x5b, opening);
    let at = start;
    for (let index = 0; index < list.length; index++) at = putByte(0x2c, writeItem(list[index], at));
    return close(0x5d, start, at);
  };
  if (items !== numberNode) return writeEach;
  // Fractions are what the engine itself is fastest at, once it is certain that there are only numbers.
  return (list, at) => (isNumbers(list) ? putJson(JSON.stringify(list), at) : writeEach(list, at));
}

function isNumbers(list: readonly unknown[]): boolean {
  for (let index = 0; index < list.length; index++) if (!Number.isFinite(list[index])) return false;
  return !('toJSON' in list);
}

function toTupleWriter(prefix: readonly Node[], items: Node | undefined, minItems: number): WriteList {
  return (list, opening) => {
    if (list.length < minItems) throw new SerialiseFault(`expected at least ${minItems} items, got ${list.length}`);
    if (items === undefined && list.length > prefix.length) {
      throw new SerialiseFault(`expected at most ${prefix.length} items, got ${list.length}`);
    }
    const start = putByte(0x5b, opening);
    let at = start;
    for (let index = 0; index < list.length; index++) {
      at = putByte(0x2c, (prefix[index] ?? items)!.write(list[index], at));
    }
    return close(0x5d, start, at);
  };
}
