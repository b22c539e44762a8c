/** A table of notes, kept apart for the tenants acme and globex by each of the strategies. */
import { auditLog, openDatabase, sql, tenant, tenantDatabase, type DatabaseOptions } from '../../src/data/index.ts';
import type { Database, Sql } from '../../src/data/index.ts';
import { Depends, Header, HttpError, type Dep } from '../../src/index.ts';
import { createDatabase } from '../helpers/database.ts';

const keys: Readonly<Record<string, string | undefined>> = { a: 'acme', b: 'globex', c: undefined, d: 'nobody' };
const currentUser = Depends({ key: Header('x-api-key') }, ({ key }) => {
  if (key === undefined || !Object.hasOwn(keys, key)) throw new HttpError(401, 'Invalid authentication');
  return { tenant: keys[key] };
});
const claim = Depends({ user: currentUser }, ({ user }) => user.tenant);
export const currentTenant: Dep<string> = tenant({ claim, isKnown: (name) => name !== 'nobody' });

/** A generator, so that the application does not close what the test still uses. */
export const asDependency = (db: Database): Dep<Database> =>
  Depends(
    function* () {
      yield db;
    },
    { scope: 'singleton', name: 'shared' },
  );

export interface Setting {
  readonly db: Dep<Database>;
  readonly close: () => Promise<void>;
}

export async function toOptions(engine: string): Promise<{ options: DatabaseOptions; drop: () => Promise<void> }> {
  if (engine === 'pglite') return { options: {}, drop: async () => {} };
  const made = await createDatabase();
  // Few connections: tests run side by side, and a server has a hundred for all of them.
  return { options: { url: made.url, poolSize: 1, maxOverflow: 3 }, drop: () => made.drop() };
}

const notes = sql`create table notes (id int primary key, text text not null)`;
/** A role may be there already, from another database of the same server. */
export const role: Sql = sql`
  do $$ begin create role covet_test_tenant; exception when duplicate_object or unique_violation then null; end $$
`;

export const strategies: Readonly<Record<string, (engine: string) => Promise<Setting>>> = {
  row: async (engine) => {
    const { options, drop } = await toOptions(engine);
    const db = await openDatabase(options);
    await db.execute(role);
    await db.execute(sql`
      create table notes (
        tenant text not null default current_setting('covet.tenant'), id int, text text not null, primary key (tenant, id)
      )
    `);
    await db.execute(sql`alter table notes enable row level security`);
    await db.execute(sql`create policy tenant on notes using (tenant = current_setting('covet.tenant'))`);
    await db.execute(sql`grant select, insert, update, delete on notes to covet_test_tenant`);
    await auditLog().ensureTable(db);
    await db.execute(sql`grant select, insert on covet_audit to covet_test_tenant`);
    const shared = asDependency(db);
    return {
      db: tenantDatabase({ strategy: 'row', tenant: currentTenant, database: shared, role: 'covet_test_tenant' }),
      close: async () => {
        await db.close();
        await drop();
      },
    };
  },
  schema: async (engine) => {
    const { options, drop } = await toOptions(engine);
    const db = await openDatabase(options);
    for (const name of ['tenant_acme', 'tenant_globex']) {
      await db.transaction(async (own) => {
        await own.execute(sql`create schema ${sql.id(name)}`);
        await own.execute(sql`set local search_path to ${sql.id(name)}`);
        await own.execute(notes);
      });
      await auditLog({ table: `${name}.covet_audit` }).ensureTable(db);
    }
    return {
      db: tenantDatabase({ strategy: 'schema', tenant: currentTenant, database: asDependency(db) }),
      close: async () => {
        await db.close();
        await drop();
      },
    };
  },
  database: async (engine) => {
    const made = new Map<string, { options: DatabaseOptions; drop: () => Promise<void> }>();
    const open = async (name: string): Promise<DatabaseOptions | undefined> => {
      if (name !== 'acme' && name !== 'globex') return undefined;
      let own = made.get(name);
      if (own === undefined) {
        made.set(name, (own = await toOptions(engine)));
        if (engine === 'postgres') {
          const db = await openDatabase(own.options);
          await db.execute(notes);
          await auditLog().ensureTable(db);
          await db.close();
        }
      }
      return own.options;
    };
    return {
      db: tenantDatabase({ strategy: 'database', tenant: currentTenant, open }),
      close: async () => {
        for (const { drop } of made.values()) await drop();
      },
    };
  },
};

/** PGlite makes an empty database each time it opens one in memory: a strategy of its own databases needs a server. */
export const enginesOf = (strategy: string): readonly string[] =>
  strategy === 'database' ? ['postgres'] : ['postgres', 'pglite'];
