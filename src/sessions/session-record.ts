/** Records of sessions: what a request makes of them. */
import type { CovetRequest } from '../types/request.ts';
import { toSessionKey } from './session-id.ts';
import type { SessionPlan } from './session-options.ts';
import type { SessionRecord, SessionVisit } from './session-store.ts';
import type { SessionInfo } from './session.ts';

const longestAgent = 512;

export function isAlive({ expiresAt, endsAt }: SessionRecord, now: number): boolean {
  return now < expiresAt && now < endsAt;
}

/** The visit that a request is, to a session that ends at `endsAt` in any case. */
export function toVisit(req: CovetRequest, { clock, idleTimeout }: SessionPlan, endsAt: number): SessionVisit {
  const now = clock();
  return {
    seenAt: now,
    expiresAt: Math.min(now + idleTimeout, endsAt),
    userAgent: (req.header('user-agent') ?? '').slice(0, longestAgent),
    address: req.ip,
  };
}

/** What a record is made of. */
export interface RecordParts {
  /** The one before; undefined for a session that begins. */
  readonly base: SessionRecord | undefined;
  /** A new id; undefined where it keeps the one it has. */
  readonly id: string | undefined;
  readonly userId: string | undefined;
  readonly data: string | undefined;
  readonly isLogin: boolean;
}

/** The record after `base`. A login begins anew, whatever was there before. */
export function toRecord(req: CovetRequest, plan: SessionPlan, parts: RecordParts): SessionRecord {
  const { base, id, userId, data, isLogin } = parts;
  const now = plan.clock();
  const start = base === undefined || isLogin ? { createdAt: now, endsAt: now + plan.lifetime } : base;
  return {
    ...toVisit(req, plan, start.endsAt),
    key: id === undefined ? base!.key : toSessionKey(id),
    version: (base?.version ?? 0) + 1,
    userId,
    data,
    createdAt: start.createdAt,
    endsAt: start.endsAt,
  };
}

/** What is shown of a session to its user. */
export function toInfo(record: SessionRecord, currentKey: string | undefined): SessionInfo {
  const { key, userId, userAgent, address } = record;
  return {
    id: key,
    isCurrent: key === currentKey,
    userId,
    userAgent,
    address,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.seenAt),
    expiresAt: new Date(record.expiresAt),
  };
}
