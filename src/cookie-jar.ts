/**
 * Cookies that only this application can have made: signed, so that nobody changes them, or encrypted, so that nobody
 * reads them either.
 * In: secrets, newest first. Out: cookies by name, each written and read by the one value that knows its attributes.
 */
import { weaknessOf } from './di/secret.ts';
import { CovetError } from './error.ts';
import { Cipher, Signer } from './internal/sealed-cookie.ts';
import type { Sealer } from './internal/sealed-cookie.ts';
import { toSetCookie } from './internal/set-cookie.ts';
import type { CookieOptions, CookieSetter } from './types/cookie.ts';
import type { CovetRequest } from './types/request.ts';

/** Options of {@link cookieJar}. */
export interface CookieJarOptions {
  /**
   * Secrets of at least 32 characters, made with `openssl rand -hex 32` for instance; at most 16. The first one seals, all
   * of them open: to change secrets, put the new one in front and take the old one out when its cookies have ended.
   */
  readonly keys: readonly string[];
}

/** A cookie that is sealed: what {@link CookieJar} makes. */
export interface SealedCookie {
  readonly name: string;
  /**
   * Its value. Undefined where it is missing, was changed, was made for another name or with a secret that is gone, or has
   * outlived its `maxAge`.
   */
  get(req: Pick<CovetRequest, 'cookies'>): string | undefined;
  /** Whether it opens, but with another secret than the newest: set it again, and the old secret may go. */
  isStale(req: Pick<CovetRequest, 'cookies'>): boolean;
  /**
   * Sets it on a reply, which it gives back.
   *
   * @throws CovetError as {@link CookieSetter.setCookie} does; sealing adds to the length.
   */
  set<R extends CookieSetter>(reply: R, value: string): R;
  /** Has the browser forget it; gives the reply back. */
  delete<R extends CookieSetter>(reply: R): R;
}

/** Makes sealed cookies. See {@link cookieJar}. */
export interface CookieJar {
  /**
   * A cookie that everybody can read and nobody change: HMAC-SHA-256 over its name, its end and its value.
   *
   * @throws CovetError for a name or attributes that no cookie can have.
   */
  signed(name: string, options?: CookieOptions): SealedCookie;
  /**
   * A cookie that nobody can read or change: AES-256-GCM, bound to its name.
   *
   * @throws CovetError for a name or attributes that no cookie can have.
   */
  encrypted(name: string, options?: CookieOptions): SealedCookie;
}

const MOST_KEYS = 16;

/**
 * Makes cookies that only holders of the secret can make.
 *
 * A sealed cookie has its end inside: with `maxAge` or `expires` it is refused from then on, whatever the client says. One
 * without lasts as long as its secret, so that a stolen one does, too; sessions that can be ended belong on the server.
 *
 * Each secret is stretched by HKDF into a key for signing and another for encryption. Nonces are random, so a secret is good
 * for some 2^32 encrypted cookies.
 *
 * @throws CovetError for no secret, for more than 16, and for a secret that is too weak, saying why and never which.
 *
 * @example
 * ```ts
 * import { Covet, HttpError, cookieJar, reply } from 'covet';
 *
 * const jar = cookieJar({ keys: ['9b2c7de14f0a63855d1e0c7f4ab893d26ef5178a40bc92e3d7f61508ca3be947'] });
 * const user = jar.signed('user', { maxAge: 7 * 24 * 3600 });
 *
 * const app = new Covet();
 * app.post('/login', () => user.set(reply(204), '42'));
 * app.get('/me', ({ req }) => {
 *   const id = user.get(req);
 *   if (id === undefined) throw new HttpError(401);
 *   return { id };
 * });
 * app.post('/logout', () => user.delete(reply(204)));
 * ```
 */
export function cookieJar({ keys }: CookieJarOptions): CookieJar {
  checkKeys(keys);
  const signer = new Signer(keys);
  const cipher = new Cipher(keys);
  return {
    signed: (name, options) => new Sealed(name, options, signer),
    encrypted: (name, options) => new Sealed(name, options, cipher),
  };
}

/** @internal */
export function checkKeys(keys: readonly string[]): void {
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MOST_KEYS) {
    throw new CovetError(`A cookie jar takes a list of 1 to ${MOST_KEYS} keys`, { code: 'INVALID_OPTION' });
  }
  for (const [index, key] of keys.entries()) {
    const weakness = typeof key === 'string' ? weaknessOf(key) : 'is no text';
    if (weakness === undefined) continue;
    throw new CovetError(`Key ${index + 1} of ${keys.length} of a cookie jar ${weakness}`, { code: 'INVALID_OPTION' });
  }
}

class Sealed implements SealedCookie {
  readonly name: string;
  readonly #options: CookieOptions;
  readonly #sealer: Sealer;

  constructor(name: string, options: CookieOptions = {}, sealer: Sealer) {
    // What is wrong with name or attributes is known now, not with the first answer.
    toSetCookie(name, '', options);
    this.name = name;
    this.#options = options;
    this.#sealer = sealer;
  }

  get(req: Pick<CovetRequest, 'cookies'>): string | undefined {
    return this.#open(req)?.value;
  }

  isStale(req: Pick<CovetRequest, 'cookies'>): boolean {
    const opened = this.#open(req);
    return opened !== undefined && opened.key > 0;
  }

  set<R extends CookieSetter>(reply: R, value: string): R {
    if (typeof value !== 'string' || !isWellFormed(value)) {
      throw new CovetError(`The value of the cookie '${this.name}' is no text that can be sealed`);
    }
    return reply.setCookie(this.name, this.#sealer.seal(this.name, { value, end: this.#end() }), this.#options);
  }

  delete<R extends CookieSetter>(reply: R): R {
    const { maxAge: _maxAge, expires: _expires, priority: _priority, ...options } = this.#options;
    return reply.deleteCookie(this.name, options);
  }

  #open(req: Pick<CovetRequest, 'cookies'>): { readonly value: string; readonly key: number } | undefined {
    const text = req.cookies[this.name];
    const opened = text === undefined ? undefined : this.#sealer.open(this.name, text);
    if (opened === undefined || (opened.end !== undefined && opened.end <= Date.now())) return undefined;
    return opened;
  }

  #end(): number | undefined {
    const { maxAge, expires } = this.#options;
    return maxAge === undefined ? expires?.getTime() : Date.now() + maxAge * 1000;
  }
}

const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text;
