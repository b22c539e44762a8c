/**
 * What runs a statement, as it goes to a PostgreSQL server: messages of version 3 of its protocol (§ 55.7 of the manual), in one
 * buffer. `pg` makes one of each, four or more for a statement, and has the socket gather them.
 */
import type { EncodedValue } from './encode-value.ts';

/** A statement on its way. */
export interface StatementMessages {
  /** The name of a prepared statement without values that is to run before it. */
  readonly before: string | undefined;
  /** The name it has or is to have; empty where it runs once. */
  readonly name: string;
  /** Its text, where the server does not know it by its name. */
  readonly text: string | undefined;
  readonly values: readonly EncodedValue[];
  /** Whether the server is to say what its rows look like. */
  readonly isDescribed: boolean;
}

/** Execute, of all rows of the unnamed portal; Describe, of that portal; Sync. */
const execute = '\x45\0\0\0\x09\0\0\0\0\0';
const describe = '\x44\0\0\0\x06P\0';
const sync = '\x53\0\0\0\x04';

/** The bytes. The last message has the server answer, and go on after a failure. */
export function encodeMessages({ before, name, text, values, isDescribed }: StatementMessages): Buffer {
  const sizes = values.map(sizeOf);
  const writer = new Writer(
    (before === undefined ? 0 : bindSize(before, []) + execute.length) +
      (text === undefined ? 0 : parseSize(name, text)) +
      bindSize(name, sizes) +
      (isDescribed ? describe.length : 0) +
      execute.length +
      sync.length,
  );
  if (before !== undefined) {
    writeBind(writer, before, [], []);
    writer.raw(execute);
  }
  if (text !== undefined) writeParse(writer, name, text);
  writeBind(writer, name, values, sizes);
  if (isDescribed) writer.raw(describe);
  writer.raw(execute);
  writer.raw(sync);
  return writer.bytes;
}

/** Bytes of a value; NULL has none, and is told by a length of -1. */
function sizeOf(value: EncodedValue): number {
  if (value === null) return -1;
  return typeof value === 'string' ? Buffer.byteLength(value) : value.byteLength;
}

/** Type, length, name, text, and no types of values: the server finds those. */
function parseSize(name: string, text: string): number {
  return 1 + 4 + Buffer.byteLength(name) + 1 + Buffer.byteLength(text) + 1 + 2;
}

function writeParse(writer: Writer, name: string, text: string): void {
  writer.raw('P');
  writer.int32(parseSize(name, text) - 1);
  writer.text(name);
  writer.text(text);
  writer.int16(0);
}

/** Type, length, portal, name, formats, values, and no formats of columns: text is what they have without. */
function bindSize(name: string, sizes: readonly number[]): number {
  let size = 1 + 4 + 1 + Buffer.byteLength(name) + 1 + 2 + 2 * sizes.length + 2 + 2;
  for (const each of sizes) size += 4 + Math.max(each, 0);
  return size;
}

function writeBind(writer: Writer, name: string, values: readonly EncodedValue[], sizes: readonly number[]): void {
  writer.raw('B');
  writer.int32(bindSize(name, sizes) - 1);
  writer.text('');
  writer.text(name);
  writer.int16(values.length);
  for (const value of values) writer.int16(value instanceof Uint8Array ? 1 : 0);
  writer.int16(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    writer.int32(sizes[index]!);
    if (value !== null) writer.value(value);
  }
  writer.int16(0);
}

/** Writes from the beginning to the end of a buffer that has just the size. */
class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  int16(value: number): void {
    this.#at = this.bytes.writeUInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.bytes.writeInt32BE(value, this.#at);
  }

  /** Text that ends with a zero. */
  text(value: string): void {
    this.#at += this.bytes.write(value, this.#at);
    this.#at = this.bytes.writeUInt8(0, this.#at);
  }

  value(value: string | Uint8Array): void {
    if (typeof value === 'string') this.#at += this.bytes.write(value, this.#at);
    else {
      this.bytes.set(value, this.#at);
      this.#at += value.byteLength;
    }
  }

  /** Characters that are a byte each. */
  raw(value: string): void {
    this.#at += this.bytes.write(value, this.#at, 'latin1');
  }
}
