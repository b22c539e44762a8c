/**
 * Nodes of objects: declared fields in the schema's order, and nothing else unless the schema says what else may be.
 *
 * Fields are written in runs of up to four by one expression each. Constant text (names, punctuation, the quotes of
 * texts) is joined beforehand: the fewer pieces a text is made of, the less there is to join and later to flatten.
 */
import { refuse, unwrap } from './node.ts';
import type { Node, Part, Write } from './node.ts';
import { quote } from './quote.ts';

/** A declared field. */
export interface Field {
  readonly key: string;
  readonly node: Node;
  readonly required: boolean;
  /** JSON text sent when the value is missing. */
  readonly fallback?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Segment = (object: Fields) => string;

/** The node of an object with `fields`; `rest` writes further fields, without it they are left out. */
export function objectNode(fields: readonly Field[], rest: Node | undefined): Node {
  const firstSure = fields.findIndex(isSure);
  const writeFields =
    rest !== undefined || firstSure === -1 ? toLooseWriter(fields, rest) : toWriter(fields, firstSure);
  const required = fields.filter(isSure).map((field) => field.key);
  return {
    write: (value) => {
      if (typeof value !== 'object' || value === null) return refuse('object', value);
      const object = typeof (value as Fields)['toJSON'] === 'function' ? unwrap(value) : value;
      if (typeof object !== 'object' || object === null || Array.isArray(object)) return refuse('object', object);
      return writeFields(object as Fields);
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

/** With at least one sure field, every other one can carry its comma on the side of that one. */
function toWriter(fields: readonly Field[], firstSure: number): Segment {
  const segments: Segment[] = [];
  let open = '{';
  let run: Step[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    const { segment, close } = toRun(run, open);
    segments.push(segment);
    open = close;
    run = [];
  };
  for (const [index, field] of fields.entries()) {
    if (isSure(field)) {
      run.push({ ...field, comma: index === firstSure ? '' : ',' });
      if (run.length === 4) flush();
    } else {
      flush();
      segments.push(toOptional(field, open, index < firstSure));
      open = '';
    }
  }
  flush();
  return join(segments, open + '}');
}

interface Step extends Field {
  readonly comma: string;
}

/** Up to four sure fields as one expression. `open` is constant text due before them, `close` what is due after. */
function toRun(run: readonly Step[], open: string): { segment: Segment; close: string } {
  let close = open;
  const pieces: string[] = [];
  const writes: Write[] = [];
  for (const { key, node, comma } of run) {
    const quoted = node.bare !== undefined;
    pieces.push(`${close}${comma}${JSON.stringify(key)}:${quoted ? '"' : ''}`);
    writes.push(node.bare ?? node.write);
    close = quoted ? '"' : '';
  }
  const [k0, k1, k2, k3] = run.map((step) => step.key) as [string, string, string, string];
  const [p0, p1, p2, p3] = pieces as [string, string, string, string];
  const [w0, w1, w2, w3] = writes as [Write, Write, Write, Write];
  const segments: readonly Segment[] = [
    (o) => p0 + w0(o[k0]),
    (o) => p0 + w0(o[k0]) + p1 + w1(o[k1]),
    (o) => p0 + w0(o[k0]) + p1 + w1(o[k1]) + p2 + w2(o[k2]),
    (o) => p0 + w0(o[k0]) + p1 + w1(o[k1]) + p2 + w2(o[k2]) + p3 + w3(o[k3]),
  ];
  return { segment: segments[run.length - 1]!, close };
}

/** One field that may be missing; `leads` says that it stands before the first sure one. */
function toOptional(field: Field, open: string, leads: boolean): Segment {
  const read = readOf(field);
  const { node, fallback } = field;
  const { write } = node;
  const before = `${open}${leads ? '' : ','}${JSON.stringify(field.key)}:`;
  const after = leads ? ',' : '';
  const missed = isMissed(field);
  const whenMissing = fallback === undefined ? open : before + fallback + after;
  return (object) => {
    const value = read(object);
    return value === undefined && !missed ? whenMissing : before + write(value) + after;
  };
}

function join(segments: readonly Segment[], end: string): Segment {
  const [s0, s1, s2] = segments as [Segment, Segment, Segment];
  switch (segments.length) {
    case 1:
      return (object) => s0(object) + end;
    case 2:
      return (object) => s0(object) + s1(object) + end;
    case 3:
      return (object) => s0(object) + s1(object) + s2(object) + end;
    default:
      return (object) => {
        let json = '';
        for (let at = 0; at < segments.length; at++) json += segments[at]!(object);
        return json + end;
      };
  }
}

/** No field is sure to be there, or unknown ones follow: the commas depend on the object. */
function toLooseWriter(fields: readonly Field[], rest: Node | undefined): Segment {
  const steps = fields.map((field) => ({
    ...field,
    read: readOf(field),
    name: `${JSON.stringify(field.key)}:`,
    missed: isMissed(field),
  }));
  const declared = new Set(fields.map((field) => field.key));
  return (object) => {
    if (object instanceof Map || object instanceof Set) refuse('object', object);
    let json = '';
    for (const { node, fallback, read, name, missed } of steps) {
      const value = read(object);
      if (value !== undefined || missed) json += `,${name}${node.write(value)}`;
      else if (fallback !== undefined) json += `,${name}${fallback}`;
    }
    if (rest !== undefined) {
      for (const key of Object.keys(object)) {
        if (!declared.has(key) && isSaid(object[key])) json += `,${quote(key)}:${rest.write(object[key])}`;
      }
    }
    return `{${json.slice(1)}}`;
  };
}
