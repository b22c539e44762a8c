/**
 * The two forms of a sealed cookie, and the keys behind them.
 * In: a value and when it ends. Out: a text of cookie octets, and back again: nothing for one that was tampered with.
 *
 * | form | text |
 * | --- | --- |
 * | signed | `s1.end.MAC.value`: HMAC-SHA-256 over form, name, end and value |
 * | encrypted | `e1.` and nonce, ciphertext, tag: AES-256-GCM of `end.value`, with form and name as associated data |
 *
 * `end` is milliseconds in base 36, or nothing. Binary parts are base64url. The digit is the version of the form.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is sealed. */
export interface Content {
  readonly value: string;
  /** Milliseconds since 1970; undefined for a cookie that ends when its browser does. */
  readonly end: number | undefined;
}

/** What was sealed, and the place of its key in the list. */
export interface Opened extends Content {
  readonly key: number;
}

/** Seals with the first of its keys, opens with any. */
export interface Sealer {
  seal(name: string, content: Content): string;
  open(name: string, text: string): Opened | undefined;
}

/** RFC 5869. A key for each purpose, so that what one of them gives away is of no use to the other. */
function derive(secrets: readonly string[], purpose: string): Buffer[] {
  return secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', `covet cookie ${purpose} 1`, 32)));
}

const toEnd = (end: number | undefined): string => (end === undefined ? '' : Math.max(0, Math.ceil(end)).toString(36));

/** `end.value`, or nothing for what has no such form. */
function toContent(text: string): Content | undefined {
  const [, end, value] = /^([0-9a-z]{0,12})\.([^]*)$/.exec(text) ?? [];
  if (end === undefined || value === undefined) return undefined;
  return { value, end: end === '' ? undefined : Number.parseInt(end, 36) };
}

export class Signer implements Sealer {
  readonly #keys: readonly Buffer[];

  constructor(secrets: readonly string[]) {
    this.#keys = derive(secrets, 'signature');
  }

  seal(name: string, { value, end }: Content): string {
    const signed = toEnd(end);
    return `s1.${signed}.${sign(this.#keys[0]!, name, `${signed}.${value}`)}.${value}`;
  }

  open(name: string, text: string): Opened | undefined {
    const [, end, mac, value] = /^s1\.([0-9a-z]{0,12})\.([\w-]{43})\.([^]*)$/.exec(text) ?? [];
    if (end === undefined || mac === undefined || value === undefined) return undefined;
    const given = Buffer.from(mac);
    const content = `${end}.${value}`;
    // The texts are compared, not what they decode to: the last character of 43 has two bits that mean nothing.
    const key = this.#keys.findIndex((secret) => timingSafeEqual(given, Buffer.from(sign(secret, name, content))));
    const opened = key === -1 ? undefined : toContent(content);
    return opened === undefined ? undefined : { ...opened, key };
  }
}

/** No name has a NUL, no end a dot: nothing can move from one part to the next. */
function sign(key: Buffer, name: string, content: string): string {
  return createHmac('sha256', key).update(`s1\0${name}\0${content}`).digest('base64url');
}

const NONCE = 12;
const TAG = 16;

export class Cipher implements Sealer {
  readonly #keys: readonly Buffer[];

  constructor(secrets: readonly string[]) {
    this.#keys = derive(secrets, 'encryption');
  }

  seal(name: string, { value, end }: Content): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0]!, nonce, { authTagLength: TAG });
    cipher.setAAD(associated(name));
    const parts = [nonce, cipher.update(`${toEnd(end)}.${value}`, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `e1.${Buffer.concat(parts).toString('base64url')}`;
  }

  open(name: string, text: string): Opened | undefined {
    if (!text.startsWith('e1.')) return undefined;
    const sealed = Buffer.from(text.slice(3), 'base64url');
    // One text for each cookie: Node passes over characters that are none of the alphabet.
    if (sealed.byteLength <= NONCE + TAG || sealed.toString('base64url') !== text.slice(3)) return undefined;
    for (const [key, secret] of this.#keys.entries()) {
      const opened = decrypt(secret, name, sealed);
      if (opened !== undefined) return { ...opened, key };
    }
    return undefined;
  }
}

function decrypt(key: Buffer, name: string, sealed: Buffer): Content | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(associated(name));
  decipher.setAuthTag(sealed.subarray(-TAG));
  const start = decipher.update(sealed.subarray(NONCE, -TAG));
  try {
    return toContent(Buffer.concat([start, decipher.final()]).toString());
  } catch {
    // The tag does not fit: another key made it, or nobody did.
    return undefined;
  }
}

const associated = (name: string): Buffer => Buffer.from(`e1\0${name}`);
