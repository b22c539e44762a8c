/** Nodes of values without parts: text, numbers, truth values, null, fixed members, and anything at all. */
import { refuse, SerialiseFault, unwrap } from './node.ts';
import type { Node, Write } from './node.ts';
import { escape, quote } from './quote.ts';

/** Whether an object may stand for something else: it has a `toJSON`. */
function isWrapped(value: unknown): value is object {
  return typeof value === 'object' && value !== null && typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Gives an object with `toJSON` one chance: what it stands for is checked like any other value. */
function unwrapped(value: unknown, read: (value: unknown) => string, expects: string): string {
  if (!isWrapped(value)) return refuse(expects, value);
  if (value instanceof Date && Number.isNaN(value.getTime())) return refuse(expects, value);
  const inner = unwrap(value);
  return typeof inner === 'object' ? refuse(expects, inner) : read(inner);
}

const bareText: Write = (value) => (typeof value === 'string' ? escape(value) : unwrapped(value, bareText, 'string'));
const writeText: Write = (value) => (typeof value === 'string' ? quote(value) : unwrapped(value, writeText, 'string'));

export const textNode: Node = {
  write: writeText,
  bare: bareText,
  expects: 'string',
  mayFit: (value) => typeof value === 'string' || isWrapped(value),
};

const writeNumber: Write = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return '' + value;
  return typeof value === 'bigint' ? value.toString() : unwrapped(value, writeNumber, 'number');
};

export const numberNode: Node = {
  write: writeNumber,
  expects: 'number',
  mayFit: (value) =>
    (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint' || isWrapped(value),
};

const writeInteger: Write = (value) => {
  if (Number.isInteger(value)) return '' + (value as number);
  return typeof value === 'bigint' ? value.toString() : unwrapped(value, writeInteger, 'integer');
};

export const integerNode: Node = {
  write: writeInteger,
  expects: 'integer',
  mayFit: (value) => Number.isInteger(value) || typeof value === 'bigint' || isWrapped(value),
};

const writeBoolean: Write = (value) =>
  value === true ? 'true' : value === false ? 'false' : unwrapped(value, writeBoolean, 'boolean');

export const booleanNode: Node = {
  write: writeBoolean,
  expects: 'boolean',
  mayFit: (value) => typeof value === 'boolean' || isWrapped(value),
};

export const nullNode: Node = {
  write: (value) => (value === null ? 'null' : refuse('null', value)),
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
  write: (value) => {
    let json: string | undefined;
    try {
      // Typed as a string, but nothing at all for undefined, functions and symbols.
      json = JSON.stringify(value) as string | undefined;
    } catch (error) {
      if (error instanceof TypeError) throw new SerialiseFault('a circle or a bigint cannot be serialised', [], error);
      throw error;
    }
    return json ?? refuse('a JSON value', value);
  },
  expects: 'a JSON value',
  allowsMissing: true,
  mayFit: (value) => value !== undefined && typeof value !== 'function' && typeof value !== 'symbol',
};

/** One of fixed scalars. Their texts are made once. */
export function memberNode(members: readonly unknown[]): Node {
  const texts = new Map(members.map((member) => [member, JSON.stringify(member)]));
  const expects = `one of ${[...texts.values()].slice(0, 8).join(', ')}${texts.size > 8 ? ' …' : ''}`;
  const write: Write = (value) => texts.get(value) ?? unwrapped(value, write, expects);
  return { write, expects, mayFit: (value) => texts.has(value) || isWrapped(value) };
}
