/** Pools of tenants that have a database of their own: opened at need, a bounded number at once. */
import type { Connections } from '../connections/connections.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Database } from './database.ts';
import { openDatabase, type DatabaseOptions } from './open-database.ts';
import { toUnavailable } from './sql-state.ts';

/** Where the database of a tenant is; undefined when there is no such tenant. */
export type TenantOpener = (tenant: string) => MaybePromise<DatabaseOptions | undefined>;

/** How many pools, how long to wait for one, and what they are called. */
export interface TenantPoolLimits {
  readonly name?: string | undefined;
  readonly maxPools?: number | undefined;
  readonly poolTimeout?: number | undefined;
}

/** What {@link TenantPools} is made of. */
export interface TenantPoolsOptions extends TenantPoolLimits {
  readonly open: TenantOpener;
  readonly connections: Connections;
}

/** A tenant's database, for one request. */
export interface Lease {
  readonly database: Database;
  readonly giveBack: () => void;
}

interface Pool {
  readonly opening: Promise<Database | undefined>;
  leave: () => void;
  /** Requests that have it now. */
  uses: number;
}

const defaults = { name: 'tenant', maxPools: 20, poolTimeout: 10_000 };

/** Somebody who waits for a pool of this tenant's. */
interface Waiter {
  readonly tenant: string;
  /** `'place'`: a pool may be had that nobody else was told of. `'pool'`: the tenant has one now. */
  readonly go: (found: 'place' | 'pool') => void;
}

export class TenantPools {
  readonly #options: TenantPoolsOptions;
  readonly #maxPools: number;
  readonly #poolTimeout: number;
  readonly #name: string;
  /** The one used longest ago comes first. */
  readonly #pools = new Map<string, Pool>();
  readonly #closing = new Set<Promise<void>>();
  /** First come, first served, when a pool may have become free. */
  readonly #waiting: Waiter[] = [];

  constructor(options: TenantPoolsOptions) {
    this.#options = options;
    this.#maxPools = options.maxPools ?? defaults.maxPools;
    this.#poolTimeout = options.poolTimeout ?? defaults.poolTimeout;
    this.#name = options.name ?? defaults.name;
  }

  /** @throws RangeError when a limit is out of range, TypeError when the name is none. */
  static check(limits: TenantPoolLimits): void {
    const { maxPools = defaults.maxPools, poolTimeout = defaults.poolTimeout, name = defaults.name } = limits;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      throw new TypeError(`A name of pools has lower-case letters, digits and underscores: '${name}' will not do`);
    }
    if (!Number.isInteger(maxPools) || maxPools < 1) {
      throw new RangeError(`maxPools must be a positive integer, not ${maxPools}`);
    }
    if (!(poolTimeout > 0 && poolTimeout < 2 ** 31)) {
      throw new RangeError(`poolTimeout must be 1 to ${2 ** 31 - 1} milliseconds, not ${poolTimeout}`);
    }
  }

  /**
   * The database of a tenant, until it is given back; undefined when there is no such tenant.
   *
   * @throws DatabaseError `DATABASE_UNAVAILABLE` when all pools were in use for too long.
   */
  async take(tenant: string): Promise<Lease | undefined> {
    const pool = await this.#hold(tenant);
    let isBack = false;
    const giveBack = (): void => {
      if (isBack) return;
      isBack = true;
      pool.uses -= 1;
      if (pool.uses === 0) this.#waiting.shift()?.go('place');
    };
    try {
      const database = await pool.opening;
      if (database !== undefined) return { database, giveBack };
    } catch (error) {
      this.#forget(tenant, pool);
      giveBack();
      throw error;
    }
    this.#forget(tenant, pool);
    giveBack();
    return undefined;
  }

  /** Closes all pools. */
  async close(): Promise<void> {
    for (const [tenant, pool] of this.#pools) this.#shut(tenant, pool);
    await Promise.all(this.#closing);
  }

  /** A pool of the tenant that is counted as in use from here on, or it could be closed before its caller has it. */
  async #hold(tenant: string): Promise<Pool> {
    const deadline = performance.now() + this.#poolTimeout;
    let found: 'place' | 'pool' | undefined;
    for (;;) {
      const room = this.#pools.has(tenant) || this.#pools.size < this.#maxPools || this.#evict();
      if (room) {
        const pool = this.#pools.get(tenant) ?? this.#open(tenant);
        pool.uses += 1;
        // Set anew, so that the map's order is that of use.
        this.#pools.delete(tenant);
        this.#pools.set(tenant, pool);
        if (pool.uses === 1) this.#share(tenant);
        // The place it was told of is still free.
        else if (found === 'place') this.#waiting.shift()?.go('place');
        return pool;
      }
      found = await this.#wait(tenant, deadline - performance.now(), found !== undefined);
    }
  }

  /** Whoever waits for this tenant's pool needs no place of their own. */
  #share(tenant: string): void {
    const others = this.#waiting.filter((waiter) => waiter.tenant === tenant);
    for (const waiter of others) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.go('pool');
    }
  }

  #open(tenant: string): Pool {
    const pool: Pool = { uses: 0, leave: () => {}, opening: this.#opening(tenant, (leave) => (pool.leave = leave)) };
    return pool;
  }

  async #opening(tenant: string, onOpen: (leave: () => void) => void): Promise<Database | undefined> {
    const options = await this.#options.open(tenant);
    if (options === undefined) return undefined;
    if (options.url === undefined && options.dataDir === undefined) {
      throw new TypeError(
        `The database of tenant '${tenant}' has neither \`url\` nor \`dataDir\`: in memory it would be gone with its pool`,
      );
    }
    const database = await openDatabase(options);
    try {
      onOpen(this.#announce(tenant, database));
    } catch (error) {
      await database.close();
      throw error;
    }
    return database.confine(undefined, tenant);
  }

  /** Gauges of a tenant's pools name it; there are as many as pools, and so never more than `maxPools` tenants. */
  #announce(tenant: string, database: Database): () => void {
    const leaves: (() => void)[] = [];
    const leave = (): void => leaves.forEach((each) => each());
    try {
      for (const [index, source] of database.sources().entries()) {
        const name = `db_${this.#name}_${tenant}${index === 0 ? '' : `_replica_${index}`}`;
        leaves.push(this.#options.connections.add(name, { ...source, stats: () => ({ ...source.stats(), tenant }) }));
      }
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  /** Closes the pool that has lain unused longest. */
  #evict(): boolean {
    for (const [tenant, pool] of this.#pools) {
      if (pool.uses > 0) continue;
      this.#shut(tenant, pool);
      return true;
    }
    return false;
  }

  #shut(tenant: string, pool: Pool): void {
    this.#forget(tenant, pool);
    const closing = pool.opening
      .then((database) => {
        pool.leave();
        return database?.close();
      })
      .catch(() => {
        // It never opened, which whoever wanted it was told.
      })
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #forget(tenant: string, pool: Pool): void {
    if (this.#pools.get(tenant) === pool) this.#pools.delete(tenant);
  }

  #wait(tenant: string, time: number, hasWaited: boolean): Promise<'place' | 'pool'> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        tenant,
        go: (found) => {
          clearTimeout(timer);
          resolve(found);
        },
      };
      const timer = setTimeout(
        () => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          reject(
            toUnavailable(`All ${this.#maxPools} pools of tenants were in use for ${this.#poolTimeout} ms`, undefined),
          );
        },
        Math.max(0, time),
      );
      // Who was told of a place and came too late has lost that, and not its turn.
      if (hasWaited) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
    });
  }
}
