/**
 * The value of a cookie in a `Cookie` header; undefined where there is none.
 *
 * Two that differ under one name are none: a subdomain, or somebody on the network, can put a second cookie beside ours
 * where its name has no `__Host-`, and which of them comes first is theirs to choose. To take either could be to take
 * their session.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  let found: string | undefined;
  for (const piece of header?.split(';') ?? []) {
    const equals = piece.indexOf('=');
    if (equals === -1 || trim(piece.slice(0, equals)) !== name) continue;
    const value = trim(piece.slice(equals + 1));
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found;
}

/** Spaces and tabs alone: to a browser other white space is part of a name, which may then be set by anybody. */
const trim = (text: string): string => text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
