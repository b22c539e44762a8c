/** Sessions in the cookie itself, encrypted: nothing is kept on the server. */
import { checkKeys } from '../cookie-jar.ts';
import { Cipher } from '../internal/sealed-cookie.ts';
import type { Opened, Sealer } from '../internal/sealed-cookie.ts';

/** Options of {@link CookieSessionStore}. */
export interface CookieSessionStoreOptions {
  /**
   * Secrets of at least 32 characters, as for `cookieJar`; at most 16. The first one seals, all of them open: to change
   * secrets, put the new one in front and take the old one out when `lifetime` has passed.
   */
  readonly keys: readonly string[];
}

/**
 * Keeps each session in its own cookie, by AES-256-GCM: nobody reads or changes it, nothing is asked of a store, and every
 * process that has the keys knows it. Data may take 2048 bytes as JSON.
 *
 * What ends a session before its time needs a store that knows of it. Here `destroy` and `login` have the browser forget or
 * replace the cookie, but whoever has a copy can use that until it ends; `list`, `revoke` and `revokeOthers` are refused. Of
 * requests at the same time that change a session the last answer wins.
 *
 * @throws CovetError for no secret, for more than 16, and for a secret that is too weak.
 *
 * @example
 * ```ts
 * import { CookieSessionStore, sessions } from 'covet/sessions';
 *
 * const keys = ['9b2c7de14f0a63855d1e0c7f4ab893d26ef5178a40bc92e3d7f61508ca3be947'];
 * export const session = sessions({ store: new CookieSessionStore({ keys }), idleTimeout: 900 });
 * ```
 */
export class CookieSessionStore {
  readonly #sealer: Sealer;

  constructor({ keys }: CookieSessionStoreOptions) {
    checkKeys(keys);
    this.#sealer = new Cipher(keys);
  }

  /** @internal */
  seal(cookie: string, value: string, end: number): string {
    return this.#sealer.seal(purposeOf(cookie), { value, end });
  }

  /** @internal */
  open(cookie: string, text: string): Opened | undefined {
    return this.#sealer.open(purposeOf(cookie), text);
  }
}

/** No cookie has a space in its name: what a jar with the same keys has sealed is none of ours. */
const purposeOf = (cookie: string): string => `session ${cookie}`;
