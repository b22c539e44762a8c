/** How a session comes with a request and goes with its response: by an id in a cookie, whose record is in a store. */
import type { PendingResponse } from '../types/pending-response.ts';
import type { CovetRequest } from '../types/request.ts';
import { readCookie } from './read-cookie.ts';
import { readSessionId, toSessionKey } from './session-id.ts';
import type { SessionPlan } from './session-options.ts';
import type { SessionRecord, SessionStore } from './session-store.ts';

/** What a request and its response have of a session. */
export interface SessionCarrier {
  readonly store: SessionStore;
  /** The key of the session that the request names. */
  key(): string | undefined;
  /** Whether its visit is to be noted now, though it was not long ago. */
  readonly isStale: boolean;
  /** @throws SessionError where the text of data is too long to be carried. */
  check(text: string): void;
  /** Gives the client a new id. */
  give(id: string, record: SessionRecord): void;
}

/** What a carrier is made with. */
export interface CarrierParts {
  readonly plan: SessionPlan;
  readonly req: CovetRequest;
  readonly res: PendingResponse;
}

/** Sets the session's cookie on the response. */
export function setSessionCookie({ plan, res }: CarrierParts, value: string, life: number): void {
  res.setCookie(plan.cookieName, value, { ...plan.cookie, maxAge: Math.ceil(life / 1000) });
  // A cache that keeps the answer would give the session to others.
  res.headers.set('cache-control', 'no-store');
}

export class IdCarrier implements SessionCarrier {
  readonly store: SessionStore;
  readonly isStale = false;
  readonly #parts: CarrierParts;

  constructor(store: SessionStore, parts: CarrierParts) {
    this.store = store;
    this.#parts = parts;
  }

  key(): string | undefined {
    const { req, plan } = this.#parts;
    const id = readSessionId(readCookie(req.header('cookie'), plan.cookieName));
    return id === undefined ? undefined : toSessionKey(id);
  }

  check(): void {}

  give(id: string, { seenAt, endsAt }: SessionRecord): void {
    setSessionCookie(this.#parts, id, endsAt - seenAt);
  }
}
