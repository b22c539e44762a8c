/** The session of one request: read at first need, changed in memory, written once before the response leaves. */
import { setTimeout as sleep } from 'node:timers/promises';

import { HttpError } from '../error.ts';
import { isThenable } from '../internal/promise.ts';
import type { PendingResponse } from '../types/pending-response.ts';
import type { CovetRequest } from '../types/request.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { SessionCarrier } from './session-carrier.ts';
import { conflict } from './session-error.ts';
import { createSessionId } from './session-id.ts';
import type { SessionPlan } from './session-options.ts';
import { isAlive, toInfo, toRecord, toVisit } from './session-record.ts';
import type { SessionRecord, SessionStore } from './session-store.ts';
import type { Session, SessionInfo } from './session.ts';

/** What a {@link RequestSession} is made with. */
export interface RequestSessionParts {
  readonly plan: SessionPlan;
  readonly carrier: SessionCarrier;
  readonly req: CovetRequest;
  readonly res: PendingResponse;
}

/** The text of the data before, the one after. */
type Step = (text: string | undefined) => MaybePromise<string | undefined>;

/** What is still to be written. */
interface Change {
  /** In order; they run again on what another request has left. */
  steps: Step[];
  /** Whether one of them looked at what was there, and cannot run again without its program. */
  isFinal: boolean;
  rotates: boolean;
  /** Who logs in. */
  userId: string | undefined;
}

/** How often a change is tried. Of ten requests at once, one wins each round. */
const mostAttempts = 10;

const forget: Step = () => undefined;

export class RequestSession implements Session {
  readonly #plan: SessionPlan;
  readonly #store: SessionStore;
  readonly #carrier: SessionCarrier;
  readonly #req: CovetRequest;
  readonly #res: PendingResponse;
  #loading: Promise<void> | undefined;
  /** As it is stored, for all we know. */
  #base: SessionRecord | undefined;
  /** The data with what is still to be written. */
  #text: string | undefined;
  #change: Change | undefined;
  #isScheduled = false;
  /** Changes run one after the other, or one would be lost. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ plan, carrier, req, res }: RequestSessionParts) {
    this.#plan = plan;
    this.#store = carrier.store;
    this.#carrier = carrier;
    this.#req = req;
    this.#res = res;
  }

  async get(): Promise<unknown> {
    await this.#load();
    return this.#plan.data.read(this.#text);
  }

  set(data: unknown): Promise<void> {
    return this.#inTurn(async () => {
      await this.#loadForUser();
      const text = await this.#plan.data.write(data);
      this.#carrier.check(text);
      const change = this.#begin();
      change.isFinal = true;
      change.steps = [() => text];
      this.#text = text;
    });
  }

  update(change: (data: unknown) => unknown): Promise<void> {
    const { data } = this.#plan;
    const step: Step = async (text) => {
      const changed = change(await data.read(text));
      if (isThenable(changed))
        throw new TypeError('update() takes a function that answers at once, not with a promise');
      return data.write(changed);
    };
    return this.#inTurn(async () => {
      await this.#loadForUser();
      const text = await step(this.#text);
      if (text !== undefined) this.#carrier.check(text);
      this.#begin().steps.push(step);
      this.#text = text;
    });
  }

  delete(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#load();
      if (this.#text === undefined) return;
      const change = this.#begin();
      change.isFinal = false;
      change.steps = [forget];
      this.#text = undefined;
    });
  }

  rotate(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#load();
      if (this.#base !== undefined || this.#change !== undefined) this.#begin().rotates = true;
    });
  }

  login(userId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (typeof userId !== 'string' || userId === '' || userId.length > 255) {
        throw new TypeError('login() takes the id of a user: text of 1 to 255 characters');
      }
      await this.#load();
      const before = this.#user;
      const change = this.#begin();
      change.userId = userId;
      change.rotates = true;
      if (before === undefined || before === userId) return;
      change.isFinal = false;
      change.steps = [forget];
      this.#text = undefined;
    });
  }

  destroy(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  async userId(): Promise<string | undefined> {
    await this.#load();
    return this.#user;
  }

  info(): Promise<SessionInfo | undefined> {
    return this.#inTurn(async () => {
      await this.#flush();
      return this.#base === undefined ? undefined : toInfo(this.#base, this.#base.key);
    });
  }

  list(): Promise<SessionInfo[]> {
    return this.#inTurn(async () => {
      await this.#flush();
      const userId = this.#user;
      if (userId === undefined) return [];
      const now = this.#plan.clock();
      const records = await this.#store.list(userId, now);
      return records
        .filter((record) => isAlive(record, now))
        .sort((a, b) => b.seenAt - a.seenAt || b.createdAt - a.createdAt)
        .map((record) => toInfo(record, this.#base?.key));
    });
  }

  revoke(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#flush();
      const userId = this.#user;
      if (userId === undefined || typeof id !== 'string') return false;
      if (id === this.#base?.key) {
        await this.#end();
        return true;
      }
      // The user of a key never changes: nothing comes between look and deletion.
      const record = await this.#read(id);
      return record?.userId === userId && this.#store.delete(id);
    });
  }

  revokeOthers(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#flush();
      const userId = this.#user;
      return userId === undefined ? 0 : this.#store.deleteOfUser(userId, { except: this.#base?.key });
    });
  }

  get #user(): string | undefined {
    return this.#change?.userId ?? this.#base?.userId;
  }

  #load(): Promise<void> {
    return (this.#loading ??= this.#open().catch((error: unknown) => {
      // The next one who needs it asks again.
      this.#loading = undefined;
      throw error;
    }));
  }

  async #loadForUser(): Promise<void> {
    await this.#load();
    if (this.#plan.anonymous || this.#user !== undefined) return;
    throw new HttpError(401, 'User must be authenticated to set session');
  }

  async #open(): Promise<void> {
    const key = this.#carrier.key();
    let base = key === undefined ? undefined : await this.#read(key);
    const now = this.#plan.clock();
    const isDue = (seenAt: number): boolean => this.#carrier.isStale || now - seenAt >= this.#plan.idleTimeout / 10;
    if (base !== undefined && isDue(base.seenAt)) {
      const visit = toVisit(this.#req, this.#plan, base.endsAt);
      await this.#store.touch(base.key, visit);
      base = { ...base, ...visit };
    }
    this.#base = base;
    this.#text = base?.data;
  }

  async #read(key: string): Promise<SessionRecord | undefined> {
    const record = await this.#store.read(key);
    return record !== undefined && isAlive(record, this.#plan.clock()) ? record : undefined;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done;
    return done;
  }

  /** The change that is under way; from the first on it is written before the response leaves. */
  #begin(): Change {
    if (!this.#isScheduled) {
      this.#res.beforeSend(() => {
        this.#isScheduled = false;
        return this.#inTurn(() => this.#flush());
      });
      this.#isScheduled = true;
    }
    return (this.#change ??= { steps: [], isFinal: false, rotates: false, userId: undefined });
  }

  /** In the store first: what cannot be ended there must not look as if it were. */
  async #end(): Promise<void> {
    await this.#load();
    this.#change = undefined;
    this.#text = undefined;
    if (this.#base !== undefined) await this.#store.delete(this.#base.key);
    this.#base = undefined;
    this.#dropCookie();
  }

  async #flush(): Promise<void> {
    await this.#load();
    const change = this.#change;
    if (change === undefined) return;
    for (let attempt = 1; !(await this.#write(change)); attempt += 1) {
      if (change.isFinal || attempt === mostAttempts) throw conflict('changed');
      // Each waits for another time: those that lose together would lose together again.
      await sleep(Math.random() * 2 ** Math.min(attempt, 6));
      const { key } = this.#base!;
      this.#base = await this.#read(key);
      if (this.#base === undefined && change.userId === undefined) throw conflict('ended');
      let text = this.#base?.data;
      for (const step of change.steps) text = await step(text);
      this.#text = text;
    }
    this.#change = undefined;
  }

  /** Whether it was written, or need not be. */
  async #write(change: Change): Promise<boolean> {
    const [base, data] = [this.#base, this.#text];
    const userId = change.userId ?? base?.userId;
    if (data === undefined && userId === undefined) {
      // Without a user a session is what is set in it.
      if (base !== undefined) await this.#end();
      return true;
    }
    if (base !== undefined && !change.rotates && data === base.data) return true;
    const id = base === undefined || change.rotates ? createSessionId() : undefined;
    const record = toRecord(this.#req, this.#plan, { base, id, userId, data, isLogin: change.userId !== undefined });
    if (base === undefined) await this.#store.create(record);
    else if (!(await this.#store.replace(base, record))) return false;
    this.#base = record;
    if (id !== undefined) this.#carrier.give(id, record);
    return true;
  }

  #dropCookie(): void {
    const { priority: _priority, ...cookie } = this.#plan.cookie;
    this.#res.deleteCookie(this.#plan.cookieName, cookie);
  }
}
