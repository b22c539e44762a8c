/** Sessions in PostgreSQL: one table. */
import type { Database } from '../data/database.ts';
import type { QueryOptions } from '../data/queryable.ts';
import { sql } from '../data/sql-tag.ts';
import type { Sql } from '../data/sql.ts';
import type { SessionRecord, SessionStore, SessionVisit } from './session-store.ts';

/** Options of {@link PostgresSessionStore}. */
export interface PostgresSessionStoreOptions {
  /** The table, with its schema if need be: `app.sessions`. Default `covet_sessions`. */
  readonly table?: string | undefined;
}

/** A row, its times in milliseconds. */
interface Row {
  readonly key: string;
  readonly version: number;
  readonly user_id: string | null;
  readonly data: string | null;
  readonly user_agent: string;
  readonly address: string;
  readonly created_at: string;
  readonly seen_at: string;
  readonly expires_at: string;
  readonly ends_at: string;
}

/** How many sessions that have ended each new one takes away: more than come, so that they never pile up. */
const swept = 100;

/** Of an advisory lock: "sess" in ASCII. */
const lock = 0x73_65_73_73;

/**
 * Keeps sessions in a table of PostgreSQL, on a server or in this process by PGlite. Those that have ended are deleted as
 * new ones come.
 *
 * Statements run outside of the transaction that surrounds them, so that a logout stays one when that is undone. PGlite has
 * one connection: there they run in it, and a request that has begun its `tx` reads its session before, or waits for itself.
 * Each method rejects with a `DatabaseError` `DATABASE_UNAVAILABLE` (503) while the
 * server cannot be asked.
 *
 * @throws TypeError when `table` is no name, or one with more than a schema before it.
 *
 * @example
 * ```ts
 * import { Depends } from 'covet';
 * import { database } from 'covet/data';
 * import { PostgresSessionStore, sessions } from 'covet/sessions';
 *
 * const store = Depends(
 *   { db: database() },
 *   async ({ db }) => {
 *     const store = new PostgresSessionStore(db);
 *     await store.ensureSchema();
 *     return store;
 *   },
 *   { scope: 'singleton' },
 * );
 *
 * export const session = sessions({ store });
 * ```
 */
export class PostgresSessionStore implements SessionStore {
  readonly #db: Database;
  readonly #name: string;
  readonly #table: Sql;
  readonly #apart: QueryOptions;

  constructor(db: Database, { table = 'covet_sessions' }: PostgresSessionStoreOptions = {}) {
    const parts = typeof table === 'string' ? table.split('.') : [];
    if (parts.length === 0 || parts.length > 2) {
      throw new TypeError(`The table of sessions is 'name' or 'schema.name', not ${JSON.stringify(table)}`);
    }
    this.#db = db;
    this.#name = parts.at(-1)!;
    this.#table = sql.id(...parts);
    this.#apart = { transaction: db.kind === 'pglite' ? 'join' : 'apart' };
  }

  /**
   * Makes the table and its indexes where they are not there. Does nothing, and needs no right to, where the table is.
   *
   * @throws DatabaseError when the database refuses.
   */
  async ensureSchema(): Promise<void> {
    if (await this.#exists()) return;
    await this.#db.transaction(async (tx) => {
      // Of several processes that start at once: `if not exists` alone does not keep them apart.
      await tx.execute(sql`select pg_advisory_xact_lock(${lock})`);
      await tx.execute(sql`create table if not exists ${this.#table} (
        key text primary key,
        version integer not null,
        user_id text,
        data text,
        user_agent text not null,
        address text not null,
        created_at timestamptz not null,
        seen_at timestamptz not null,
        expires_at timestamptz not null,
        ends_at timestamptz not null
      )`);
      const index = (column: string): Sql => sql.id(`${this.#name}_${column}`);
      await tx.execute(
        sql`create index if not exists ${index('user_id')} on ${this.#table} (user_id) where user_id is not null`,
      );
      await tx.execute(sql`create index if not exists ${index('expires_at')} on ${this.#table} (expires_at)`);
    });
  }

  async read(key: string): Promise<SessionRecord | undefined> {
    const row = await this.#db.maybeOne(sql<Row>`select * from ${this.#table} where key = ${key}`, this.#apart);
    return row === undefined ? undefined : toRecord(row);
  }

  async create(record: SessionRecord): Promise<void> {
    await this.#db.execute(
      sql`with ended as (
        select key from ${this.#table} where expires_at <= ${new Date(record.seenAt)} limit ${swept} for update skip locked
      ), swept as (delete from ${this.#table} where key in (select key from ended))
      insert into ${this.#table} ${sql.values(toColumns(record))}`,
      this.#apart,
    );
  }

  async replace(old: Pick<SessionRecord, 'key' | 'version'>, record: SessionRecord): Promise<boolean> {
    const count = await this.#db.execute(
      sql`update ${this.#table} set ${sql.set(toColumns(record))} where key = ${old.key} and version = ${old.version}`,
      this.#apart,
    );
    return count === 1;
  }

  async touch(key: string, visit: SessionVisit): Promise<void> {
    await this.#db.execute(
      sql`update ${this.#table} set ${sql.set(toVisitColumns(visit))} where key = ${key}`,
      this.#apart,
    );
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#db.execute(sql`delete from ${this.#table} where key = ${key}`, this.#apart)) === 1;
  }

  async list(userId: string, now: number): Promise<SessionRecord[]> {
    const rows = await this.#db.query(
      sql<Row>`select * from ${this.#table} where user_id = ${userId} and expires_at > ${new Date(now)}`,
      this.#apart,
    );
    return rows.map((row) => toRecord(row));
  }

  async deleteOfUser(userId: string, { except = '' }: { readonly except?: string | undefined } = {}): Promise<number> {
    return this.#db.execute(
      sql`delete from ${this.#table} where user_id = ${userId} and key <> ${except}`,
      this.#apart,
    );
  }

  async #exists(): Promise<boolean> {
    const { table } = await this.#db.one(
      sql<{ table: string | null }>`select to_regclass(${this.#table.text})::text as table`,
      this.#apart,
    );
    return table !== null;
  }
}

function toColumns(record: SessionRecord): Record<string, unknown> {
  return {
    key: record.key,
    version: record.version,
    user_id: record.userId ?? null,
    data: record.data ?? null,
    created_at: new Date(record.createdAt),
    ends_at: new Date(record.endsAt),
    ...toVisitColumns(record),
  };
}

function toVisitColumns({ seenAt, expiresAt, userAgent, address }: SessionVisit): Record<string, unknown> {
  return { seen_at: new Date(seenAt), expires_at: new Date(expiresAt), user_agent: userAgent, address };
}

function toRecord(row: Row): SessionRecord {
  return {
    key: row.key,
    version: row.version,
    userId: row.user_id ?? undefined,
    data: row.data ?? undefined,
    userAgent: row.user_agent,
    address: row.address,
    createdAt: Date.parse(row.created_at),
    seenAt: Date.parse(row.seen_at),
    expiresAt: Date.parse(row.expires_at),
    endsAt: Date.parse(row.ends_at),
  };
}
