/**
 * A cookie with its attributes in, the value of a `Set-Cookie` header out (RFC 6265bis, CHIPS).
 * Browsers drop what breaks their rules without a word; here it is refused with one.
 */
import { CovetError } from '../error.ts';
import type { CookieOptions } from '../types/cookie.ts';

/** A header value, and how it may still change. */
export interface SetCookie {
  readonly line: string;
  /** `Secure` stands there because nobody said otherwise, and nothing needs it. */
  readonly isSecureByDefault: boolean;
}

/** RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What RFC 6265's cookie-octet is not, and the percent sign, so that decoding gives back what was encoded. */
const unsafe = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g;
const pathSyntax = /^\/[\x20-\x3a\x3c-\x7e]*$/;
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const domainSyntax = new RegExp(`^\\.?${label}(?:\\.${label})*$`, 'i');

/** RFC 6265bis, 5.6: browsers pass over an attribute whose value is longer. */
const MOST_ATTRIBUTE = 1024;
/** RFC 6265bis, 6.1: what browsers must be able to keep. */
const MOST = 4096;

/** Attribute texts by option. */
const sameSites: Readonly<Record<string, string>> = { strict: 'Strict', lax: 'Lax', none: 'None' };
const priorities: Readonly<Record<string, string>> = { low: 'Low', medium: 'Medium', high: 'High' };

const known = new Set<string>([
  'path',
  'domain',
  'maxAge',
  'expires',
  'httpOnly',
  'secure',
  'sameSite',
  'partitioned',
  'priority',
] satisfies (keyof CookieOptions)[]);

/** The header value of a cookie. @throws CovetError naming the cookie and what is wrong with it. */
export function toSetCookie(name: string, value: string, options: CookieOptions = {}): SetCookie {
  if (typeof name !== 'string' || !token.test(name)) {
    throw new CovetError(`${JSON.stringify(name)} is not a cookie's name (RFC 6265, 4.1.1)`);
  }
  for (const option of Object.keys(options)) {
    if (!known.has(option)) throw fault(name, `there is no option '${option}'`);
  }
  const needsSecure = checkSecure(name, options);
  checkPrefix(name, options);
  const isSecure = options.secure ?? true;
  let line = `${name}=${encode(name, value)}`;
  line += `; Path=${toPath(name, options.path ?? '/')}`;
  if (options.domain !== undefined) line += `; Domain=${toDomain(name, options.domain)}`;
  line += toLifetime(name, options);
  if (options.httpOnly ?? true) line += '; HttpOnly';
  if (isSecure) line += '; Secure';
  line += `; SameSite=${pick(name, 'sameSite', options.sameSite ?? 'lax', sameSites)}`;
  if (options.partitioned === true) line += '; Partitioned';
  if (options.priority !== undefined) {
    line += `; Priority=${pick(name, 'priority', options.priority, priorities)}`;
  }
  if (line.length > MOST) throw fault(name, `it takes ${line.length} bytes, and browsers keep at most ${MOST}`);
  return { line, isSecureByDefault: options.secure === undefined && !needsSecure };
}

/** The same without `Secure`. */
export function withoutSecure(line: string): string {
  // No value can hold a semicolon, so this is the attribute and nothing else.
  return line.replace(/; Secure(?=;|$)/, '');
}

/** What makes two lines the same cookie to a browser: name, domain, path, and the partition it is kept in, if it is. */
export function toCookieKey(line: string): string {
  const [pair = '', ...attributes] = line.split(';');
  let domain = '';
  let path = '/';
  let partition = '';
  for (const attribute of attributes) {
    const equals = attribute.indexOf('=');
    if (equals === -1) {
      if (attribute.trim().toLowerCase() === 'partitioned') partition = 'partitioned';
      continue;
    }
    const key = attribute.slice(0, equals).trim().toLowerCase();
    const text = attribute.slice(equals + 1).trim();
    if (key === 'domain') domain = text.replace(/^\./, '').toLowerCase();
    else if (key === 'path') path = text;
  }
  return `${pair.slice(0, pair.indexOf('=')).trim()};${domain};${path};${partition}`;
}

const fault = (name: string, what: string): CovetError => new CovetError(`The cookie '${name}' cannot be set: ${what}`);

/** Whether something about the cookie needs `Secure`; refused where that was switched off. */
function checkSecure(name: string, { secure, sameSite, partitioned }: CookieOptions): boolean {
  const reason =
    sameSite === 'none'
      ? "sameSite: 'none'"
      : partitioned === true
        ? 'partitioned'
        : /^__(?:secure|host|http)-/i.test(name)
          ? 'its name'
          : undefined;
  if (reason !== undefined && secure === false) throw fault(name, `${reason} needs secure`);
  return reason !== undefined;
}

/** RFC 6265bis, 4.1.3: what a name promises. Browsers do not look at its case. */
function checkPrefix(name: string, { path, domain, httpOnly }: CookieOptions): void {
  if (/^__host-/i.test(name)) {
    if (domain !== undefined) throw fault(name, 'a __Host- cookie has no domain');
    if (path !== undefined && path !== '/') throw fault(name, "a __Host- cookie has the path '/'");
  }
  if (/^__(?:host-)?http-/i.test(name) && httpOnly === false) throw fault(name, 'its name needs httpOnly');
}

function encode(name: string, value: string): string {
  if (typeof value !== 'string') throw fault(name, `its value is a ${typeof value}, not text`);
  try {
    return value.replaceAll(unsafe, encodeURIComponent);
  } catch {
    throw fault(name, 'its value has half of a surrogate pair, which is no character');
  }
}

function toPath(name: string, path: string): string {
  if (typeof path !== 'string' || !pathSyntax.test(path) || path.length > MOST_ATTRIBUTE) {
    throw fault(
      name,
      `the path ${JSON.stringify(path)} must begin with '/' and have at most ${MOST_ATTRIBUTE} ASCII characters without ';'`,
    );
  }
  return path;
}

function toDomain(name: string, domain: string): string {
  if (typeof domain !== 'string' || domain.length > 254 || !domainSyntax.test(domain)) {
    throw fault(name, `the domain ${JSON.stringify(domain)} is no host name (write others than ASCII in Punycode)`);
  }
  return domain.replace(/^\./, '').toLowerCase();
}

function toLifetime(name: string, { maxAge, expires }: CookieOptions): string {
  let text = '';
  if (maxAge !== undefined) {
    if (!Number.isSafeInteger(maxAge) || maxAge < 0) {
      throw fault(name, `maxAge is whole seconds of at least 0, not ${String(maxAge)}`);
    }
    text += `; Max-Age=${maxAge}`;
  }
  if (expires !== undefined) {
    const year = expires instanceof Date ? expires.getUTCFullYear() : Number.NaN;
    // RFC 6265, 5.1.1: a year has four digits, and none before 1601 is understood.
    if (!(year >= 1601 && year <= 9999)) throw fault(name, 'expires is a Date of the years 1601 to 9999');
    text += `; Expires=${expires.toUTCString()}`;
  }
  return text;
}

function pick(name: string, option: string, value: string, texts: Readonly<Record<string, string>>): string {
  if (!Object.hasOwn(texts, value)) {
    throw fault(name, `${option} is '${Object.keys(texts).join("', '")}', not ${JSON.stringify(value)}`);
  }
  return texts[value]!;
}
