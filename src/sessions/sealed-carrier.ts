/** The session of one request in its own cookie: what is written in a store elsewhere is sealed and set here. */
import { CovetError } from '../error.ts';
import { toSetCookie } from '../internal/set-cookie.ts';
import type { CookieSessionStore } from './cookie-session-store.ts';
import { readCookie } from './read-cookie.ts';
import { setSessionCookie, type CarrierParts, type SessionCarrier } from './session-carrier.ts';
import { SessionError } from './session-error.ts';
import type { SessionRecord, SessionStore, SessionVisit } from './session-store.ts';

/** Of data, in bytes: what is left of a cookie's 4096 when it is encrypted, beside the rest and the attributes. */
const mostData = 2048;

/** What browsers keep of a cookie, with name and attributes. */
const mostCookie = 4096;

/** What is sealed, before the data. Device and address are those of the request that brings it. */
type Sealed = Omit<SessionRecord, 'data' | 'userAgent' | 'address'>;

export class SealedCarrier implements SessionCarrier, SessionStore {
  readonly store: SessionStore = this;
  readonly #sealing: CookieSessionStore;
  readonly #parts: CarrierParts;
  #record: SessionRecord | undefined;
  #isStale = false;

  constructor(sealing: CookieSessionStore, parts: CarrierParts) {
    this.#sealing = sealing;
    this.#parts = parts;
  }

  /** Sealed by a key that is to go. */
  get isStale(): boolean {
    return this.#isStale;
  }

  key(): string | undefined {
    const { plan, req } = this.#parts;
    const text = readCookie(req.header('cookie'), plan.cookieName);
    const opened = text === undefined ? undefined : this.#sealing.open(plan.cookieName, text);
    if (opened === undefined) return undefined;
    this.#isStale = opened.key > 0;
    const end = opened.value.indexOf('\n');
    const sealed = JSON.parse(opened.value.slice(0, end)) as Sealed;
    const data = opened.value.slice(end + 1);
    this.#record = {
      ...sealed,
      data: data === '' ? undefined : data,
      userAgent: (req.header('user-agent') ?? '').slice(0, 512),
      address: req.ip,
    };
    return sealed.key;
  }

  check(text: string): void {
    const size = Buffer.byteLength(text);
    if (size > mostData) throw tooLarge(`${size} bytes of data, and ${mostData} are the most`);
  }

  give(): void {
    // The cookie is the session: it was set when that was written.
  }

  async read(key: string): Promise<SessionRecord | undefined> {
    this.#checkOwn(key);
    return this.#record;
  }

  async create(record: SessionRecord): Promise<void> {
    this.#put(record);
  }

  async replace(_old: unknown, record: SessionRecord): Promise<boolean> {
    this.#put(record);
    return true;
  }

  async touch(key: string, visit: SessionVisit): Promise<void> {
    if (this.#record?.key === key) this.#put({ ...this.#record, ...visit });
  }

  async delete(key: string): Promise<boolean> {
    this.#checkOwn(key);
    this.#record = undefined;
    return true;
  }

  async list(): Promise<SessionRecord[]> {
    throw unknown();
  }

  async deleteOfUser(): Promise<number> {
    throw unknown();
  }

  #checkOwn(key: string): void {
    if (this.#record !== undefined && this.#record.key !== key) throw unknown();
  }

  #put(record: SessionRecord): void {
    const { plan } = this.#parts;
    const { data = '', userAgent: _agent, address: _address, ...sealed } = record;
    const value = `${JSON.stringify(sealed satisfies Sealed)}\n${data}`;
    const text = this.#sealing.seal(plan.cookieName, value, record.expiresAt);
    const life = record.endsAt - record.seenAt;
    const size = plan.cookieName.length + text.length + attributesOf(this.#parts, life);
    if (size > mostCookie) throw tooLarge(`${size} bytes when it is sealed, and a cookie has ${mostCookie}`);
    setSessionCookie(this.#parts, text, life);
    this.#record = record;
    this.#isStale = false;
  }
}

/** `=` and all that follows the value. */
function attributesOf({ plan }: CarrierParts, life: number): number {
  return toSetCookie('a', '', { ...plan.cookie, secure: true, maxAge: Math.ceil(life / 1000) }).line.length - 1;
}

function tooLarge(what: string): SessionError {
  return new SessionError(
    'SESSION_DATA_INVALID',
    `The session does not fit into a cookie: ${what}. Keep a key to the data instead, or sessions in a store`,
  );
}

function unknown(): CovetError {
  return new CovetError(
    'Sessions in cookies are known to their browsers alone: list(), revoke() and revokeOthers() need a store, such as PostgresSessionStore',
  );
}
