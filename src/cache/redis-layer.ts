/**
 * Values in Redis, shared by processes. Nothing here throws: without an answer a value is not there, and what should have
 * been deleted or said is deleted and said as soon as Redis is back, before anything is read again.
 */
import { randomUUID } from 'node:crypto';

import type { RedisClient, RedisConnection } from '../redis/redis-connection.ts';
import { Circuit, noAnswer } from './circuit.ts';
import type { Codec } from './codec.ts';
import { Debts } from './debts.ts';
import { fromEnvelope, toEnvelope } from './entry.ts';
import type { Entry, Versions } from './entry.ts';
import type { Invalidation } from './invalidation.ts';
import { extendLock, keepMade, keepSet, lendLock, releaseLock, takeLock, versionOf } from './redis-scripts.ts';
import { sweep } from './sweep.ts';

/** What a {@link RedisLayer} is made with. */
export interface RedisLayerOptions {
  readonly connection: Promise<RedisConnection>;
  /** What all keys begin with. */
  readonly base: string;
  readonly codec: Codec;
  /** How long Redis may take, in milliseconds. */
  readonly timeout: number;
  readonly onFault: (error: unknown) => void;
  /** Where other processes hear what is gone, and what is said there. */
  readonly channel: string;
  readonly toMessage: (invalidation: Invalidation) => string;
  /** What should have been deleted long ago is. */
  readonly onPaid: (invalidation: Invalidation) => void;
}

/** The version of a tag is forgotten a day after the last value that may have it: that value is then not given. */
const tagLife = 86_400;

/** The tag of everything: its version is the epoch, and a new one makes all values invalid at once. */
const everything = '';

/** How often it is tried to pay what is owed, in milliseconds, where no call does. */
const payEvery = 500;

export class RedisLayer {
  readonly #options: RedisLayerOptions;
  readonly #circuit: Circuit;
  readonly #undeleted = new Debts();
  readonly #unsaid = new Debts();
  #paying: Promise<void> | undefined;
  #reminder: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(options: RedisLayerOptions) {
    this.#options = options;
    this.#circuit = new Circuit(options);
  }

  async get(key: string): Promise<Entry | undefined> {
    const entry = await this.#ask(async (client) => {
      const [bytes, epoch] = await Promise.all([
        client.getBuffer(this.#keyOf(key)),
        client.get(this.#tagOf(everything)),
      ]);
      const entry = bytes === null ? undefined : this.#read(bytes);
      if (entry === undefined || entry.epoch !== epoch) return undefined;
      const versions = await Promise.all([...entry.tags.keys()].map((tag) => client.get(this.#tagOf(tag))));
      return [...entry.tags.values()].every((version, index) => version === versions[index]) ? entry : undefined;
    });
    return entry === noAnswer ? undefined : entry;
  }

  /** Keeps an entry for so many milliseconds; what others are making under its key is not kept any more. */
  async set(key: string, entry: Entry, life: number): Promise<void> {
    const bytes = toEnvelope(entry, this.#options.codec.tag);
    const answer = await this.#ask((client) => client.eval(keepSet, 2, ...this.#both(key), bytes, toLife(life)));
    // The one that is there is older than what was to take its place.
    if (answer === noAnswer) this.#owe(this.#undeleted, { keys: [key] });
  }

  /** Keeps an entry made under the lock `token`; false where that is another's by now, or nobody's. */
  async keepMade(key: string, token: string, entry: Entry, life: number): Promise<boolean | undefined> {
    const bytes = toEnvelope(entry, this.#options.codec.tag);
    const answer = await this.#ask((client) =>
      client.eval(keepMade, 2, ...this.#both(key), token, bytes, toLife(life)),
    );
    // The lock is still there, and others would wait for what nobody makes.
    if (answer === noAnswer) this.#owe(this.#undeleted, { keys: [key] });
    return answer === noAnswer ? undefined : answer === 1;
  }

  /** Makes values invalid, wherever they are being made. */
  async remove(invalidation: Invalidation): Promise<void> {
    const answer = await this.#ask((client) => this.#delete(client, invalidation));
    if (answer === noAnswer) this.#owe(this.#undeleted, invalidation);
  }

  /** Tells other processes. */
  async tell(invalidation: Invalidation): Promise<void> {
    const answer = await this.#ask((client) => this.#publish(client, invalidation));
    if (answer === noAnswer) this.#owe(this.#unsaid, invalidation);
  }

  /** The versions now, of everything and of these tags; undefined when they cannot be told. Each gets one that has none. */
  async versionsOf(tags: readonly string[], life: number): Promise<Versions | undefined> {
    const seconds = Math.ceil(life / 1000) + tagLife;
    const ask = (client: RedisClient, tag: string): Promise<unknown> =>
      client.eval(versionOf, 1, this.#tagOf(tag), randomUUID(), seconds);
    const answer = await this.#ask((client) => Promise.all([everything, ...tags].map((tag) => ask(client, tag))));
    if (answer === noAnswer) return undefined;
    const [epoch, ...versions] = answer.map(String);
    return { epoch: epoch!, tags: new Map(tags.map((tag, index) => [tag, versions[index]!])) };
  }

  /** Takes the right to make a value; undefined when Redis cannot be asked, and everybody makes their own. */
  async lock(key: string, token: string, life: number): Promise<boolean | undefined> {
    const answer = await this.#ask((client) => client.eval(takeLock, 1, this.#lockOf(key), token, life));
    return answer === noAnswer ? undefined : answer === 1;
  }

  async extendLock(key: string, token: string, life: number): Promise<void> {
    await this.#ask((client) => client.eval(extendLock, 1, this.#lockOf(key), token, life));
  }

  /** Lets others take the right, and keeps that to {@link keepMade} as long as none has. */
  async lendLock(key: string, token: string, life: number): Promise<void> {
    await this.#ask((client) => client.eval(lendLock, 1, this.#lockOf(key), token, life));
  }

  async unlock(key: string, token: string): Promise<void> {
    const answer = await this.#ask((client) => client.eval(releaseLock, 1, this.#lockOf(key), token));
    if (answer === noAnswer) this.#owe(this.#undeleted, { keys: [key] });
  }

  /** Redis is back: what is owed is paid now, and not after the rest it was left. */
  async wake(): Promise<void> {
    this.#circuit.endRest();
    if (this.#isInDebt) await this.#ask(() => Promise.resolve());
  }

  /** Pays what is owed if Redis can be asked. */
  async close(): Promise<void> {
    if (this.#isInDebt) await this.#ask(() => Promise.resolve());
    clearTimeout(this.#reminder);
    this.#closed.abort();
    await this.#sweeping;
  }

  /** An entry whose value can be read, too: what somebody else has put there is a miss. */
  #read(bytes: Buffer): Entry | undefined {
    const { codec, onFault } = this.#options;
    const entry = fromEnvelope(bytes, codec.tag);
    if (entry === undefined) return undefined;
    try {
      codec.decode(entry.payload);
      return entry;
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }

  // In braces, so that a cluster has a value and its lock in one place.
  #keyOf = (key: string): string => `${this.#options.base}{${key}}`;
  #lockOf = (key: string): string => `${this.#keyOf(key)}:lock`;
  #both = (key: string): [string, string] => [this.#keyOf(key), this.#lockOf(key)];
  #tagOf = (tag: string): string => `${this.#options.base}tag:${tag}`;

  #ask<T>(work: (client: RedisClient) => Promise<T>): Promise<T | typeof noAnswer> {
    return this.#circuit.run(async () => {
      const { client } = await this.#options.connection;
      if (this.#isInDebt || this.#paying !== undefined) await this.#pay(client);
      return work(client);
    });
  }

  get #isInDebt(): boolean {
    return !this.#undeleted.isEmpty || !this.#unsaid.isEmpty;
  }

  #owe(debts: Debts, invalidation: Invalidation): void {
    debts.add(invalidation);
    this.#remind();
  }

  #remind(): void {
    if (this.#closed.signal.aborted) return;
    this.#reminder ??= setTimeout(() => void this.#retry(), payEvery).unref();
  }

  async #retry(): Promise<void> {
    if (this.#isInDebt) await this.#ask(() => Promise.resolve());
    this.#reminder = undefined;
    if (this.#isInDebt) this.#remind();
  }

  /** Once at a time: what a caller has no patience for goes on, and is not begun anew by the next. */
  #pay(client: RedisClient): Promise<void> {
    return (this.#paying ??= this.#payAll(client).finally(() => (this.#paying = undefined)));
  }

  async #payAll(client: RedisClient): Promise<void> {
    const [undeleted, unsaid] = [this.#undeleted.take(), this.#unsaid.take()];
    try {
      await this.#delete(client, undeleted);
      this.#options.onPaid(undeleted);
      // Whoever was told before it was deleted may have read it again since.
      await this.#publish(client, {
        keys: [...(undeleted.keys ?? []), ...(unsaid.keys ?? [])],
        tags: [...(undeleted.tags ?? []), ...(unsaid.tags ?? [])],
        all: undeleted.all ?? unsaid.all,
      });
    } catch (error) {
      this.#owe(this.#undeleted, undeleted);
      this.#owe(this.#unsaid, unsaid);
      throw error;
    }
  }

  #publish(client: RedisClient, invalidation: Invalidation): Promise<unknown> {
    return client.publish(this.#options.channel, this.#options.toMessage(invalidation));
  }

  async #delete(client: RedisClient, { keys = [], tags = [], all }: Invalidation): Promise<void> {
    const renew = (tag: string): Promise<unknown> =>
      // A new version, not none: one that nobody has written is equal to none.
      client.set(this.#tagOf(tag), randomUUID(), 'EX', tagLife);
    await Promise.all([
      ...keys.map((key) => client.unlink(...this.#both(key))),
      ...(all === true ? [everything, ...tags] : tags).map(renew),
    ]);
    if (all === true) this.#sweep(client);
  }

  #sweep(client: RedisClient): void {
    // One at a time. What a later epoch leaves runs out by itself.
    if (this.#sweeping !== undefined || this.#closed.signal.aborted) return;
    const { base, onFault } = this.#options;
    const { signal } = this.#closed;
    this.#sweeping = sweep({ client, start: `${base}{`, epochKey: this.#tagOf(everything), signal })
      .catch(onFault)
      .finally(() => (this.#sweeping = undefined));
  }
}

const toLife = (life: number): number => Math.max(1, Math.ceil(life));
