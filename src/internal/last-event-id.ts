/** The value of a `Last-Event-ID` header in, the id of an event as it was sent out (HTML, 9.2.4). */
import { HttpError } from '../error.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * Undefined where there is none.
 *
 * @throws HttpError 400 for what is not UTF-8: no event had it.
 */
export function toLastEventId(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  // Header values are bytes, of which most are ASCII.
  if (!/[\x80-\xff]/.test(header)) return header;
  try {
    return decodeUtf8(Buffer.from(header, 'latin1'));
  } catch (cause) {
    throw new HttpError(400, 'Last-Event-ID is not valid UTF-8', { cause });
  }
}
