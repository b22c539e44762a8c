/** A `cookie` header in, its cookies out (RFC 6265, 5.4). */
import { Fields } from './fields.ts';

/**
 * Cookies by name; a repeated name keeps its first value, the one of the longest path. Quotes around a value are taken
 * off, percent escapes decoded where they are well formed. A piece without `=` is no cookie and is passed over.
 */
export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies = new Fields<string>();
  if (header === undefined) return cookies;
  for (const piece of header.split(';')) {
    const equals = piece.indexOf('=');
    if (equals === -1) continue;
    const name = trim(piece.slice(0, equals));
    if (name === '' || name in cookies) continue;
    cookies[name] = toValue(trim(piece.slice(equals + 1)));
  }
  return cookies;
}

/**
 * Spaces and tabs alone (RFC 9110, 5.6.3). What else counts as white space elsewhere is part of a name to browsers: they
 * let a page set `\u00A0__Host-id`, and taken off here it would be the `__Host-id` that only this very host can set.
 */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

function toValue(text: string): string {
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    // Not every cookie is ours, and others may use a percent sign as they like.
    return bare;
  }
}
