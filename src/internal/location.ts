/**
 * Where a redirect goes, as a program names it, in; the value of a `Location` header out (RFC 9110, 10.2.2).
 * Leaving the site takes a word of its own: an address from a request must not be able to (CWE-601).
 */
import { CovetError, HttpError } from '../error.ts';

/** Other sites a redirect may go to: any, or those of these origins. */
export type External = boolean | readonly string[];

/** No header may have these, and browsers cut them out of addresses: `/\t/host` is `//host` to them. */
const control = /[\0-\x1f\x7f]/;
/** What RFC 3986 has no place for, and a percent sign that begins no escape. */
const unsafe = /[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+|%(?![0-9A-Fa-f]{2})/g;

/** A reference that stays does so wherever it is read; `http:x` and `//a.invalid` stay at one of these only. */
const bases = ['http://a.invalid/', 'https://b.invalid/'];

/**
 * The text of a `Location` header.
 *
 * @throws HttpError 400 for an address on another site that `external` does not allow, and for one that is malformed: it
 * mostly comes from the request. CovetError for an `external` that is no origin: that is the program's.
 */
export function toLocation(address: string | URL, external: External = false): string {
  const text = address instanceof URL ? address.href : address;
  if (typeof text !== 'string') throw new CovetError(`A redirect goes to a text or a URL, not to a ${typeof text}`);
  if (text === '') throw new HttpError(400, 'The address of a redirect is empty');
  if (control.test(text)) throw new HttpError(400, 'The address of a redirect has a control character');
  if (bases.every((base) => staysAt(base, text))) return encode(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new HttpError(400, 'The address of a redirect is neither one of this site nor an http or https URL');
  }
  if (external === false || (external !== true && !toOrigins(external).includes(url.origin))) {
    throw new HttpError(400, 'The address of a redirect is on another site; external: [origin] allows that');
  }
  return url.href;
}

function staysAt(base: string, text: string): boolean {
  return URL.canParse(text, base) && new URL(text, base).origin === new URL(base).origin;
}

function toOrigins(external: readonly string[]): string[] {
  return external.map((given) => {
    // A wildcard is a host name like any other to a URL.
    const origin = URL.canParse(given) && !given.includes('*') ? new URL(given).origin : 'null';
    if (origin !== 'null' && origin === given.replace(/\/$/, '').toLowerCase()) return origin;
    throw new CovetError(`external takes origins such as 'https://example.com', not ${JSON.stringify(given)}`);
  });
}

function encode(text: string): string {
  try {
    return text.replaceAll(unsafe, (part) => encodeURIComponent(part));
  } catch (cause) {
    throw new HttpError(400, 'The address of a redirect has half of a surrogate pair', { cause });
  }
}
