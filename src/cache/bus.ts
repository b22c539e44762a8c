/**
 * Tells the other memories of the same cache what is gone: those of this process's other threads by a BroadcastChannel,
 * those of other processes by Redis, if there is one.
 */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';

import type { RedisConnection } from '../redis/redis-connection.ts';
import type { Subscription } from '../redis/subscriptions.ts';
import type { Invalidation } from './invalidation.ts';
import type { RedisLayer } from './redis-layer.ts';

/** What a {@link Bus} is made with. */
export interface BusOptions {
  /** The same for all memories of the cache, and no others. */
  readonly channel: string;
  readonly redis: { readonly layer: RedisLayer; readonly connection: Promise<RedisConnection> } | undefined;
  /** Who this is for those who share its memory, and need not hear it; by default nobody does. */
  readonly origin: () => string | undefined;
  readonly onInvalidation: (invalidation: Invalidation) => void;
  /** Other processes are heard, for the first time or again: what they said before was not. */
  readonly onStand: (stand: 'first' | 'again') => void;
  readonly onFault: (error: unknown) => void;
}

export class Bus {
  readonly #options: BusOptions;
  readonly #id = randomUUID();
  readonly #threads: BroadcastChannel;
  readonly #subscription: Promise<Subscription | undefined>;
  #isClosed = false;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#threads = new BroadcastChannel(options.channel);
    this.#threads.addEventListener('message', (event: unknown) => this.#hear((event as MessageEvent).data));
    // A thread that only listens has nothing to do.
    this.#threads.unref();
    this.#subscription = this.#subscribe();
  }

  /** Resolves when other processes are heard, as far as they can be. */
  async ready(): Promise<void> {
    await (
      await this.#subscription
    )?.ready;
  }

  /** Tells everybody else. */
  async tell(invalidation: Invalidation): Promise<void> {
    if (this.#isClosed) return;
    this.#threads.postMessage(this.toMessage(invalidation));
    await this.#options.redis?.layer.tell(invalidation);
  }

  /** How it is said. */
  toMessage(invalidation: Invalidation): string {
    return JSON.stringify({ from: this.#options.origin() ?? this.#id, ...invalidation });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#threads.close();
    await (await this.#subscription)?.close();
  }

  async #subscribe(): Promise<Subscription | undefined> {
    const { redis, channel, onStand, onFault } = this.#options;
    try {
      const connection = await redis?.connection;
      const subscription = connection?.subscribe(channel, (message) => this.#hear(message), {
        onGap: () => onStand('again'),
      });
      if (subscription !== undefined) void this.#tellOfFirst(subscription);
      return subscription;
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }

  async #tellOfFirst({ ready }: Subscription): Promise<void> {
    await ready;
    if (!this.#isClosed) this.#options.onStand('first');
  }

  #hear(message: unknown): void {
    if (this.#isClosed) return;
    const invalidation = toInvalidation(message);
    // What cannot be read may have said anything.
    if (invalidation === undefined) this.#options.onInvalidation({ all: true });
    else if (!this.#isOurs(invalidation.from)) this.#options.onInvalidation(invalidation);
  }

  #isOurs(from: string): boolean {
    return from === this.#id || from === this.#options.origin();
  }
}

function toInvalidation(message: unknown): (Invalidation & { readonly from: string }) | undefined {
  if (typeof message !== 'string') return undefined;
  try {
    const { from, keys, tags, all } = JSON.parse(message) as Record<string, unknown>;
    if (typeof from !== 'string' || !isTexts(keys) || !isTexts(tags)) return undefined;
    return { from, keys, tags, all: all === true ? true : undefined };
  } catch {
    // Not JSON: not from one of us, or not of this version.
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
}
