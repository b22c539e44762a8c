/** All subscriptions of an application over one connection, which is made with the first of them. */
import type { GuardedClient } from './guarded-client.ts';

/** Hears what is published to a channel. */
export type MessageListener = (message: string) => void;

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /**
   * Called when the subscription stands again after the connection was lost. What was published in between is gone:
   * whoever keeps a state by messages starts over here.
   */
  readonly onGap?: (() => void) | undefined;
}

/** A standing subscription: it survives the loss of Redis, and ends with `close`. */
export interface Subscription {
  /** Resolves when messages can arrive, or when the subscription is closed before; never rejects. */
  readonly ready: Promise<void>;
  /** Ends it. The listener is not called any more, from this moment. */
  close(): Promise<void>;
}

interface Entry {
  readonly listener: MessageListener;
  readonly onGap: (() => void) | undefined;
  readonly stand: () => void;
  hasStood: boolean;
}

/** What {@link Subscriptions} need of what is around them. */
export interface SubscriptionsOptions {
  readonly connect: () => GuardedClient;
  /** Told what a listener threw. */
  readonly onFault: (error: unknown, channel: string) => void;
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #channels = new Map<string, Set<Entry>>();
  #client: GuardedClient | undefined;
  #isClosed = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** The connection, once there is one. */
  get client(): GuardedClient | undefined {
    return this.#client;
  }

  add(channel: string, listener: MessageListener, { onGap }: SubscribeOptions): Subscription {
    let stand!: () => void;
    const ready = new Promise<void>((resolve) => (stand = resolve));
    const entry: Entry = { listener, onGap, stand, hasStood: false };
    const entries = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, entries.add(entry));
    if (this.#isClosed) stand();
    else if (this.#client === undefined) this.#open();
    else if (this.#client.isReady) void this.#subscribe(this.#client, [channel]);
    return { ready, close: () => this.#remove(channel, entry) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entries of this.#channels.values()) for (const { stand } of entries) stand();
    this.#channels.clear();
    await this.#client?.close();
  }

  #open(): void {
    const guarded = this.#options.connect();
    this.#client = guarded;
    const { client } = guarded;
    client.on('message', (channel: string, message: string) => this.#deliver(channel, message));
    client.on('ready', () => void this.#subscribe(guarded, [...this.#channels.keys()]));
    guarded.start();
  }

  async #subscribe(guarded: GuardedClient, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await guarded.client.subscribe(...channels);
    } catch (error) {
      // Lost while asking: 'ready' brings us here again. Refused by the server, as by a rule of ACL: that stays so.
      for (const channel of channels) this.#options.onFault(error, channel);
      return;
    }
    for (const channel of channels) {
      for (const entry of this.#channels.get(channel) ?? []) {
        if (entry.hasStood) this.#call(() => entry.onGap?.(), channel);
        entry.hasStood = true;
        entry.stand();
      }
    }
  }

  async #remove(channel: string, entry: Entry): Promise<void> {
    const entries = this.#channels.get(channel);
    entry.stand();
    if (entries?.delete(entry) !== true || entries.size > 0) return;
    this.#channels.delete(channel);
    if (this.#client?.isReady !== true || this.#isClosed) return;
    try {
      await this.#client.client.unsubscribe(channel);
    } catch (error) {
      // Lost meanwhile: what is not in the list is not asked for again.
      this.#options.onFault(error, channel);
    }
  }

  #deliver(channel: string, message: string): void {
    for (const { listener } of this.#channels.get(channel) ?? []) this.#call(() => listener(message), channel);
  }

  #call(task: () => void, channel: string): void {
    try {
      task();
    } catch (error) {
      this.#options.onFault(error, channel);
    }
  }
}
