/** When a browser sends a cookie with requests that begin on other sites. */
export type SameSite = 'strict' | 'lax' | 'none';

/** Attributes of a cookie (RFC 6265bis, CHIPS). All may be left out. */
export interface CookieOptions {
  /** Below which paths the browser sends it. Default `'/'`: all of them. */
  readonly path?: string;
  /** The host whose subdomains get it too. Default: the answering host alone, which is the safer choice. */
  readonly domain?: string;
  /** Seconds it is kept. 0 removes it. Default: until the browser is closed. Wins over `expires`; browsers cap it at 400 days. */
  readonly maxAge?: number;
  /** The moment it ends. */
  readonly expires?: Date;
  /** Whether scripts of the page are kept from it. Default true. */
  readonly httpOnly?: boolean;
  /**
   * Whether it is sent over TLS alone. Default true, but for one case: in development, an answer to a request for
   * `localhost` or another loopback name that no proxy passed on goes without, since not every client takes `Secure` over
   * plain HTTP there. What must be secure (`sameSite: 'none'`, `partitioned`, a `__Secure-` or `__Host-` name) stays so.
   */
  readonly secure?: boolean;
  /** Default `'lax'`. `'none'` needs `secure`. */
  readonly sameSite?: SameSite;
  /** Whether each top-level site that embeds this one has a jar of its own for it (CHIPS). Needs `secure`. */
  readonly partitioned?: boolean;
  /** Which cookies Chromium drops first when a site has too many. */
  readonly priority?: 'low' | 'medium' | 'high';
}

/** Attributes a deletion may need: `path` and `domain` have to be those the cookie was set with. */
export type DeleteCookieOptions = Omit<CookieOptions, 'maxAge' | 'expires' | 'priority'>;

/** What cookies can be set on: every reply. */
export interface CookieSetter {
  /**
   * Sets a cookie; one of the same name, domain and path that was set before on this reply is replaced.
   *
   * The value is any text: what a cookie cannot hold is percent-encoded, and decoded again where Covet reads it.
   *
   * @throws CovetError for a name that is no token, an attribute with a character that would begin another one, a
   * combination browsers refuse (`__Host-` with a domain, `sameSite: 'none'` without `secure`), and for more than 4096
   * bytes in all.
   *
   * @example
   * ```ts
   * import { Covet, reply } from 'covet';
   *
   * const app = new Covet();
   * app.post('/theme/{name}', ({ params }) => reply(204).setCookie('theme', params.name, { maxAge: 31_536_000 }));
   * ```
   */
  setCookie(name: string, value: string, options?: CookieOptions): this;
  /**
   * Has the browser forget a cookie: sets it empty, ended long ago. `path` and `domain` have to be those it was set with.
   *
   * @throws CovetError as {@link CookieSetter.setCookie} does.
   */
  deleteCookie(name: string, options?: DeleteCookieOptions): this;
}
