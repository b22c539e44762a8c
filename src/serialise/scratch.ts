/**
 * The bytes a serialiser writes into, one buffer a thread, used again for every response.
 *
 * JSON joined from pieces of text is a tree that has to be made one text before it can be sent; written as bytes it is
 * one at once. Measured by benchmark/micro/serialise.ts, this is what beats JSON.stringify on lists of objects.
 */

const usualSize = 64 * 1024;

// A buffer that one huge response has grown is not kept for ever.
const keptSize = 1024 * 1024;

/** A Buffer with the methods behind `write` and `toString`; undocumented, but there since Node 0.x and without their detours. */
interface Scratch extends Buffer {
  utf8Write(text: string, at: number): number;
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
}

let bytes = allocate(usualSize);
/** The same memory, four bytes a number. */
let words = toWords(bytes);
/** The same memory, for words at any place. */
let view = new DataView(bytes.buffer);
/** Whether all that was written since the beginning is ASCII, which is read faster. */
let isAscii = true;
let isBusy = false;
/** Whether any schema of this process has a name that is not ASCII. */
let hasForeignNames = false;

/** A buffer with memory of its own, in whole words. */
function allocate(size: number): Scratch {
  return Buffer.allocUnsafeSlow(Math.ceil(size / 4) * 4) as Scratch;
}

function toWords(buffer: Scratch): Int32Array {
  return new Int32Array(buffer.buffer, 0, buffer.length >> 2);
}

function use(buffer: Scratch): void {
  bytes = buffer;
  words = toWords(buffer);
  view = new DataView(buffer.buffer);
}

/**
 * Gives the text that `write`, told to begin at 0, leaves in the buffer.
 *
 * A getter or `toJSON` of a value being written may itself serialise something: that gets a buffer of its own.
 */
export function toText(write: (value: unknown, at: number) => number, value: unknown): string {
  const outer = isBusy ? { bytes, isAscii } : undefined;
  if (outer !== undefined) use(allocate(4096));
  isBusy = isAscii = true;
  try {
    const end = write(value, 0);
    return isAscii && !hasForeignNames ? bytes.latin1Slice(0, end) : bytes.utf8Slice(0, end);
  } finally {
    if (outer === undefined) {
      isBusy = false;
      if (bytes.length > keptSize) use(allocate(usualSize));
    } else {
      use(outer.bytes);
      isAscii = outer.isAscii;
    }
  }
}

/** Constant text, ready to be copied. */
export interface Piece {
  /** The bytes, four a number, the last ones padded. */
  readonly words: Int32Array;
  readonly length: number;
}

/** Constant text as {@link putPiece} copies it. */
export function toPiece(text: string): Piece {
  const { length } = Buffer.from(text);
  if (length !== text.length) hasForeignNames = true;
  const padded = allocate(length).fill(0x20);
  padded.utf8Write(text, 0);
  const from = new DataView(padded.buffer);
  return {
    words: Int32Array.from({ length: padded.length >> 2 }, (_, index) => from.getInt32(index * 4, true)),
    length,
  };
}

/** Copies constant bytes, up to three of padding with them, over which the next write goes. */
export function putPiece(piece: Piece, at: number): number {
  const { words: from, length } = piece;
  if (at + length + 3 > bytes.length) grow(at, length + 3);
  const into = view;
  for (let index = 0; index < from.length; index++) into.setInt32(at + (index << 2), from[index]!, true);
  return at + length;
}

/** Writes one byte. */
export function putByte(byte: number, at: number): number {
  if (at >= bytes.length) grow(at, 1);
  bytes[at] = byte;
  return at + 1;
}

/** Puts the closing bracket over the last item's comma, or after the opening bracket when nothing was written. */
export function close(bracket: number, start: number, at: number): number {
  if (at === start) return putByte(bracket, at);
  bytes[at - 1] = bracket;
  return at;
}

// By UTF-16 unit: 1 for what cannot be copied as it is. Controls, the quote, the backslash, and all but ASCII.
const special = new Uint8Array(65_536).fill(1, 0x80);
special.fill(1, 0, 0x20);
special[0x22] = special[0x5c] = 1;

// Where a loop over characters stops paying: above, one native copy and a look at four bytes at a time are faster.
const loopLength = 40;

// Above, the engine's own escaping and a second copy are faster than moving bytes apart.
const nativeLength = 200;

/** Writes a text as a JSON string. */
export function putText(text: string, at: number): number {
  const { length } = text;
  // A unit is at most three bytes of UTF-8; escaped texts see to their own room.
  const room = length * 3 + 2;
  if (at + room > bytes.length) grow(at, room);
  if (length > loopLength) return putLong(text, at);
  const into = bytes;
  const table = special;
  const start = at + 1;
  let index = 0;
  // Four units a step: one branch and one write for all of them.
  for (; index + 4 <= length; index += 4) {
    const a = text.charCodeAt(index);
    const b = text.charCodeAt(index + 1);
    const c = text.charCodeAt(index + 2);
    const d = text.charCodeAt(index + 3);
    if ((table[a]! | table[b]! | table[c]! | table[d]!) !== 0) return putLong(text, at);
    view.setInt32(start + index, a | (b << 8) | (c << 16) | (d << 24), true);
  }
  for (; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (table[unit] === 1) return putLong(text, at);
    into[start + index] = unit;
  }
  into[at] = into[start + length] = 0x22;
  return start + length + 1;
}

function putLong(text: string, at: number): number {
  const into = bytes;
  const start = at + 1;
  const written = into.utf8Write(text, start);
  const end = start + written;
  if (written !== text.length) {
    // Copied as U+FFFD, a lone surrogate would be lost; JSON.stringify escapes it.
    if (!(text as WellFormed).isWellFormed()) return putJson(JSON.stringify(text), at);
    isAscii = false;
  }
  let last = end;
  if (needsEscape(start, end)) {
    if (written > nativeLength) return putJson(JSON.stringify(text), at);
    last = escapeInPlace(start, end);
  }
  bytes[at] = bytes[last] = 0x22;
  return last + 1;
}

/** `isWellFormed` is ES2024, which Node has had since version 20. */
type WellFormed = string & { isWellFormed(): boolean };

/** Whether a byte from `start` to `end` is a control, a quote or a backslash; four at a time, by arithmetic on words. */
function needsEscape(start: number, end: number): boolean {
  const from = bytes;
  const inWords = words;
  let at = start;
  for (; at < end && (at & 3) !== 0; at++) if (isEscaped(from[at]!)) return true;
  for (; at + 4 <= end; at += 4) {
    const word = inWords[at >> 2]!;
    const quotes = word ^ 0x22222222;
    const slashes = word ^ 0x5c5c5c5c;
    // Subtracting borrows into a byte's highest bit exactly where the byte was below what was subtracted.
    const below =
      ((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes);
    if ((below & 0x80808080) !== 0) return true;
  }
  for (; at < end; at++) if (isEscaped(from[at]!)) return true;
  return false;
}

function isEscaped(byte: number): boolean {
  return byte < 0x20 || byte === 0x22 || byte === 0x5c;
}

// By byte: how much longer its escape is, and the escape's last character where it is a short one.
const extra = new Uint8Array(256).fill(5, 0, 0x20);
const letter = new Uint8Array(256);
for (const [byte, short] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\'].map(
  (pair) => [pair.charCodeAt(0), pair.charCodeAt(1)] as const,
)) {
  extra[byte] = 1;
  letter[byte] = short;
}

/** Replaces what must be escaped among the bytes from `start` to `end`, which move apart for it; gives the new end. */
function escapeInPlace(start: number, end: number): number {
  // Module variables are read anew at each use: in loops over bytes that is half the time.
  const longer = extra;
  let from = bytes;
  let more = 0;
  for (let at = start; at < end; at++) more += longer[from[at]!]!;
  if (end + more + 1 > from.length) grow(end, more + 1);
  from = bytes;
  let to = end + more;
  // From behind, so that nothing is written over before it is read; where both meet, the rest stays as it is.
  for (let at = end - 1; to > at + 1; at--) {
    const byte = from[at]!;
    const by = longer[byte]!;
    if (by === 0) from[--to] = byte;
    else to = by === 1 ? putShort(letter[byte]!, to) : putControl(byte, to);
  }
  return end + more;
}

/** `\n` and its like, ending at `to`; gives where it begins. */
function putShort(last: number, to: number): number {
  bytes[to - 1] = last;
  bytes[to - 2] = 0x5c;
  return to - 2;
}

/** `\u001f` and its like, ending at `to`; gives where it begins. */
function putControl(byte: number, to: number): number {
  bytes[to - 1] = hexDigit(byte & 0xf);
  bytes[to - 2] = hexDigit(byte >> 4);
  bytes[to - 3] = bytes[to - 4] = 0x30;
  bytes[to - 5] = 0x75;
  bytes[to - 6] = 0x5c;
  return to - 6;
}

function hexDigit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

/** Writes JSON text that is finished already. */
export function putJson(json: string, at: number): number {
  const room = json.length * 3;
  if (at + room > bytes.length) grow(at, room);
  const written = bytes.utf8Write(json, at);
  if (written !== json.length) isAscii = false;
  return at + written;
}

/** Writes an integer that fits 31 bits and is not negative; others as text. */
export function putInteger(value: number, at: number): number {
  if ((value | 0) !== value || value < 0) return putDigits('' + value, at);
  if (at + 10 > bytes.length) grow(at, 10);
  const into = bytes;
  let end = at + 1;
  for (let limit = 10; end < at + 10 && value >= limit; limit *= 10) end++;
  let rest = value;
  for (let index = end - 1; index >= at; index--) {
    const tenth = (rest / 10) | 0;
    into[index] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}

/** Writes short ASCII text that needs no quotes: a number. */
export function putDigits(digits: string, at: number): number {
  const { length } = digits;
  if (at + length > bytes.length) grow(at, length);
  const into = bytes;
  for (let index = 0; index < length; index++) into[at + index] = digits.charCodeAt(index);
  return at + length;
}

function grow(at: number, room: number): void {
  const larger = allocate(Math.max(bytes.length * 2, at + room));
  bytes.copy(larger, 0, 0, at);
  use(larger);
}
