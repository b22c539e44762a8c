/** Nodes of values without parts: text, numbers, truth values, null, fixed members, and anything at all. */
import { refuse, SerialiseFault, unwrap } from './node.ts';
import type { Node } from './node.ts';
import { putDigits, putInteger, putJson, putPiece, putText, toPiece } from './scratch.ts';

/** Whether an object may stand for something else: it has a `toJSON`. */
function isWrapped(value: unknown): value is object {
  return typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Gives an object with `toJSON` one chance: what it stands for is checked like any other value. */
function unwrapped(value: unknown, at: number, { write, expects }: Pick<Node, 'write' | 'expects'>): number {
  if (!isWrapped(value)) return refuse(expects, value);
  if (value instanceof Date && Number.isNaN(value.getTime())) return refuse(expects, value);
  const inner = unwrap(value);
  return typeof inner === 'object' ? refuse(expects, inner) : write(inner, at);
}

const yes = toPiece('true');
const no = toPiece('false');
const nothing = toPiece('null');

export const textNode: Node = {
  write: (value, at) => (typeof value === 'string' ? putText(value, at) : unwrapped(value, at, textNode)),
  expects: 'string',
  mayFit: (value) => typeof value === 'string' || isWrapped(value),
};

export const numberNode: Node = {
  write: (value, at) => {
    if (typeof value === 'number' && Number.isFinite(value)) return putInteger(value, at);
    return typeof value === 'bigint' ? putDigits(value.toString(), at) : unwrapped(value, at, numberNode);
  },
  expects: 'number',
  mayFit: (value) =>
    (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint' || isWrapped(value),
};

export const integerNode: Node = {
  write: (value, at) => {
    if (Number.isInteger(value)) return putInteger(value as number, at);
    return typeof value === 'bigint' ? putDigits(value.toString(), at) : unwrapped(value, at, integerNode);
  },
  expects: 'integer',
  mayFit: (value) => Number.isInteger(value) || typeof value === 'bigint' || isWrapped(value),
};

export const booleanNode: Node = {
  write: (value, at) => {
    if (typeof value !== 'boolean') return unwrapped(value, at, booleanNode);
    return putPiece(value ? yes : no, at);
  },
  expects: 'boolean',
  mayFit: (value) => typeof value === 'boolean' || isWrapped(value),
};

export const nullNode: Node = {
  write: (value, at) => (value === null ? putPiece(nothing, at) : refuse('null', value)),
  expects: 'null',
  mayFit: (value) => value === null,
};

/** Nothing fits: `false` as a schema, or `not: {}`. */
export const neverNode: Node = {
  write: (value) => {
    throw new SerialiseFault(value === undefined ? 'missing' : 'nothing is allowed here');
  },
  expects: 'nothing',
  allowsMissing: true,
  mayFit: () => false,
};

/** Whatever JSON can say: the schema asks for nothing. */
export const anyNode: Node = {
  write: (value, at) => {
    let json: string | undefined;
    try {
      // Typed as a string, but nothing at all for undefined, functions and symbols.
      json = JSON.stringify(value) as string | undefined;
    } catch (error) {
      if (error instanceof TypeError) throw new SerialiseFault('a circle or a bigint cannot be serialised', [], error);
      throw error;
    }
    return json === undefined ? refuse('a JSON value', value) : putJson(json, at);
  },
  expects: 'a JSON value',
  allowsMissing: true,
  mayFit: (value) => value !== undefined && typeof value !== 'function' && typeof value !== 'symbol',
};

/** One of fixed scalars. Their texts are made once. */
export function memberNode(members: readonly unknown[]): Node {
  const texts = members.map((member) => JSON.stringify(member));
  const pieces = new Map(members.map((member, index) => [member, toPiece(texts[index]!)]));
  const node: Node = {
    write: (value, at) => {
      const piece = pieces.get(value);
      return piece === undefined ? unwrapped(value, at, node) : putPiece(piece, at);
    },
    expects: `one of ${texts.slice(0, 8).join(', ')}${texts.length > 8 ? ' …' : ''}`,
    mayFit: (value) => pieces.has(value) || isWrapped(value),
  };
  return node;
}
