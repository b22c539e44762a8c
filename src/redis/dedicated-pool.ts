/** Connections of one caller at a time, for commands that block and for transactions that watch. */
import type { GuardedClient } from './guarded-client.ts';

/** An idle connection is closed after this long. Redis itself keeps them, firewalls often do not. */
const idleTime = 60_000;

interface Idle {
  readonly client: GuardedClient;
  readonly since: number;
}

interface Waiting {
  /** Whether the caller was still there to take it. */
  readonly take: (client: GuardedClient) => boolean;
  readonly fail: (error: Error) => void;
}

/** What a {@link DedicatedPool} is made with. */
export interface DedicatedPoolOptions {
  /** Makes one, not yet started. */
  readonly open: () => GuardedClient;
  /** The error of a caller who gets none. */
  readonly unavailable: (cause: unknown) => Error;
  /** How many connections there may be at once. */
  readonly size: number;
  /** How long a caller waits for one, in milliseconds. */
  readonly waitTimeout: number;
}

export class DedicatedPool {
  readonly #options: DedicatedPoolOptions;
  readonly #idle: Idle[] = [];
  readonly #taken = new Set<GuardedClient>();
  readonly #waiting = new Set<Waiting>();
  #closedCreated = 0;
  #isClosed = false;

  constructor(options: DedicatedPoolOptions) {
    this.#options = options;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** Those that callers have. */
  get taken(): ReadonlySet<GuardedClient> {
    return this.#taken;
  }

  /** Connections made so far, those closed again included. */
  get created(): number {
    return [...this.#taken, ...this.#idle.map(({ client }) => client)].reduce(
      (sum, { created }) => sum + created,
      this.#closedCreated,
    );
  }

  /** A connection of the caller's own, until {@link release}. */
  async take(): Promise<GuardedClient> {
    if (this.#isClosed) throw this.#options.unavailable(new Error('the pool is closed'));
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.client.isReady) {
        await this.#discard(idle.client);
        continue;
      }
      this.#taken.add(idle.client);
      return idle.client;
    }
    if (this.#taken.size < this.#options.size) return this.#open();
    return this.#wait();
  }

  async release(client: GuardedClient): Promise<void> {
    this.#taken.delete(client);
    const isReusable = client.isReusable && !this.#isClosed;
    if (!isReusable) await this.#discard(client);
    const [next] = this.#waiting;
    if (next === undefined) {
      if (isReusable) this.#idle.push({ client, since: Date.now() });
      return;
    }
    this.#waiting.delete(next);
    if (isReusable) {
      this.#taken.add(client);
      await this.#give(client, next);
    } else {
      await this.#open().then((opened) => this.#give(opened, next), next.fail);
    }
  }

  /** Whoever has run out of patience meanwhile leaves it to the next. */
  async #give(client: GuardedClient, { take }: Waiting): Promise<void> {
    if (!take(client)) await this.release(client);
  }

  /** Closes what has been idle for long, and tries the others. */
  async tend(): Promise<void> {
    const isOld = ({ since }: Idle): boolean => Date.now() - since > idleTime;
    const old = this.#idle.filter(isOld);
    this.#idle.splice(0, this.#idle.length, ...this.#idle.filter((idle) => !isOld(idle)));
    await Promise.all([
      ...old.map(({ client }) => this.#discard(client)),
      ...this.#idle.map(({ client }) => client.probe()),
    ]);
  }

  /** Ends all of them, whatever they are doing. */
  async close(reason: Error): Promise<void> {
    this.#isClosed = true;
    for (const { fail } of this.#waiting) fail(reason);
    this.#waiting.clear();
    const open = [...this.#taken, ...this.#idle.splice(0).map(({ client }) => client)];
    await Promise.all(open.map((client) => this.#discard(client)));
  }

  async #open(): Promise<GuardedClient> {
    const client = this.#options.open();
    this.#taken.add(client);
    try {
      client.start();
      await client.ping();
      return client;
    } catch (error) {
      this.#taken.delete(client);
      await this.#discard(client);
      throw error;
    }
  }

  #wait(): Promise<GuardedClient> {
    const { size, waitTimeout, unavailable } = this.#options;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        this.#waiting.delete(waiting);
        const cause = new Error(`all ${size} connections were in use for ${waitTimeout} ms`);
        reject(unavailable(cause));
      }, waitTimeout);
      const waiting: Waiting = {
        take: (taken) => {
          clearTimeout(timer);
          resolve(taken);
          return !isLate;
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  async #discard(client: GuardedClient): Promise<void> {
    await client.close();
    this.#closedCreated += client.created;
  }
}
