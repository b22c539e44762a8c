/** Where a page ended, as text that clients hand back: signed, and good for that very list alone. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { DatabaseError } from './database-error.ts';
import { encodeValue } from './encode-value.ts';
import type { FullOrder } from './page-order.ts';
import type { Sql } from './sql.ts';

/** The values of the last row's order columns, as PostgreSQL's text. */
export type CursorValues = readonly (string | null)[];

/** What a cursor is good for: the statement, its values and its order. */
export function fingerprintOf({ text, values }: Sql<unknown>, order: FullOrder): string {
  const bound = values.map((value) => {
    const encoded = encodeValue(value);
    return encoded instanceof Uint8Array ? Buffer.from(encoded).toString('base64') : encoded;
  });
  return createHash('sha256')
    .update(JSON.stringify([text, bound, order]))
    .digest('base64url');
}

/** Signs the values with HMAC-SHA-256; the fingerprint is signed and not sent. */
export function sealCursor(values: CursorValues, fingerprint: string, secret: string): string {
  const payload = Buffer.from(JSON.stringify(values));
  return Buffer.concat([signatureOf(payload, fingerprint, secret), payload]).toString('base64url');
}

/**
 * Reads what {@link sealCursor} wrote.
 *
 * @throws DatabaseError `INVALID_CURSOR` when anybody else did, or it is of another list.
 */
export function openCursor(cursor: string, fingerprint: string, secret: string): CursorValues {
  const bytes = Buffer.from(cursor, 'base64url');
  const payload = bytes.subarray(signatureLength);
  const isOurs =
    bytes.length > signatureLength &&
    timingSafeEqual(bytes.subarray(0, signatureLength), signatureOf(payload, fingerprint, secret));
  if (isOurs) return JSON.parse(payload.toString()) as CursorValues;
  throw new DatabaseError('The cursor is not one of this list: start from its first page', { code: 'INVALID_CURSOR' });
}

/** Half of SHA-256: 128 bits, which nobody guesses. */
const signatureLength = 16;

function signatureOf(payload: Uint8Array, fingerprint: string, secret: string): Buffer {
  const hmac = createHmac('sha256', secret).update(`covet page ${fingerprint}\n`).update(payload);
  return hmac.digest().subarray(0, signatureLength);
}
