/** Sessions in this thread's memory. */
import { CovetError } from '../error.ts';
import type { SessionRecord, SessionStore, SessionVisit } from './session-store.ts';

/** Options of {@link MemorySessionStore}. */
export interface MemorySessionStoreOptions {
  /** How many sessions at most. Default 100,000. */
  readonly maxSessions?: number | undefined;
}

/** How many each new session has looked at, to see whether they have ended: all are seen again and again, none waits. */
const swept = 10;

/**
 * Keeps sessions in the memory of this thread: for development, for tests, and for one process without `workers` whose users
 * may be logged out by a restart.
 *
 * Full, it gives up the session that was not seen for longest, those without a user first: nobody loses theirs to a crowd of
 * strangers. Sessions that have ended make room as new ones come.
 *
 * @throws CovetError `INVALID_OPTION` when `maxSessions` is not a whole number from 1.
 *
 * @example
 * ```ts
 * import { MemorySessionStore, sessions } from 'covet/sessions';
 *
 * export const session = sessions({ store: new MemorySessionStore({ maxSessions: 10_000 }) });
 * ```
 */
export class MemorySessionStore implements SessionStore {
  readonly #maxSessions: number;
  /** The one not seen for longest comes first. */
  readonly #anonymous = new Map<string, SessionRecord>();
  readonly #owned = new Map<string, SessionRecord>();
  readonly #keysByUser = new Map<string, Set<string>>();
  #sweeping: IterableIterator<SessionRecord> | undefined;

  constructor({ maxSessions = 100_000 }: MemorySessionStoreOptions = {}) {
    if (!Number.isInteger(maxSessions) || maxSessions < 1) {
      throw new CovetError(`maxSessions is a whole number from 1, not ${String(maxSessions)}`, {
        code: 'INVALID_OPTION',
      });
    }
    this.#maxSessions = maxSessions;
  }

  /** How many sessions there are, those included that have ended and were not come across yet. */
  get size(): number {
    return this.#anonymous.size + this.#owned.size;
  }

  async read(key: string): Promise<SessionRecord | undefined> {
    return this.#find(key);
  }

  async create(record: SessionRecord): Promise<void> {
    this.#sweep(record.seenAt);
    this.#put(record);
    while (this.size > this.#maxSessions) this.#giveUp();
  }

  async replace(old: Pick<SessionRecord, 'key' | 'version'>, record: SessionRecord): Promise<boolean> {
    if (this.#find(old.key)?.version !== old.version) return false;
    this.#remove(old.key);
    this.#put(record);
    return true;
  }

  async touch(key: string, visit: SessionVisit): Promise<void> {
    const record = this.#find(key);
    if (record === undefined) return;
    this.#remove(key);
    this.#put({ ...record, ...visit });
  }

  async delete(key: string): Promise<boolean> {
    return this.#remove(key);
  }

  async list(userId: string, now: number): Promise<SessionRecord[]> {
    return this.#keysOf(userId)
      .map((key) => this.#owned.get(key)!)
      .filter(({ expiresAt }) => now < expiresAt);
  }

  async deleteOfUser(userId: string, { except }: { readonly except?: string | undefined } = {}): Promise<number> {
    const keys = this.#keysOf(userId).filter((key) => key !== except);
    for (const key of keys) this.#remove(key);
    return keys.length;
  }

  #find(key: string): SessionRecord | undefined {
    return this.#owned.get(key) ?? this.#anonymous.get(key);
  }

  #keysOf(userId: string): string[] {
    return [...(this.#keysByUser.get(userId) ?? [])];
  }

  #put(record: SessionRecord): void {
    const { key, userId } = record;
    if (userId === undefined) {
      this.#anonymous.set(key, record);
      return;
    }
    this.#owned.set(key, record);
    const keys = this.#keysByUser.get(userId) ?? new Set();
    this.#keysByUser.set(userId, keys.add(key));
  }

  #remove(key: string): boolean {
    const userId = this.#owned.get(key)?.userId;
    if (userId === undefined) return this.#anonymous.delete(key);
    const keys = this.#keysByUser.get(userId);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByUser.delete(userId);
    return this.#owned.delete(key);
  }

  #giveUp(): void {
    const [stranger] = this.#anonymous.keys();
    const [oldest] = this.#owned.keys();
    this.#remove((stranger ?? oldest)!);
  }

  #sweep(now: number): void {
    for (let count = 0; count < swept; count += 1) {
      this.#sweeping ??= this.#all();
      const { value, done } = this.#sweeping.next();
      if (done === true) {
        this.#sweeping = undefined;
        return;
      }
      if (value.expiresAt <= now) this.#remove(value.key);
    }
  }

  /** Maps let themselves be changed while they are walked. */
  *#all(): IterableIterator<SessionRecord> {
    yield* this.#anonymous.values();
    yield* this.#owned.values();
  }
}
