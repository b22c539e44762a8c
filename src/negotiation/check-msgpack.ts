/**
 * Walks over MessagePack before it is decoded. A few bytes may claim an array of millions, for which a decoder makes room at
 * once, or nest deeper than what walks the value later can go: both are found here, without memory and without recursion.
 */

/** As deep as JSON bodies may be. */
const MAX_DEPTH = 64;

/** What is wrong; undefined where nothing is, or only what a decoder finds without harm. */
export type MsgpackFault = 'deep' | 'short';

/**
 * Whether arrays and maps are nested at most 64 deep, and every length is one that the bytes can have.
 *
 * Each element takes at least one byte, so the elements that are still to come are never more than the bytes that are left.
 */
export function findMsgpackFault(bytes: Uint8Array): MsgpackFault | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Elements to come on each level that is open. */
  const open: number[] = [];
  let owed = 1;
  let at = 0;
  while (owed > 0) {
    if (owed > bytes.byteLength - at) return 'short';
    const head = readHead(view, at);
    if (head === undefined) return 'short';
    at += head.size;
    owed += head.elements - 1;
    if (open.length > 0) open[open.length - 1]!--;
    if (head.elements > 0) open.push(head.elements);
    if (open.length > MAX_DEPTH) return 'deep';
    while (open.length > 0 && open.at(-1) === 0) open.pop();
  }
  return undefined;
}

interface Head {
  /** Bytes of the head, and of what follows it where that is no element. */
  readonly size: number;
  /** Elements that follow: two for an entry of a map. */
  readonly elements: number;
}

/** Sizes of numbers, and of extensions of a fixed size, by their first byte from 0xc0 (the format's own table). */
const FIXED: Readonly<Record<number, number>> = {
  0xc0: 1,
  0xc2: 1,
  0xc3: 1,
  0xca: 5,
  0xcb: 9,
  0xcc: 2,
  0xcd: 3,
  0xce: 5,
  0xcf: 9,
  0xd0: 2,
  0xd1: 3,
  0xd2: 5,
  0xd3: 9,
  0xd4: 3,
  0xd5: 4,
  0xd6: 6,
  0xd7: 10,
  0xd8: 18,
};

/** Bytes of the length behind the first byte, and of what else stands before the data. */
const LENGTHS: Readonly<Record<number, readonly [number, number]>> = {
  0xc4: [1, 0],
  0xc5: [2, 0],
  0xc6: [4, 0],
  0xc7: [1, 1],
  0xc8: [2, 1],
  0xc9: [4, 1],
  0xd9: [1, 0],
  0xda: [2, 0],
  0xdb: [4, 0],
  0xdc: [2, 0],
  0xdd: [4, 0],
  0xde: [2, 0],
  0xdf: [4, 0],
};

function readHead(view: DataView, at: number): Head | undefined {
  const first = view.getUint8(at);
  if (first < 0x80 || first >= 0xe0) return { size: 1, elements: 0 };
  if (first < 0x90) return { size: 1, elements: 2 * (first & 15) };
  if (first < 0xa0) return { size: 1, elements: first & 15 };
  if (first < 0xc0) return { size: 1 + (first & 31), elements: 0 };
  const fixed = FIXED[first];
  if (fixed !== undefined) return { size: fixed, elements: 0 };
  const rule = LENGTHS[first];
  // 0xc1 is never used: the decoder refuses it.
  if (rule === undefined) return { size: 1, elements: 0 };
  const [width, extra] = rule;
  if (view.byteLength - at < 1 + width) return undefined;
  const length = width === 1 ? view.getUint8(at + 1) : width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  if (first >= 0xde) return { size: 1 + width, elements: 2 * length };
  if (first >= 0xdc) return { size: 1 + width, elements: length };
  return { size: 1 + width + extra + length, elements: 0 };
}
