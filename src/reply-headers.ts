/**
 * The headers of a reply that has not left yet.
 * In: names and values from user code, each checked. Out: a header block that is safe to send.
 */
import { CovetError } from './error.ts';
import type { ReplyHeaders as ReplyHeadersType } from './types/reply.ts';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a field value may hold: visible characters of Latin-1, spaces and tabs. CR and LF would begin another field. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The server's own: the message's framing and the connection belong to it. */
const OWNED = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

export class ReplyHeaders implements ReplyHeadersType {
  readonly #values = new Map<string, string[]>();

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
    if (values === undefined) this.#values.set(key, [checkValue(name, value)]);
    else values.push(checkValue(name, value));
  }

  delete(name: string): void {
    this.#values.delete(name.toLowerCase());
  }

  /** Every name with its values, one line each. */
  entries(): IterableIterator<[string, string[]]> {
    return this.#values.entries();
  }

  copy(): ReplyHeaders {
    const copy = new ReplyHeaders();
    for (const [name, values] of this.#values) copy.#values.set(name, [...values]);
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

// Programs without types hand in numbers and worse.
function checkName(name: unknown): string {
  const key = String(name).toLowerCase();
  if (!TOKEN.test(key)) throw new CovetError(`${JSON.stringify(name)} is not a header name (RFC 9110, 5.6.2)`);
  if (OWNED.has(key)) throw new CovetError(`The header '${key}' is set by the server and cannot be set by a reply`);
  return key;
}

function checkValue(name: string, value: unknown): string {
  const text = String(value).trim();
  if (!VALUE.test(text)) {
    throw new CovetError(`The value of header '${name}' has a character no header may have, such as a line break`);
  }
  return text;
}
