import { DatabaseError } from './database-error.ts';
import type { Database } from './database.ts';
import { sql } from './sql-tag.ts';

/** By database, and by the role asked for. A failure is not kept: the server may be up the next time. */
const checks = new WeakMap<Database, Map<string | undefined, Promise<void>>>();

/**
 * Sees to it that policies hold for the role that tenants' statements run as: once for each database.
 *
 * @throws DatabaseError `TENANT_NOT_ISOLATED` when that role bypasses row-level security, as a superuser or as the owner of a
 * table that does not force it, or is none.
 */
export function assertRowSecurity(db: Database, role: string | undefined): Promise<void> {
  let known = checks.get(db);
  if (known === undefined) checks.set(db, (known = new Map()));
  let checked = known.get(role);
  if (checked === undefined) {
    checked = check(db, role);
    known.set(role, checked);
    checked.catch(() => known.delete(role));
  }
  return checked;
}

async function check(db: Database, role: string | undefined): Promise<void> {
  const found = await db.maybeOne(
    sql<{ name: string; bypasses: boolean }>`
      select rolname as name, rolsuper or rolbypassrls as bypasses from pg_roles
      where rolname = coalesce(${role ?? null}, current_user)
    `,
    { transaction: 'apart' },
  );
  if (found === undefined) throw notIsolated(`There is no role '${role}' for tenants' statements: create it`);
  if (found.bypasses) {
    throw notIsolated(
      `The role '${found.name}' bypasses row-level security, so every tenant would see every row: give tenantDatabase a ` +
        '`role` that is neither superuser nor `bypassrls`, and grant it what tenants may do',
    );
  }
  await assertForced(db, found.name);
}

/** Policies do not hold for whoever has the rights of a table's owner, unless they are forced. */
async function assertForced(db: Database, role: string): Promise<void> {
  const owned = await db.query(
    sql<{ name: string }>`
      select oid::regclass::text as name from pg_class
      where relrowsecurity and not relforcerowsecurity and pg_has_role(${role}::name, relowner, 'usage')
      order by 1 limit 10
    `,
    { transaction: 'apart' },
  );
  if (owned.length === 0) return;
  throw notIsolated(
    `The role '${role}' owns tables whose row-level security is not forced, so every tenant would see every row of ` +
      `${owned.map(({ name }) => name).join(', ')}: \`alter table … force row level security\`, or give tenantDatabase another \`role\``,
  );
}

function notIsolated(message: string): DatabaseError {
  return new DatabaseError(message, { code: 'TENANT_NOT_ISOLATED' });
}
