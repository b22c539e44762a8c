/** Single pieces of a body that comes in pieces: what they may be, and what is said of those that are not. */
import { CovetError } from '../error.ts';

/** A piece as it can be sent. */
export type Piece = string | Uint8Array;

/** @throws CovetError naming what it got in the place of text or bytes. */
export function toPiece(piece: unknown): Piece {
  if (typeof piece === 'string' || piece instanceof Uint8Array) return piece;
  if (piece instanceof ArrayBuffer) return new Uint8Array(piece);
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new CovetError(`A stream gives text or bytes, not ${describe(piece)}: ndjson() sends values`);
}

function describe(piece: unknown): string {
  return piece === null ? 'null' : typeof piece === 'object' ? 'an object' : `a ${typeof piece}`;
}

/** What a body is told that is longer or shorter than its head said. */
export function lengthMismatch(sent: number, length: number): CovetError {
  const what = sent > length ? `${sent} bytes or more` : `${sent} bytes`;
  return new CovetError(`The body has ${what}, and its content-length says ${length}`);
}
