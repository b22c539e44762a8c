/**
 * The headers of a reply that has not left yet.
 * In: names and values from user code, each checked. Out: a header block that is safe to send.
 */
import { CovetError } from './error.ts';
import { toCookieKey, withoutSecure } from './internal/set-cookie.ts';
import type { SetCookie } from './internal/set-cookie.ts';
import { addToList } from './internal/token-list.ts';
import type { ReplyHeaders as ReplyHeadersType } from './types/reply.ts';
import type { MaybePromise } from './types/schema.ts';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a field value may hold: visible characters of Latin-1, spaces and tabs. CR and LF would begin another field. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The server's own: the message's framing and the connection belong to it. */
export const OWNED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

export class ReplyHeaders implements ReplyHeadersType {
  readonly #values = new Map<string, string[]>();
  /** Lines of `set-cookie` that are `Secure` by default only. */
  #secureByDefault: Set<string> | undefined;

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase())?.join(', ') ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  set(name: string, value: string): void {
    this.#values.set(checkName(name), [checkValue(name, value)]);
  }

  append(name: string, value: string): void {
    const key = checkName(name);
    const values = this.#values.get(key);
    // One list of names, in which none stands twice: every layer may add its own (RFC 9110, 12.5.5).
    if (key === 'vary') this.#values.set(key, [addToList(values?.[0], checkValue(name, value))]);
    else if (values === undefined) this.#values.set(key, [checkValue(name, value)]);
    else values.push(checkValue(name, value));
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  /** Adds a cookie, in the place of one that is the same to a browser. */
  setCookie({ line, isSecureByDefault }: SetCookie): void {
    const key = toCookieKey(line);
    const others = this.#values.get('set-cookie')?.filter((other) => toCookieKey(other) !== key) ?? [];
    this.#values.set('set-cookie', [...others, line]);
    if (isSecureByDefault) (this.#secureByDefault ??= new Set()).add(line);
    else this.#secureByDefault?.delete(line);
  }

  /** Adds the cookies and the `vary` of `others`, and what else there is not yet. */
  addFrom(others: ReplyHeaders): void {
    for (const [name, values] of others.#values) {
      if (name === 'set-cookie') {
        for (const line of values) {
          this.setCookie({ line, isSecureByDefault: others.#secureByDefault?.has(line) === true });
        }
      } else if (name === 'vary') this.append(name, values[0]!);
      else if (!this.#values.has(name)) this.#values.set(name, [...values]);
    }
  }

  /** Whether {@link dropDefaultSecure} would change anything. */
  get hasDefaultSecure(): boolean {
    return this.#secureByDefault !== undefined;
  }

  /** Takes `Secure` off the cookies that have it by default only. */
  dropDefaultSecure(): void {
    const lines = this.#values.get('set-cookie');
    if (lines === undefined || this.#secureByDefault === undefined) return;
    const secure = this.#secureByDefault;
    this.#values.set(
      'set-cookie',
      lines.map((line) => (secure.has(line) ? withoutSecure(line) : line)),
    );
    this.#secureByDefault = undefined;
  }

  /** Every name with its values, one line each. */
  entries(): IterableIterator<[string, string[]]> {
    return this.#values.entries();
  }

  copy(): ReplyHeaders {
    const copy = new ReplyHeaders();
    for (const [name, values] of this.#values) copy.#values.set(name, [...values]);
    if (this.#secureByDefault !== undefined) copy.#secureByDefault = new Set(this.#secureByDefault);
    return copy;
  }

  /** The lines as they cross the border: `name:value` and a line feed each. */
  toBlock(): string {
    let block = '';
    for (const [name, values] of this.#values) {
      for (const value of values) block += `${name}:${value}\n`;
    }
    return block;
  }
}

/**
 * What a trailer must not be: fields of routing, of control and conditions, of authentication, of a response's life, and those
 * that say how the body is to be read (RFC 9110, 6.5.1; RFC 7230, 4.1.2 names them). Of framing are the server's own.
 */
const NO_TRAILERS = new Set(
  `host max-forwards te
  cache-control expect pragma range
  if-match if-modified-since if-none-match if-range if-unmodified-since
  authorization proxy-authenticate proxy-authorization www-authenticate cookie set-cookie
  age date expires location retry-after vary warning
  content-encoding content-range content-type trailer`.split(/\s+/),
);

/** @throws CovetError for a name that no trailer may have, and for a value that is neither text nor gives it. */
export function checkTrailers(trailers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(trailers)) {
    if (NO_TRAILERS.has(checkName(name))) throw new CovetError(`'${name}' cannot be a trailer (RFC 9110, 6.5.1)`);
    if (typeof value !== 'function') checkValue(name, value);
  }
}

/** The lines of trailers, with every value there is by now. */
export async function toTrailerBlock(
  trailers: Readonly<Record<string, string | (() => MaybePromise<string>)>>,
): Promise<string> {
  const fields = new ReplyHeaders();
  for (const [name, value] of Object.entries(trailers)) {
    fields.append(name, typeof value === 'function' ? await value() : value);
  }
  return fields.toBlock();
}

// Programs without types hand in numbers and worse.
function checkName(name: unknown): string {
  const key = String(name).toLowerCase();
  if (!TOKEN.test(key)) throw new CovetError(`${JSON.stringify(name)} is not a header name (RFC 9110, 5.6.2)`);
  if (OWNED.has(key)) throw new CovetError(`The header '${key}' is set by the server and cannot be set by a reply`);
  return key;
}

function checkValue(name: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    const what = value === null ? 'null' : value === undefined ? 'undefined' : `a value of type ${typeof value}`;
    throw new CovetError(`The value of header '${name}' is text, not ${what}`);
  }
  const text = withoutSpaces(String(value));
  if (!VALUE.test(text)) {
    throw new CovetError(`The value of header '${name}' has a character no header may have, such as a line break`);
  }
  return text;
}

/** A value without the spaces around it, which are no part of it (RFC 9110, 5.5); nothing else is taken off. */
function withoutSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;
