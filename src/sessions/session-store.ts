/** Where sessions are kept: what the ring asks of a store, and what it keeps there. */

/** When a session was last seen, and from where. */
export interface SessionVisit {
  /** Milliseconds since 1970, as all times here. */
  readonly seenAt: number;
  /** When it ends unless it is seen again. */
  readonly expiresAt: number;
  /** `User-Agent`, cut at 512 characters; empty where there was none. */
  readonly userAgent: string;
  /** The client's address, as `req.ip` has it. */
  readonly address: string;
}

/** A session as it is stored. */
export interface SessionRecord extends SessionVisit {
  /** SHA-256 of the id in the cookie, in base64url: 43 characters. Who reads the store cannot use a session. */
  readonly key: string;
  /** Grows by one with each change, but not with visits. */
  readonly version: number;
  /** Whose it is; undefined for one without a user. The same for as long as the key. */
  readonly userId: string | undefined;
  /** JSON; undefined where nothing is set. */
  readonly data: string | undefined;
  /** When its user logged in, or it began. */
  readonly createdAt: number;
  /** When it ends in any case. */
  readonly endsAt: number;
}

/**
 * Keeps sessions: {@link MemorySessionStore}, {@link RedisSessionStore}, {@link PostgresSessionStore}, or one of your own.
 *
 * A store that cannot be asked rejects with an error of status 503 that has `Retry-After`. It may forget a session once
 * `expiresAt` has passed, and need not: the ring looks at the time itself.
 */
export interface SessionStore {
  read(key: string): Promise<SessionRecord | undefined>;
  create(record: SessionRecord): Promise<void>;
  /**
   * Puts `record` in the place of the session that has this key and version, in one step; false, and nothing done, where
   * there is none. The key of `record` may be another one: then the old one is gone.
   */
  replace(old: Pick<SessionRecord, 'key' | 'version'>, record: SessionRecord): Promise<boolean>;
  /** Notes a visit, if the session is still there. */
  touch(key: string, visit: SessionVisit): Promise<void>;
  /** Whether it was there. */
  delete(key: string): Promise<boolean>;
  /** The sessions of a user that have not ended at `now`, in any order. */
  list(userId: string, now: number): Promise<SessionRecord[]>;
  /** Ends the sessions of a user, but for the one with the key `except`: how many they were. */
  deleteOfUser(userId: string, options?: { readonly except?: string | undefined }): Promise<number>;
}
