/**
 * Sessions in Redis: a hash each, for each user a sorted set of the keys of theirs, and the era that the user is in.
 *
 * Every script names one key, so that a cluster takes it. What spans two is done in an order in which nothing is lost when
 * it ends half way: an index names too many rather than too few, and a new key is made before the old one goes.
 *
 * An era ends when all sessions of a user are ended. Each session notes the era it began in, and one that gets a new key
 * takes that of the old one: whoever does so while the sessions are ended finds, at the end, that their era is over.
 */
import { randomBytes } from 'node:crypto';

import { CovetError } from '../error.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { SessionRecord, SessionStore, SessionVisit } from './session-store.ts';

/** Options of {@link RedisSessionStore}. */
export interface RedisSessionStoreOptions {
  /** What all keys begin with. Default `covet:session:`. */
  readonly prefix?: string | undefined;
}

/** life, version, fixed, visit, era */
const create = `redis.call('hset', KEYS[1], 'version', ARGV[2], 'fixed', ARGV[3], 'visit', ARGV[4], 'era', ARGV[5])
redis.call('pexpire', KEYS[1], ARGV[1])
return 1`;

/** old version, life, version, fixed, visit */
const replace = `if redis.call('hget', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('hset', KEYS[1], 'version', ARGV[3], 'fixed', ARGV[4], 'visit', ARGV[5])
redis.call('pexpire', KEYS[1], ARGV[2])
return 1`;

/** old version; what it was, if it was there */
const remove = `if redis.call('hget', KEYS[1], 'version') ~= ARGV[1] then return {} end
local was = redis.call('hmget', KEYS[1], 'fixed', 'era')
redis.call('unlink', KEYS[1])
return was`;

/** what it was, if it was there */
const removeAny = `local fixed = redis.call('hget', KEYS[1], 'fixed')
redis.call('unlink', KEYS[1])
return fixed`;

/** era */
const renew = "if redis.call('exists', KEYS[1]) == 1 then redis.call('hset', KEYS[1], 'era', ARGV[1]) end return 1";

/** life, visit */
const touch = `if redis.call('exists', KEYS[1]) == 0 then return 0 end
redis.call('hset', KEYS[1], 'visit', ARGV[2])
redis.call('pexpire', KEYS[1], ARGV[1])
return 1`;

/** now, end, key, life: the index lives as long as the longest of its sessions */
const index = `redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1])
redis.call('zadd', KEYS[1], ARGV[2], ARGV[3])
if redis.call('pttl', KEYS[1]) < tonumber(ARGV[4]) then redis.call('pexpire', KEYS[1], ARGV[4]) end
return 1`;

/** How much longer than the sessions before it an era is known, in milliseconds: for what is under way. */
const eraMargin = 60_000;

/** A session that changes its key. */
interface Turn {
  readonly era: string;
  readonly was: readonly [fixed: string, era: string];
  readonly userId: string | undefined;
}

/** What changes with the version alone. */
type Fixed = Pick<SessionRecord, 'userId' | 'data' | 'createdAt' | 'endsAt'>;

/**
 * Keeps sessions in Redis, shared by all processes, gone when they have ended. Give Redis `maxmemory-policy noeviction` or
 * `volatile-ttl`: with another one it may give up sessions of users who are there.
 *
 * Each method rejects with `RedisUnavailableError` (503) while Redis cannot be asked.
 *
 * @example
 * ```ts
 * import { Depends } from 'covet';
 * import { redis } from 'covet/redis';
 * import { RedisSessionStore, sessions } from 'covet/sessions';
 *
 * const store = Depends({ redis: redis() }, ({ redis }) => new RedisSessionStore(redis), { scope: 'singleton' });
 *
 * export const session = sessions({ store });
 * ```
 */
export class RedisSessionStore implements SessionStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, { prefix = 'covet:session:' }: RedisSessionStoreOptions = {}) {
    if (typeof prefix !== 'string' || prefix === '') {
      throw new CovetError('`prefix` is a text that is not empty', { code: 'INVALID_OPTION' });
    }
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async read(key: string): Promise<SessionRecord | undefined> {
    const [version, fixed, visit] = await this.#redis.client.hmget(this.#keyOf(key), 'version', 'fixed', 'visit');
    if (typeof version !== 'string' || typeof fixed !== 'string' || typeof visit !== 'string') return undefined;
    const { userId, data, createdAt, endsAt } = JSON.parse(fixed) as Fixed;
    return { key, version: Number(version), userId, data, createdAt, endsAt, ...(JSON.parse(visit) as SessionVisit) };
  }

  async create(record: SessionRecord): Promise<void> {
    const { userId } = record;
    const era = await this.#eraOf(userId);
    await this.#put(record, era);
    const now = await this.#eraOf(userId);
    // It began while the others were ended, and counts as begun after. If it was ended with them this does nothing.
    if (now !== '' && now !== era) await this.#redis.client.eval(renew, 1, this.#keyOf(record.key), now);
  }

  async replace(old: Pick<SessionRecord, 'key' | 'version'>, record: SessionRecord): Promise<boolean> {
    const { client } = this.#redis;
    const oldKey = this.#keyOf(old.key);
    if (old.key === record.key) {
      return (await client.eval(replace, 1, oldKey, String(old.version), ...toFields(record))) === 1;
    }
    const { userId } = record;
    const era = await this.#eraOf(userId);
    await this.#put(record, era);
    const was = (await client.eval(remove, 1, oldKey, String(old.version))) as Partial<Turn['was']>;
    // Nobody knows the new id yet: it may go again.
    const isOurs = isThere(was) && this.#isOf(await this.#eraOf(userId), { era, was, userId });
    if (!isOurs) await client.unlink(this.#keyOf(record.key));
    await this.#forget(userId, isOurs ? [old.key] : [record.key]);
    return isOurs;
  }

  async touch(key: string, visit: SessionVisit): Promise<void> {
    await this.#redis.client.eval(touch, 1, this.#keyOf(key), lifeOf(visit), toVisitText(visit));
  }

  async delete(key: string): Promise<boolean> {
    const fixed = await this.#redis.client.eval(removeAny, 1, this.#keyOf(key));
    if (typeof fixed !== 'string') return false;
    await this.#forget((JSON.parse(fixed) as Fixed).userId, [key]);
    return true;
  }

  /** What the index names and is not there is left in it: it may be about to be written. */
  async list(userId: string, now: number): Promise<SessionRecord[]> {
    const keys = await this.#redis.client.zrange(this.#indexOf(userId), '0', '-1');
    const records = await Promise.all(keys.map((key) => this.read(key)));
    return records.filter((record) => record !== undefined && now < record.expiresAt) as SessionRecord[];
  }

  async deleteOfUser(userId: string, { except }: { readonly except?: string | undefined } = {}): Promise<number> {
    const { client } = this.#redis;
    // The era has to be known for as long as a session of those before it lives: no longer than the index does.
    const life = Math.max(0, await client.pttl(this.#indexOf(userId))) + eraMargin;
    const era = randomBytes(12).toString('base64url');
    await client.set(this.#eraKeyOf(userId), era, 'PX', life);
    if (except !== undefined) await client.eval(renew, 1, this.#keyOf(except), era);
    const keys = (await client.zrange(this.#indexOf(userId), '0', '-1')).filter((key) => key !== except);
    const wasThere = await Promise.all(keys.map((key) => client.unlink(this.#keyOf(key))));
    const gone = keys.filter((_, place) => wasThere[place] === 1);
    await this.#forget(userId, gone);
    return gone.length;
  }

  #keyOf = (key: string): string => `${this.#prefix}id:${key}`;
  #indexOf = (userId: string): string => `${this.#prefix}user:${userId}`;
  #eraKeyOf = (userId: string): string => `${this.#prefix}era:${userId}`;

  /** Empty where their sessions were never ended, or so long ago that none is left of those before. */
  async #eraOf(userId: string | undefined): Promise<string> {
    return (userId === undefined ? null : await this.#redis.client.get(this.#eraKeyOf(userId))) ?? '';
  }

  /** Whether a session that was read as `was` and written in `era` may stay, in the era that it is now. */
  #isOf(now: string, { era, was, userId }: Turn): boolean {
    if (now === '') return true;
    const [fixed, eraBefore] = was;
    const isSameUser = (JSON.parse(fixed) as Fixed).userId === userId;
    return now === era && (!isSameUser || now === eraBefore);
  }

  async #put(record: SessionRecord, era: string): Promise<void> {
    await this.#index(record);
    await this.#redis.client.eval(create, 1, this.#keyOf(record.key), ...toFields(record), era);
  }

  async #forget(userId: string | undefined, keys: readonly string[]): Promise<void> {
    if (userId === undefined || keys.length === 0) return;
    await this.#redis.client.zrem(this.#indexOf(userId), ...keys);
  }

  async #index({ key, userId, seenAt, endsAt }: SessionRecord): Promise<void> {
    if (userId === undefined) return;
    await this.#redis.client.eval(index, 1, this.#indexOf(userId), seenAt, endsAt, key, Math.ceil(endsAt - seenAt));
  }
}

const isThere = (was: Partial<Turn['was']>): was is Turn['was'] => was.length > 0;

function toFields(record: SessionRecord): [life: number, version: number, fixed: string, visit: string] {
  const { userId, data, createdAt, endsAt } = record;
  const fixed: Fixed = { userId, data, createdAt, endsAt };
  return [lifeOf(record), record.version, JSON.stringify(fixed), toVisitText(record)];
}

/** Milliseconds from the visit on: the server's clock need not be ours. */
const lifeOf = ({ seenAt, expiresAt }: SessionVisit): number => Math.max(1, Math.ceil(expiresAt - seenAt));

const toVisitText = ({ seenAt, expiresAt, userAgent, address }: SessionVisit): string =>
  JSON.stringify({ seenAt, expiresAt, userAgent, address });
