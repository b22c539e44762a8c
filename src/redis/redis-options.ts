/** The options of a Redis connection, checked, and as ioredis takes them. */
import type { ConnectionOptions } from 'node:tls';

import type { ClusterOptions, RedisOptions as IoredisOptions } from 'ioredis';

import { CovetError } from '../error.ts';
import type { LoggerOption } from '../logger.ts';

/** The address of a server. */
export interface RedisNode {
  readonly host: string;
  /** Default 6379; 26379 for a Sentinel. */
  readonly port?: number | undefined;
}

/** Where a primary is found by Sentinels. */
export interface SentinelOptions {
  /** What the Sentinels call the primary: `mymaster`. */
  readonly name: string;
  readonly nodes: readonly RedisNode[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Where a cluster is entered. */
export interface ClusterNodes {
  /** Some of its nodes; the others are found through them. */
  readonly nodes: readonly RedisNode[];
}

/** Options of `openRedis` and `redis`. One of `url`, `sentinel` and `cluster` says where the server is. */
export interface RedisOptions {
  /**
   * `redis://` or, with TLS, `rediss://`; user, password and database number may stand in it. Default: the environment's
   * `REDIS_URL`, else `redis://127.0.0.1:6379`.
   */
  readonly url?: string | undefined;
  /** In place of `url`: ask these Sentinels for the primary, again after a failover. */
  readonly sentinel?: SentinelOptions | undefined;
  /** In place of `url`: a Redis Cluster. */
  readonly cluster?: ClusterNodes | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Number of the database. Default 0, or that of the URL. A cluster has only 0. */
  readonly db?: number | undefined;
  /** TLS to the servers, as for `node:tls`. Not needed with `rediss://` and a certificate the system trusts. */
  readonly tls?: ConnectionOptions | undefined;
  /** How many connections may be open at once, the shared one included. Default 50, at least 3. */
  readonly maxConnections?: number | undefined;
  /** How long connecting may take, in milliseconds. Default 5000. */
  readonly connectTimeout?: number | undefined;
  /** How long the answer to a command may take, in milliseconds. Default 5000. Commands that block are not held to it. */
  readonly commandTimeout?: number | undefined;
  /** How many commands wait for a connection that is being made. Default 1000; those beyond fail at once. */
  readonly maxQueuedCommands?: number | undefined;
  /** How often each connection is tried with a PING, in milliseconds. Default 30 000; 0 for never. */
  readonly keepAlive?: number | undefined;
  /** The longest wait between two attempts to connect, in milliseconds. Default 2000. The first is after about 50. */
  readonly maxRetryDelay?: number | undefined;
  /** Where the loss of Redis and its return are told. Default: JSON lines on standard output. */
  readonly logger?: LoggerOption | undefined;
}

/** {@link RedisOptions} with their defaults. */
export interface CheckedOptions extends RedisOptions {
  readonly name: string;
  readonly maxConnections: number;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly maxQueuedCommands: number;
  readonly keepAlive: number;
  readonly maxRetryDelay: number;
}

/** ioredis's own, without what would change the types of its replies. */
type ClientOptions = Omit<IoredisOptions, 'replyMapping' | 'himportFieldsets'>;

/** The first wait before connecting again. */
const firstDelay = 50;

/** @throws CovetError `INVALID_OPTION` that names the option and what it takes. */
export function checkOptions(name: string, options: RedisOptions): CheckedOptions {
  const { url, sentinel, cluster, db = 0 } = options;
  const places = [url, sentinel, cluster].filter((place) => place !== undefined);
  if (places.length > 1) throw refusal(name, 'takes one of `url`, `sentinel` and `cluster`, not several');
  for (const [place, nodes] of [
    ['sentinel', sentinel?.nodes],
    ['cluster', cluster?.nodes],
  ] as const) {
    if (nodes?.length === 0) throw refusal(name, `\`${place}.nodes\` is empty: name at least one`);
  }
  if (url !== undefined) checkUrl(name, url);
  if (!Number.isInteger(db) || db < 0) throw refusal(name, `\`db\` is a whole number from 0, not ${db}`);
  if (cluster !== undefined && db !== 0) throw refusal(name, 'a cluster has no database but 0');
  const whole = (option: keyof CheckedOptions, byDefault: number, least: number): number => {
    const value = (options as Record<string, unknown>)[option] ?? byDefault;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
    throw refusal(name, `\`${option}\` is a whole number from ${least}, not ${JSON.stringify(value)}`);
  };
  return {
    ...options,
    name,
    maxConnections: whole('maxConnections', 50, 3),
    connectTimeout: whole('connectTimeout', 5000, 1),
    commandTimeout: whole('commandTimeout', 5000, 1),
    maxQueuedCommands: whole('maxQueuedCommands', 1000, 0),
    keepAlive: whole('keepAlive', 30_000, 0),
    maxRetryDelay: whole('maxRetryDelay', 2000, firstDelay),
  };
}

function checkUrl(name: string, url: string): void {
  // The text itself may hold a password, so it is in no message.
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw refusal(name, '`url` is no address such as redis://user:password@host:6379/0 or rediss://host:6379');
  }
}

function refusal(name: string, reason: string): CovetError {
  return new CovetError(`redis '${name}': ${reason}`, { code: 'INVALID_OPTION' });
}

/**
 * Doubles from 50 ms up to `maxRetryDelay`, each time a random one between half of that and all of it: servers that lost
 * the same Redis at the same moment do not all come back at once.
 */
export function toRetryDelay(times: number, maxRetryDelay: number): number {
  const most = Math.min(maxRetryDelay, firstDelay * 2 ** Math.min(times - 1, 16));
  return Math.round(most * (0.5 + Math.random() / 2));
}

/** What one connection is told, whatever it is to. Without `commandTimeout` the caller sets the clock of each command. */
export function toClientOptions(options: CheckedOptions, commandTimeout: number | undefined): ClientOptions {
  const { username, password, db, tls, connectTimeout, maxRetryDelay } = options;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(db === undefined ? {} : { db }),
    ...(tls === undefined ? {} : { tls }),
    connectTimeout,
    commandTimeout,
    lazyConnect: true,
    // A command whose answer was lost may have run: running it again is for those who know what it does.
    autoResendUnfulfilledCommands: false,
    // Ours, in guarded-client.ts: ioredis would let commands wait through whole rounds of attempts.
    maxRetriesPerRequest: null,
    autoResubscribe: false,
    // A primary that was made a replica: the next connection asks again who is primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (times) => toRetryDelay(times, maxRetryDelay),
  };
}

/** The same where Sentinels say who the primary is. */
export function toSentinelOptions(
  { name, nodes, username, password }: SentinelOptions,
  { commandTimeout, maxRetryDelay }: CheckedOptions,
): ClientOptions {
  return {
    name,
    sentinels: nodes.map(({ host, port = 26_379 }) => ({ host, port })),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    sentinelCommandTimeout: commandTimeout,
    sentinelRetryStrategy: (times) => toRetryDelay(times, maxRetryDelay),
  };
}

/** The same for a cluster, whose nodes are connected to by the cluster. */
export function toClusterOptions(options: CheckedOptions, commandTimeout: number | undefined): ClusterOptions {
  const { retryStrategy: _, ...redisOptions } = toClientOptions(options, commandTimeout);
  return {
    lazyConnect: true,
    clusterRetryStrategy: (times) => toRetryDelay(times, options.maxRetryDelay),
    redisOptions,
  };
}
