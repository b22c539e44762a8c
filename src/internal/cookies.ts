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
    const name = piece.slice(0, equals).trim();
    if (name === '' || name in cookies) continue;
    cookies[name] = toValue(piece.slice(equals + 1).trim());
  }
  return cookies;
}

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
