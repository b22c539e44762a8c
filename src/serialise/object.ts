/**
 * Nodes of objects: declared fields in the schema's order, and nothing else unless the schema says what else may be.
 *
 * Every field ends with a comma; the closing brace is put over the last one.
 */
import { refuse, unwrap } from './node.ts';
import type { Node, Part, Write } from './node.ts';
import { close, putByte, putPiece, putText, toPiece } from './scratch.ts';
import type { Piece } from './scratch.ts';

/** A declared field. */
export interface Field {
  readonly key: string;
  readonly node: Node;
  readonly required: boolean;
  /** JSON text sent when the value is missing. */
  readonly fallback?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Segment = (object: Fields, at: number) => number;

/** The node of an object with `fields`; `rest` writes further fields, without it they are left out. */
export function objectNode(fields: readonly Field[], rest: Node | undefined): Node {
  const writeFields = join([...toSegments(fields), ...(rest === undefined ? [] : [toRest(fields, rest)])]);
  const required = fields.filter(isSure).map((field) => field.key);
  return {
    write: (value, at) => {
      if (typeof value !== 'object' || value === null) return refuse('object', value);
      const object = typeof (value as Fields)['toJSON'] === 'function' ? unwrap(value) : value;
      if (typeof object !== 'object' || object === null || Array.isArray(object)) return refuse('object', object);
      const start = putByte(0x7b, at);
      return close(0x7d, start, writeFields(object as Fields, start));
    },
    expects: 'object',
    mayFit: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      return (
        typeof (value as Fields)['toJSON'] === 'function' ||
        required.every((key) => (value as Fields)[key] !== undefined)
      );
    },
    parts: (value) => (Array.isArray(value) ? [] : partsOf(value as Fields, fields, rest)),
  };
}

/** Always there, and read without care: a missing value is a fault, and no object inherits the name. */
function isSure({ key, node, required, fallback }: Field): boolean {
  return required && fallback === undefined && node.allowsMissing !== true && !(key in Object.prototype);
}

function* partsOf(object: Fields, fields: readonly Field[], rest: Node | undefined): Generator<Part> {
  for (const field of fields) {
    const value = readOf(field)(object);
    if (value !== undefined || isMissed(field)) yield { key: field.key, value, node: field.node };
  }
  if (rest === undefined) return;
  const declared = new Set(fields.map((field) => field.key));
  for (const key of Object.keys(object)) {
    if (!declared.has(key) && isSaid(object[key])) yield { key, value: object[key], node: rest };
  }
}

function isMissed({ required, fallback, node }: Field): boolean {
  return required && fallback === undefined && node.allowsMissing !== true;
}

/** `constructor` and its like count only where they are the object's own. */
function readOf({ key }: Field): (object: Fields) => unknown {
  return key in Object.prototype
    ? (object) => (Object.hasOwn(object, key) ? object[key] : undefined)
    : (object) => object[key];
}

/** JSON.stringify leaves such values out of objects; so do we. */
function isSaid(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

/** Sure fields in runs of up to four, others each on its own. */
function toSegments(fields: readonly Field[]): Segment[] {
  const segments: Segment[] = [];
  let run: Field[] = [];
  const flush = (): void => {
    if (run.length > 0) segments.push(toRun(run));
    run = [];
  };
  for (const field of fields) {
    if (isSure(field)) {
      run.push(field);
      if (run.length === 4) flush();
    } else {
      flush();
      segments.push(toOptional(field));
    }
  }
  flush();
  return segments;
}

/** Unrolled: a loop would make one place in the code read all fields of all schemas, which the engine is slow at. */
function toRun(run: readonly Field[]): Segment {
  const pieces = run.map(({ key }, index) => toPiece(`${index === 0 ? '' : ','}${JSON.stringify(key)}:`));
  const [k0, k1, k2, k3] = run.map(({ key }) => key) as [string, string, string, string];
  const [p0, p1, p2, p3] = pieces as [Piece, Piece, Piece, Piece];
  const [w0, w1, w2, w3] = run.map(({ node }) => node.write) as [Write, Write, Write, Write];
  switch (run.length) {
    case 1:
      return (o, at) => putByte(0x2c, w0(o[k0], putPiece(p0, at)));
    case 2:
      return (o, at) => putByte(0x2c, w1(o[k1], putPiece(p1, w0(o[k0], putPiece(p0, at)))));
    case 3:
      return (o, at) => {
        const second = w1(o[k1], putPiece(p1, w0(o[k0], putPiece(p0, at))));
        return putByte(0x2c, w2(o[k2], putPiece(p2, second)));
      };
    default:
      return (o, at) => {
        const second = w1(o[k1], putPiece(p1, w0(o[k0], putPiece(p0, at))));
        return putByte(0x2c, w3(o[k3], putPiece(p3, w2(o[k2], putPiece(p2, second)))));
      };
  }
}

/** One field that may be missing. */
function toOptional(field: Field): Segment {
  const read = readOf(field);
  const { node, fallback, key } = field;
  const { write } = node;
  const name = toPiece(`${JSON.stringify(key)}:`);
  const missed = isMissed(field);
  const whenMissing = fallback === undefined ? undefined : toPiece(`${JSON.stringify(key)}:${fallback},`);
  return (object, at) => {
    const value = read(object);
    if (value === undefined && !missed) return whenMissing === undefined ? at : putPiece(whenMissing, at);
    return putByte(0x2c, write(value, putPiece(name, at)));
  };
}

/** The fields no name is declared for. */
function toRest(fields: readonly Field[], { write }: Node): Segment {
  const declared = new Set(fields.map((field) => field.key));
  return (object, start) => {
    // Their entries are not fields; sent as {} they would be lost without a word.
    if (object instanceof Map || object instanceof Set) refuse('object', object);
    let at = start;
    for (const key of Object.keys(object)) {
      const value = object[key];
      if (declared.has(key) || !isSaid(value)) continue;
      at = putByte(0x2c, write(value, putByte(0x3a, putText(key, at))));
    }
    return at;
  };
}

function join(segments: readonly Segment[]): Segment {
  const [s0, s1, s2] = segments as [Segment, Segment, Segment];
  switch (segments.length) {
    case 0:
      return (_object, at) => at;
    case 1:
      return s0;
    case 2:
      return (object, at) => s1(object, s0(object, at));
    case 3:
      return (object, at) => s2(object, s1(object, s0(object, at)));
    default:
      return (object, start) => {
        let at = start;
        for (let index = 0; index < segments.length; index++) at = segments[index]!(object, at);
        return at;
      };
  }
}
