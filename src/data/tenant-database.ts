/** A database that shows each tenant its own rows, by one of three strategies (D13). */
import { connections } from '../connections/connections.ts';
import { Depends } from '../di/depends.ts';
import { marksScope, noteTenant } from '../internal/work-scope.ts';
import type { Dep, Injectable } from '../types/injectable.ts';
import type { Database } from './database.ts';
import { assertRowSecurity } from './row-security.ts';
import { TenantPools, type Lease, type TenantOpener } from './tenant-pools.ts';
import { checkTenant, invalidTenant } from './tenant.ts';
import { Tenants } from './tenants.ts';

interface Shared {
  /** The tenant of the request, made by {@link tenant}. */
  readonly tenant: Injectable<string>;
}

interface OnePool extends Shared {
  readonly database: Dep<Database>;
}

/** Rows of all tenants in the same tables; policies of row-level security tell them apart. */
export interface RowTenancy extends OnePool {
  readonly strategy: 'row';
  /**
   * The role tenants' statements run as. Needed where the connection's own role owns the tables or bypasses row-level
   * security, as PGlite's does. Default: the connection's own.
   */
  readonly role?: string | undefined;
  /** The setting that policies read by `current_setting(…)`. Default `'covet.tenant'`. */
  readonly setting?: string | undefined;
}

/** Each tenant has the same tables in a schema of its own. */
export interface SchemaTenancy extends OnePool {
  readonly strategy: 'schema';
  /** The schema of a tenant. Default `tenant_` and its name. */
  readonly schema?: ((tenant: string) => string) | undefined;
  /** The role tenants' statements run as, one for all or one each. Default: the connection's own. */
  readonly role?: string | ((tenant: string) => string) | undefined;
  /** Schemas with what all tenants have in common, searched after their own. Default: none. */
  readonly shared?: readonly string[] | undefined;
}

/** Each tenant has a database of its own, with a pool of its own while it is used. */
export interface DatabaseTenancy extends Shared {
  readonly strategy: 'database';
  /** What `connections` calls the pools: `db_{name}_{tenant}`. Default `'tenant'`; several in one application need one each. */
  readonly name?: string | undefined;
  /** Where a tenant's database is, by `url` or `dataDir`; undefined when there is no such tenant. Or a dependency that gives this function. */
  readonly open: TenantOpener | Injectable<TenantOpener>;
  /** How many pools may be open at once; the one used longest ago makes way. Default 20. */
  readonly maxPools?: number | undefined;
  /** How long a request waits for a pool when all are in use, in milliseconds. Default 10,000. */
  readonly poolTimeout?: number | undefined;
}

/** Options of {@link tenantDatabase}. */
export type TenantDatabaseOptions = RowTenancy | SchemaTenancy | DatabaseTenancy;

/**
 * The database of a request's tenant, as a dependency: `tx`, `db.query` and `db.transaction` see that tenant's rows and no
 * others.
 *
 * - `row`: one pool, one set of tables, with policies of row-level security. Each statement runs in a transaction that starts
 *   by `set_config('covet.tenant', …, true)`; a role that bypasses policies is refused at the first use.
 * - `schema`: one pool; each statement runs in a transaction whose `search_path` is the tenant's schema.
 * - `database`: a pool for each tenant, opened at need, at most `maxPools` at once.
 *
 * With the first two a query outside of a transaction has one of its own, which costs two round trips.
 *
 * @example
 * ```ts
 * import { Depends } from 'covet';
 * import { database, tenant, tenantDatabase, tx } from 'covet/data';
 *
 * const claim = Depends((): string | undefined => 'acme'); // in an application: from a verified token
 * const getTenant = tenant({ claim });
 * const getDatabase = database();
 * export const getTenantDatabase = tenantDatabase({
 *   strategy: 'row',
 *   tenant: getTenant,
 *   database: getDatabase,
 *   role: 'app_tenant',
 * });
 * export const getTx = tx(getTenantDatabase);
 * ```
 *
 * The tables of `row` have a column for the tenant and a policy:
 *
 * ```text
 * create table notes (
 *   tenant text not null default current_setting('covet.tenant'),
 *   id int generated always as identity,
 *   text text not null,
 *   primary key (tenant, id)
 * );
 * alter table notes enable row level security;
 * alter table notes force row level security;
 * create policy tenant on notes using (tenant = current_setting('covet.tenant'));
 * ```
 *
 * Within a request all that is logged has the tenant from then on, and all that is cached has it in its key. `tenants` gives
 * the same databases by name, for jobs and scripts.
 *
 * @throws TypeError when a name, setting or role is none; RangeError when `maxPools` or `poolTimeout` is out of range.
 */
export function tenantDatabase(options: TenantDatabaseOptions): Dep<Database> {
  return options.strategy === 'database' ? ofOwnDatabase(options) : ofOneDatabase(options);
}

function ofOneDatabase(options: RowTenancy | SchemaTenancy): Dep<Database> {
  const confinementOf = options.strategy === 'row' ? toRowConfinement(options) : toSchemaConfinement(options);
  const { tenant, database } = options;
  const confine = async (db: Database, name: string): Promise<Database> => {
    if (options.strategy === 'row') await assertRowSecurity(db, options.role);
    const confinement = confinementOf(checkTenant(name));
    noteTenant(name);
    return db.confine(confinement, name);
  };
  const dependency = Depends(
    { tenant, db: database },
    marksScope(({ tenant, db }: { readonly tenant: string; readonly db: Database }) => confine(db, tenant)),
    { name: `tenantDatabase(${database.name})` },
  );
  const access = Depends(
    { db: database },
    ({ db }) => new Tenants(async (name) => ({ database: await confine(db, name), giveBack: () => {} })),
    { scope: 'singleton', name: `tenants(${database.name})` },
  );
  Tenants.register(dependency, access);
  return dependency;
}

function toRowConfinement({ role, setting = 'covet.tenant' }: RowTenancy): (tenant: string) => string {
  if (!/^[a-z_]\w*\.[a-z_]\w*$/i.test(setting)) {
    throw new TypeError(`A setting of one's own has a dot in its name, as covet.tenant: '${setting}' will not do`);
  }
  const setRole = role === undefined ? '' : `; set local role ${quote(role)}`;
  // The tenant's name was checked: it has nothing in it that could end the text.
  return (tenant) => `${forget}; select set_config('${setting}', '${tenant}', true)${setRole}`;
}

function toSchemaConfinement(options: SchemaTenancy): (tenant: string) => string {
  const { role, schema = (tenant) => `tenant_${tenant}`, shared = [] } = options;
  if (typeof role === 'string') quote(role);
  const rest = shared.map((name) => `, ${quote(name)}`).join('');
  return (tenant) => {
    const own = typeof role === 'function' ? role(tenant) : role;
    const setRole = own === undefined ? '' : `; set local role ${quoteFor(own)}`;
    // Unnamed, pg_temp would come first: a temporary table could stand in front of the tenant's own.
    return `${forget}; set local search_path to ${quoteFor(schema(tenant))}${rest}, pg_temp${setRole}`;
  };
}

/** Temporary tables are the connection's: those that the tenant before has left on it are dropped. */
const forget = 'discard temp';

/** An identifier, whatever is in it; PostgreSQL keeps 63 bytes, and would cut a longer one into somebody else's. */
function quote(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > 63) {
    throw new TypeError(`A role's or schema's name has 1 to 63 bytes: '${name}' will not do`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** The same for a name made of a tenant's: there cannot be a tenant whose name is too long for it. */
function quoteFor(name: string): string {
  if (Buffer.byteLength(name) > 63) throw invalidTenant();
  return quote(name);
}

function ofOwnDatabase({ tenant, open, ...limits }: DatabaseTenancy): Dep<Database> {
  // Refused here rather than in the first request.
  TenantPools.check(limits);
  const needs = { connections, ...(typeof open === 'function' ? {} : { open }) };
  const pools = Depends(
    needs,
    async function* (given) {
      const opener = typeof open === 'function' ? open : (given as unknown as { open: TenantOpener }).open;
      const made = new TenantPools({ open: opener, connections: given.connections, ...limits });
      try {
        yield made;
      } finally {
        await made.close();
      }
    },
    { scope: 'singleton', name: 'tenantPools' },
  );
  const take = async (from: TenantPools, name: string): Promise<Lease> => {
    const lease = await from.take(checkTenant(name));
    if (lease === undefined) throw invalidTenant();
    noteTenant(name);
    return lease;
  };
  const dependency = Depends(
    { tenant, pools },
    marksScope(async function* ({ tenant, pools }: { readonly tenant: string; readonly pools: TenantPools }) {
      const lease = await take(pools, tenant);
      try {
        yield lease.database;
      } finally {
        lease.giveBack();
      }
    }),
    { name: 'tenantDatabase' },
  );
  const access = Depends({ pools }, ({ pools }) => new Tenants((name) => take(pools, name)), {
    scope: 'singleton',
    name: 'tenants',
  });
  Tenants.register(dependency, access);
  return dependency;
}
