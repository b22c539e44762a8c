/** `Cache-Control` (RFC 9111, 5.2): its text in, its directives out. */

/** Directives by lower-case name; one without an argument is `''`. A name that stands twice keeps the first. */
export function toDirectives(text: string | null | undefined): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, plain] of (text ?? '').matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,;]+)))?/g)) {
    if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return directives;
}

/** The seconds a directive names; undefined where it is not there, 0 where it cannot be read (4.2.1). */
export function toSeconds(directives: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = directives.get(name);
  if (text === undefined) return undefined;
  return /^\d{1,10}$/.test(text) ? Math.min(Number(text), 2 ** 31) : 0;
}
