/** The options of sessions, checked. */
import { CovetError } from '../error.ts';
import { isSchema } from '../internal/is-schema.ts';
import { toSetCookie } from '../internal/set-cookie.ts';
import type { CookieOptions } from '../types/cookie.ts';
import type { Injectable } from '../types/injectable.ts';
import type { Schema } from '../types/schema.ts';
import type { CookieSessionStore } from './cookie-session-store.ts';
import { SessionData } from './session-data.ts';
import type { SessionStore } from './session-store.ts';

/** The cookie that carries a session's id. It is `HttpOnly` always. */
export interface SessionCookieOptions extends Pick<
  CookieOptions,
  'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned' | 'priority'
> {
  /** Default `'__Host-sid'`: browsers take it over TLS only, and from this very host only. */
  readonly name?: string;
}

/** Options of {@link sessions}. */
export interface SessionsOptions {
  /** Where sessions are kept: a store, or a dependency that gives one. */
  readonly store: SessionStore | CookieSessionStore | Injectable<SessionStore | CookieSessionStore>;
  /** What the data has to be, by a schema of any Standard Schema library. Default: any JSON. */
  readonly data?: Schema | undefined;
  /** How long a session lives without being seen, in seconds. Noted at most every tenth of it. Default 3600. */
  readonly idleTimeout?: number | undefined;
  /** How long a session lives at most, in seconds; login begins anew. Default 43,200: 12 hours. */
  readonly lifetime?: number | undefined;
  /** `false`: a session needs a user, and `set` and `update` without one are a 401. Default true. */
  readonly anonymous?: boolean | undefined;
  /** How much the data may take as JSON, in bytes. Default 65,536; in a cookie 2048 are the most. */
  readonly maxDataSize?: number | undefined;
  readonly cookie?: SessionCookieOptions | undefined;
  /** Milliseconds since 1970, for tests that do not wait. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

/** The same with defaults, times in milliseconds. */
export interface SessionPlan {
  readonly data: SessionData;
  readonly idleTimeout: number;
  readonly lifetime: number;
  readonly anonymous: boolean;
  readonly cookieName: string;
  readonly cookie: CookieOptions;
  readonly clock: () => number;
}

/** @throws CovetError `INVALID_OPTION`. */
export function toPlan(options: SessionsOptions): SessionPlan {
  const { store, data, anonymous = true, maxDataSize = 65_536, clock = Date.now } = options;
  if (typeof store !== 'object' || store === null)
    throw refusal('`store` is missing: new MemorySessionStore(), for one');
  if (data !== undefined && !isSchema(data)) throw refusal('`data` is no schema');
  if (!(maxDataSize >= 1)) throw refusal(`\`maxDataSize\` is a number of bytes, not ${String(maxDataSize)}`);
  const seconds = (option: 'idleTimeout' | 'lifetime', value: number): number => {
    // 400 days is as long as a browser keeps any cookie (RFC 6265bis, 5.5).
    if (typeof value === 'number' && value >= 1 && value <= 400 * 86_400) return value * 1000;
    throw refusal(`\`${option}\` is 1 to ${400 * 86_400} seconds, not ${String(value)}`);
  };
  const { name: cookieName = '__Host-sid', ...cookie } = options.cookie ?? {};
  if ('maxAge' in cookie || 'expires' in cookie) throw refusal('the cookie lasts as long as `lifetime`, set that');
  if ('httpOnly' in cookie) throw refusal('the cookie is httpOnly always: no script has a use for it');
  // What is wrong with name or attributes is known now, not with the first session.
  toSetCookie(cookieName, '', cookie);
  return {
    data: new SessionData(data, maxDataSize),
    idleTimeout: seconds('idleTimeout', options.idleTimeout ?? 3600),
    lifetime: seconds('lifetime', options.lifetime ?? 43_200),
    anonymous,
    cookieName,
    cookie,
    clock,
  };
}

function refusal(reason: string): CovetError {
  return new CovetError(`sessions(): ${reason}`, { code: 'INVALID_OPTION' });
}
