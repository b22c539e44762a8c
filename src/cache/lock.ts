/** The right to make the value of a key, held in Redis for all processes, and with it the right to keep that value. */
import { randomUUID } from 'node:crypto';

import type { Entry } from './entry.ts';
import type { RedisLayer } from './redis-layer.ts';

/** How long a lock holds without being extended: what others wait for a process that died with it. */
const life = 3000;

/** How long after its time-out a value may still be kept, if nobody has begun another. */
const lateLife = 600_000;

export class Lock {
  readonly #layer: RedisLayer;
  readonly #key: string;
  readonly #token: string;
  readonly #extending: NodeJS.Timeout;
  /** Nothing is left to be given back. */
  #isOver = false;

  private constructor(layer: RedisLayer, key: string, token: string) {
    this.#layer = layer;
    this.#key = key;
    this.#token = token;
    this.#extending = setInterval(() => void layer.extendLock(key, token, life), life / 3);
  }

  /** `'held'` where another has it; undefined where Redis cannot be asked. */
  static async take(layer: RedisLayer, key: string): Promise<Lock | 'held' | undefined> {
    const token = randomUUID();
    const isOurs = await layer.lock(key, token, life);
    if (isOurs === undefined) return undefined;
    return isOurs ? new Lock(layer, key, token) : 'held';
  }

  /** Keeps what was made, in Redis; false where it was deleted or set meanwhile. */
  async keep(entry: Entry, milliseconds: number): Promise<boolean | undefined> {
    this.#end();
    return this.#layer.keepMade(this.#key, this.#token, entry, milliseconds);
  }

  /** What is made takes too long: others may make it, too. */
  async lend(): Promise<void> {
    this.#end();
    await this.#layer.lendLock(this.#key, this.#token, lateLife);
  }

  async release(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    await this.#layer.unlock(this.#key, this.#token);
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#extending);
  }
}
