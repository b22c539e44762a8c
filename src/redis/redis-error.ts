/** What ioredis rejects with, told apart: Redis could not be asked, or Redis said no. */
import { CovetError } from '../error.ts';

/** Options of {@link RedisUnavailableError}. */
export interface RedisUnavailableOptions {
  /** What the client is told to wait, in whole seconds. */
  readonly retryAfter: number;
  readonly cause?: unknown;
}

/**
 * Redis could not be asked: 503 `SERVICE_UNAVAILABLE` with `Retry-After`.
 *
 * A command that was under way when the connection broke may have run or not: what must not run twice should be made so
 * that it can be repeated before it is.
 *
 * @example
 * ```ts
 * import { RedisUnavailableError, type RedisConnection } from 'covet/redis';
 *
 * export async function visits(redis: RedisConnection): Promise<number | undefined> {
 *   try {
 *     return await redis.client.incr('visits');
 *   } catch (error) {
 *     if (error instanceof RedisUnavailableError) return undefined;
 *     throw error;
 *   }
 * }
 * ```
 */
export class RedisUnavailableError extends CovetError {
  constructor(message: string, { retryAfter, cause }: RedisUnavailableOptions) {
    super(message, {
      status: 503,
      category: 'external_service',
      code: 'SERVICE_UNAVAILABLE',
      headers: { 'retry-after': String(retryAfter) },
      cause,
    });
  }
}

/** Answers of a server that is there but does not serve us: starting, failing over, cut off, or not letting us in. */
const notServing = /^(?:WRONGPASS|NOAUTH|LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|NOREPLICAS|READONLY)\b/;

/** What ioredis says when it gave up on a connection. It has no codes for these. */
const gaveUp =
  /^(?:Connection is closed|Command timed out|Blocking command timed out|Command aborted|Stream isn't writeable|Cluster is|Cluster isn't|None of startup nodes|Failed to refresh slots cache|Too many Cluster redirections|All sentinels|Socket timeout)/;

const networkCode = /^(?:E[A-Z]+|ERR_TLS_\w+|ERR_SSL_\w+)$/;

/** Whether `error` says that Redis could not be asked or is not ready to answer, rather than that the command was wrong. */
export function isUnavailable(error: Error): boolean {
  if (error.name === 'ReplyError') return notServing.test(error.message);
  const { code } = error as Error & { readonly code?: unknown };
  return gaveUp.test(error.message) || (typeof code === 'string' && networkCode.test(code));
}

/** Whether the answer did not come in time, on a connection that seems to stand. */
export function isTimeout(error: Error): boolean {
  return error.message === 'Command timed out';
}
