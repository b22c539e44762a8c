/**
 * Values as they are kept: plain data, with what JSON would lose (dates, bigints, Maps, Sets, bytes, NaN) marked. Reading
 * makes data of text and nothing else: what somebody writes into Redis can be wrong, never run.
 */
import { createRequire } from 'node:module';

import { CovetError } from '../error.ts';

/** A value as it is kept. `undefined` is empty. */
export type Payload = string | Uint8Array;

/** Writes and reads payloads. */
export interface Codec {
  /** Says in an envelope how its payload is written. */
  readonly tag: 'j' | 'm';
  /** @throws TypeError for what is no data. */
  encode(value: unknown): Payload;
  /** Throws for what it did not write. */
  decode(payload: Payload): unknown;
}

/** An object with this as its only field stands for what JSON has no form for; one of the user's own is marked itself. */
const mark = '$covet';

const isMarkable = (value: object): boolean => Object.hasOwn(value, mark);

/** The same value where JSON keeps all of it, else a copy with marks. */
function toMarked(value: unknown, place: string, depth: number): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : { [mark]: ['n', String(value)] };
    case 'bigint':
      return { [mark]: ['i', value.toString()] };
    case 'function':
    case 'symbol':
      throw new TypeError(`${place} is a ${typeof value}, which cannot be cached: return data`);
    case 'object':
      return value === null ? null : toMarkedObject(value, place, depth);
    default:
      return value;
  }
}

function toMarkedObject(value: object, place: string, depth: number): unknown {
  if (depth > 256) throw new TypeError(`${place} is nested too deep to be cached, or in a circle`);
  if (Array.isArray(value)) return mapArray(value, place, depth);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError(`${place} is an invalid Date, which cannot be cached`);
    return { [mark]: ['d', value.getTime()] };
  }
  if (value instanceof Uint8Array) return { [mark]: ['b', Buffer.from(value).toString('base64')] };
  if (value instanceof Map) return { [mark]: ['m', mapArray([...value], place, depth)] };
  if (value instanceof Set) return { [mark]: ['s', mapArray([...value], place, depth)] };
  const { toJSON } = value as { toJSON?: unknown };
  // A URL, a decimal, an entity that says what it is.
  if (typeof toJSON === 'function') return toMarked(toJSON.call(value), place, depth + 1);
  // What the language itself makes keeps its content where no field shows it: an Error, a RegExp, other kinds of bytes.
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind !== 'Object') throw new TypeError(`${place} is of the kind ${kind}, which cannot be cached: return data`);
  let copy: Record<string, unknown> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const marked = toMarked(item, `${place}.${name}`, depth + 1);
    if (marked === item) continue;
    copy ??= { ...value };
    copy[name] = marked;
  }
  const result = copy ?? value;
  return isMarkable(value) ? { [mark]: ['o', Object.entries(result)] } : result;
}

function mapArray(items: readonly unknown[], place: string, depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    // JSON would make null of it.
    const marked = item === undefined ? { [mark]: ['u'] } : toMarked(item, `${place}[${index}]`, depth + 1);
    if (marked === item) continue;
    copy ??= [...items];
    copy[index] = marked;
  }
  return copy ?? items;
}

/** Takes the marks out, in place: the value was parsed for us alone. */
function fromMarked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = fromMarked(value[index]);
    return value;
  }
  if (isMarkable(value)) return fromMark((value as Record<string, unknown>)[mark]);
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null) (value as Record<string, unknown>)[name] = fromMarked(item);
  }
  return value;
}

function fromMark(content: unknown): unknown {
  const [kind, data] = content as [string, unknown];
  switch (kind) {
    case 'd':
      return new Date(data as number);
    case 'i':
      return BigInt(data as string);
    case 'n':
      return Number(data);
    case 'b':
      return new Uint8Array(Buffer.from(data as string, 'base64'));
    case 'u':
      return undefined;
    case 'm':
      return new Map(fromMarked(data) as [unknown, unknown][]);
    case 's':
      return new Set(fromMarked(data) as unknown[]);
    case 'o':
      return Object.fromEntries((data as [string, unknown][]).map(([name, item]) => [name, fromMarked(item)]));
    default:
      throw new TypeError('not a mark of ours');
  }
}

export const jsonCodec: Codec = {
  tag: 'j',
  encode: (value) => (value === undefined ? '' : JSON.stringify(toMarked(value, 'the value', 0))),
  decode: (payload) => {
    const text = typeof payload === 'string' ? payload : Buffer.from(payload).toString('utf8');
    if (text === '') return undefined;
    const value: unknown = JSON.parse(text);
    // Most have no marks, and looking for one costs a tenth of walking through the value.
    return text.includes(`"${mark}"`) ? fromMarked(value) : value;
  },
};

interface MessagePack {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** @throws CovetError where the package is not installed. */
export function createMessagePackCodec(): Codec {
  const msgpack = loadMessagePack();
  return {
    tag: 'm',
    encode: (value) => (value === undefined ? '' : msgpack.encode(toMarked(value, 'the value', 0))),
    decode: (payload) => (payload.length === 0 ? undefined : fromMarked(msgpack.decode(payload as Uint8Array))),
  };
}

function loadMessagePack(): MessagePack {
  try {
    return createRequire(import.meta.url)('@msgpack/msgpack') as MessagePack;
  } catch (cause) {
    throw new CovetError("format 'msgpack' needs a package: run `npm install @msgpack/msgpack`", { cause });
  }
}
