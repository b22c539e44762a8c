/** A session, as handlers see it. */

/** What is known of a session, for its user to see. */
export interface SessionInfo {
  /** Names it, for {@link Session.revoke}; a new one with each new id. It cannot be used as a cookie. */
  readonly id: string;
  /** Whether it is the one of this request. */
  readonly isCurrent: boolean;
  readonly userId: string | undefined;
  /** `User-Agent` of the device; empty where it sent none. */
  readonly userAgent: string;
  /** Address of the device, as `req.ip` has it. */
  readonly address: string;
  /** When the user logged in, or the session began. */
  readonly createdAt: Date;
  /** Exact to a tenth of `idleTimeout`. */
  readonly lastSeenAt: Date;
  /** When it ends unless it is seen again. */
  readonly expiresAt: Date;
}

/**
 * The session of a request, as {@link sessions} gives it. Nothing is read before it is asked for; what is changed is written
 * once, before the response leaves, and not at all where the request ends in an error that was thrown.
 *
 * `Data` is what is read, `Given` what is written: they differ where the schema transforms.
 *
 * Every method rejects with a 503 that has `Retry-After` while the store cannot be asked. Changes reject with a CovetError
 * once the response has left.
 */
export interface Session<Data = unknown, Given = Data> {
  /**
   * The data, changes of this request included. Undefined where nothing is set, there is no session, it has ended, or the
   * data does not fit the schema any more. A copy: changing it changes nothing.
   */
  get(): Promise<Data | undefined>;
  /**
   * Puts `data` in the place of what is there. Without a session one begins.
   *
   * Where another request has changed the session since this one read it, the answer is a 409 `SESSION_CONFLICT`; `update`
   * does not have that.
   *
   * @throws SessionError `SESSION_DATA_INVALID` for data that does not fit, is no JSON or too large; HttpError 401 where
   * sessions need a user and there is none.
   */
  set(data: Given): Promise<void>;
  /**
   * Makes new data of what is there. Where another request has changed the session meanwhile, `change` runs again, on what
   * is there then, up to ten times: it should do nothing else. It answers at once, with the data and not a promise.
   *
   * @throws as {@link Session.set} does; TypeError for a promise.
   */
  update(change: (data: Data | undefined) => Given): Promise<void>;
  /** Takes the data away; a user stays logged in. A session without a user ends with its data. */
  delete(): Promise<void>;
  /** Gives the session a new id, and ends the old one: after a change of rights. Nothing where there is no session. */
  rotate(): Promise<void>;
  /**
   * Makes it the session of a user: a new id, so that nobody knows it who knew the old one, which is dead. Data is kept, but
   * for that of another user. The lifetime begins anew.
   *
   * @throws TypeError for an id that is no text of 1 to 255 characters.
   */
  login(userId: string): Promise<void>;
  /** Ends the session at once, and has the browser forget its cookie: logout. */
  destroy(): Promise<void>;
  /** Whose it is; undefined where nobody is logged in. */
  userId(): Promise<string | undefined>;
  /** What is known of it; undefined where there is none. Changes are written first. */
  info(): Promise<SessionInfo | undefined>;
  /** All sessions of the user, the last seen first; none where nobody is logged in. Changes are written first. */
  list(): Promise<SessionInfo[]>;
  /** Ends a session of the same user at once, by the id that {@link Session.list} gives: whether there was one. */
  revoke(id: string): Promise<boolean>;
  /** Ends all other sessions of the user at once: how many they were. After a change of the password. */
  revokeOthers(): Promise<number>;
}
