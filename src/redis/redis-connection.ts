/** What an application has of Redis: one shared connection, some for one caller each, and subscriptions. */
import type { Cluster, Redis } from 'ioredis';

import type { RedisStats } from '../connections/connections.ts';
import { createLogger, writeLog } from '../logger.ts';
import type { Logger } from '../logger.ts';
import type { Ioredis } from './create-client.ts';
import { DedicatedPool } from './dedicated-pool.ts';
import { GuardedClient } from './guarded-client.ts';
import type { CheckedOptions } from './redis-options.ts';
import { Subscriptions } from './subscriptions.ts';
import type { MessageListener, SubscribeOptions, Subscription } from './subscriptions.ts';

/** The commands of Redis, as ioredis has them: everything that a single server and a cluster have in common. */
export type RedisClient = Pick<Redis, keyof Redis & keyof Cluster>;

/**
 * A connection to Redis, as `openRedis` and `redis` give it.
 *
 * Commands go over one connection that everybody shares; those that block or change the connection are refused there, and
 * run in {@link withConnection}. While Redis is away commands fail at once with a 503 (`RedisUnavailableError`), and they
 * work again when it is back.
 */
export class RedisConnection {
  readonly #options: CheckedOptions;
  readonly #logger: Logger;
  readonly #shared: GuardedClient;
  readonly #pool: DedicatedPool;
  readonly #subscriptions: Subscriptions;
  readonly #keepAlive: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Made by `openRedis`. */
  constructor(ioredis: Ioredis, options: CheckedOptions) {
    this.#options = options;
    this.#logger = createLogger(options.logger);
    const made = { ioredis, options };
    this.#shared = new GuardedClient({ ...made, role: 'shared', onChange: (isUp, error) => this.#tell(isUp, error) });
    this.#pool = new DedicatedPool({
      open: () => new GuardedClient({ ...made, role: 'dedicated' }),
      unavailable: (cause) => this.#shared.unavailable(cause),
      // The shared one and that of the subscriptions are the other two.
      size: options.maxConnections - 2,
      waitTimeout: options.connectTimeout,
    });
    this.#subscriptions = new Subscriptions({
      connect: () => new GuardedClient({ ...made, role: 'subscriber' }),
      onFault: (error, channel) =>
        writeLog(this.#logger, 'warn', { redis: options.name, channel, err: error }, 'A Redis subscription failed'),
    });
    if (options.keepAlive > 0) this.#keepAlive = setInterval(() => void this.#tend(), options.keepAlive).unref();
    this.#shared.start();
  }

  /** The name it was opened under. */
  get name(): string {
    return this.#options.name;
  }

  /**
   * The commands, as methods: `client.get('key')`, `client.pipeline()`, `client.multi()`. See ioredis for all of them.
   *
   * A command rejects with `RedisUnavailableError` (503) while Redis cannot be asked, with ioredis's `ReplyError` where
   * Redis refuses it, and with a `TypeError` where it may not run on a shared connection (`BLPOP`, `WATCH`, `SUBSCRIBE` …).
   */
  get client(): RedisClient {
    return this.#shared.client as RedisClient;
  }

  /**
   * Whether commands can be sent now. One that cannot fails at once; while the connection is being made, or made again,
   * they wait for it, up to `maxQueuedCommands` of them and no longer than `commandTimeout`.
   */
  get isReady(): boolean {
    return this.#shared.isReady;
  }

  /**
   * Runs `work` with a connection of its own, for commands that block, and for `WATCH` with `MULTI`. It is kept for the next
   * caller unless `work` changed it or left commands behind.
   *
   * Waits up to `connectTimeout` while all are in use.
   *
   * @throws RedisUnavailableError when none can be had.
   *
   * @example
   * ```ts
   * import type { RedisConnection } from 'covet/redis';
   *
   * // Waits up to a minute for the next job.
   * export const nextJob = (redis: RedisConnection): Promise<[string, string] | null> =>
   *   redis.withConnection((client) => client.blpop('jobs', 60));
   * ```
   */
  async withConnection<T>(work: (client: RedisClient) => T | PromiseLike<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#shared.unavailable();
    const taken = await this.#pool.take();
    try {
      return await work(taken.client as RedisClient);
    } finally {
      await this.#pool.release(taken);
    }
  }

  /**
   * Listens to a channel until the subscription is closed, whatever becomes of the connection meanwhile. All subscriptions
   * share one connection. What the listener throws goes to the log.
   *
   * @example
   * ```ts
   * import { openRedis } from 'covet/redis';
   *
   * const redis = await openRedis({ url: 'redis://127.0.0.1:6379' });
   * const news = redis.subscribe('news', (message) => process.stdout.write(message));
   * await news.ready;
   * await redis.client.publish('news', 'hello');
   * await news.close();
   * await redis.close();
   * ```
   */
  subscribe(channel: string, listener: MessageListener, options: SubscribeOptions = {}): Subscription {
    return this.#subscriptions.add(channel, listener, options);
  }

  /** The counters of the connections now, as `connections` shows them. */
  stats(): RedisStats {
    const shared = this.#shared;
    const subscriber = this.#subscriptions.client;
    const taken = [...this.#pool.taken].filter(({ isReady }) => isReady);
    const inUse = taken.length + (subscriber?.isReady === true ? 1 : 0);
    const available = this.#pool.idle + (shared.isReady ? 1 : 0);
    return {
      max_connections: this.#options.maxConnections,
      created_connections: shared.created + this.#pool.created + (subscriber?.created ?? 0),
      available_connections: available,
      in_use_connections: inUse,
      total_connections: available + inUse,
      active_connections: [shared, ...taken].filter(({ isBusy }) => isBusy).length,
    };
  }

  /** Asks Redis for a sign of life. Rejects when there is none, or when `signal` fires. */
  async ping(signal?: AbortSignal): Promise<void> {
    const answer = this.#shared.ping();
    if (signal === undefined) return answer;
    signal.throwIfAborted();
    let stop!: () => void;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      await Promise.race([answer, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends all connections. Answers to commands under way are waited for; what blocks is broken off. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#keepAlive);
    const closed = this.#shared.close();
    await Promise.all([closed, this.#subscriptions.close(), this.#pool.close(this.#shared.unavailable())]);
  }

  async #tend(): Promise<void> {
    await Promise.all([this.#shared.probe(), this.#subscriptions.client?.probe(), this.#pool.tend()]);
  }

  #tell(isUp: boolean, error: Error | undefined): void {
    const { name } = this.#options;
    if (isUp) writeLog(this.#logger, 'info', { redis: name }, `Redis '${name}' is back`);
    else writeLog(this.#logger, 'warn', { redis: name, err: error }, `Redis '${name}' cannot be reached`);
  }
}
