/** Tenants' databases by name, where no request says whose turn it is: jobs, schedules, scripts. */
import { withTenant } from '../internal/work-scope.ts';
import type { Dep } from '../types/injectable.ts';
import type { Database } from './database.ts';
import type { Lease } from './tenant-pools.ts';

/** What {@link tenants} gives. */
export class Tenants {
  static readonly #known = new WeakMap<Dep<Database>, Dep<Tenants>>();
  readonly #take: (tenant: string) => Promise<Lease>;

  /** @internal */
  constructor(take: (tenant: string) => Promise<Lease>) {
    this.#take = take;
  }

  /**
   * Does `work` as this tenant: with its database, its name in the log and in the keys of caches. The name must come from where
   * it can be trusted, such as the payload of a job that a request of this tenant has added.
   *
   * @throws TypeError for a name that is none; HttpError 400 `Invalid tenant` when there is no such tenant; what `work` throws.
   */
  run<T>(tenant: string, work: (db: Database) => T | PromiseLike<T>): Promise<T> {
    return withTenant(tenant, async () => {
      const lease = await this.#take(tenant);
      try {
        return await work(lease.database);
      } finally {
        lease.giveBack();
      }
    });
  }

  /** @internal */
  static register(from: Dep<Database>, access: Dep<Tenants>): void {
    Tenants.#known.set(from, access);
  }

  /** @internal */
  static of(from: Dep<Database>): Dep<Tenants> | undefined {
    return Tenants.#known.get(from);
  }
}

/**
 * The databases of `tenantDatabase(…)` by the tenant's name, as a dependency: for jobs, schedules and scripts.
 *
 * @example
 * ```ts
 * import { Depends } from 'covet';
 * import { database, sql, tenantDatabase, tenants } from 'covet/data';
 * import { defineJob } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * const claim = Depends((): string => 'acme'); // in an application: tenant({ … })
 * const getDb = tenantDatabase({ strategy: 'schema', tenant: claim, database: database() });
 *
 * export const CountNotes = defineJob(
 *   'count-notes',
 *   { payload: z.object({ tenant: z.string() }), deps: { tenants: tenants(getDb) } },
 *   ({ payload, tenants }) => tenants.run(payload.tenant, (db) => db.execute(sql`update counts set notes = notes + 1`)),
 * );
 * ```
 *
 * @throws TypeError for what `tenantDatabase` has not made.
 */
export function tenants(from: Dep<Database>): Dep<Tenants> {
  const access = Tenants.of(from);
  if (access === undefined) throw new TypeError('tenants(…) takes what tenantDatabase(…) has made');
  return access;
}
