/** An audit trail: who did what to what, written in the transaction that did it. */
import { isSensitiveName, toHiddenValue } from '../validation/redact.ts';
import type { Database } from './database.ts';
import { paginate, type Page, type PaginateOptions } from './paginate.ts';
import type { Queryable } from './queryable.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';
import { Transaction } from './transaction.ts';

/** Options of {@link auditLog}. */
export interface AuditLogOptions {
  /** The table; with its schema: `app.audit`. Default `covet_audit`. */
  readonly table?: string | undefined;
  /** Names whose values are hidden, beside those that look like passwords, tokens, keys, cards … Whole names, in any case. */
  readonly hide?: readonly string[] | undefined;
}

/** Options of {@link AuditLog.ensureTable}. */
export interface AuditTableOptions {
  /** Has the table refuse `update`, `delete` and `truncate`, whoever asks. Default true. */
  readonly appendOnly?: boolean | undefined;
}

/** What was acted upon. */
export interface AuditTarget {
  /** `user`, `order` … */
  readonly type: string;
  readonly id: string | number | bigint;
}

/** What an entry takes of the request it is about; that of a handler fits. */
export interface AuditRequest {
  readonly ip: string;
  header(name: string): string | undefined;
}

/** An entry to write. */
export interface NewAuditEntry {
  /** Who did it: a user's id, or the name of a program. */
  readonly actor: string | number | bigint;
  /** What was done: `user.delete`. */
  readonly action: string;
  readonly target?: AuditTarget | undefined;
  /** What it was like before, as JSON; values of names that look secret become `[redacted]`, however deep. */
  readonly before?: unknown;
  /** What it is like now, likewise. */
  readonly after?: unknown;
  /** Anything else that is worth knowing, likewise: the filters of a search, the reason given. */
  readonly details?: unknown;
  readonly tenant?: string | undefined;
  /** Its address and its header `x-request-id`, the first 200 characters, are kept. */
  readonly request?: AuditRequest | undefined;
}

/** An entry as it is kept. */
export interface AuditEntry {
  readonly id: number | bigint;
  /** When it was written, by the server's clock: ISO 8601 in UTC, `2026-02-28T12:34:56.000Z`. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target_type: string | null;
  readonly target_id: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly details: unknown;
  readonly tenant: string | null;
  readonly request_id: string | null;
  readonly ip: string | null;
}

/** Which entries. All that is given must hold. */
export interface AuditFilter {
  readonly actor?: string | number | bigint | undefined;
  readonly action?: string | undefined;
  readonly target?: { readonly type: string; readonly id?: string | number | bigint | undefined } | undefined;
  readonly tenant?: string | undefined;
  /** From this instant on. */
  readonly from?: Date | undefined;
  /** Before this instant. */
  readonly until?: Date | undefined;
}

/** An audit trail, made by {@link auditLog}. It holds no connection: each method is given one. */
export class AuditLog {
  readonly #name: string;
  readonly #hidden: ReadonlySet<string>;

  constructor({ table = 'covet_audit', hide = [] }: AuditLogOptions) {
    this.#name = table;
    this.#hidden = new Set(hide.map((name) => name.toLowerCase()));
    void this.#table; // a name that is none is refused now
  }

  /**
   * Makes the table, its indexes and its trigger, if they are not there. Where migrations make tables, docs/data.md has the
   * statements.
   */
  async ensureTable(db: Database, { appendOnly = true }: AuditTableOptions = {}): Promise<void> {
    await db.transaction(async (tx) => {
      // Two processes that start at once would both find no table, and one of them fail.
      await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('covet audit', 0))`);
      for (const statement of this.#definition()) await tx.execute(statement);
      if (appendOnly) for (const statement of this.#protection()) await tx.execute(statement);
    });
  }

  /**
   * Writes an entry in the transaction of the change it is about: both last, or neither.
   *
   * @throws TypeError when `tx` is no transaction, or a fact is no JSON.
   */
  async add(tx: Transaction, entry: NewAuditEntry): Promise<void> {
    if (!(tx instanceof Transaction)) {
      throw new TypeError(
        'An audit entry is written in a transaction, so that it lasts when the change does: give it tx',
      );
    }
    const { actor, action, target, request } = entry;
    await tx.execute(
      sql`insert into ${this.#table} ${sql.values({
        actor: String(actor),
        action,
        target_type: target?.type ?? null,
        target_id: target === undefined ? null : String(target.id),
        before: this.#toFact('before', entry.before),
        after: this.#toFact('after', entry.after),
        details: this.#toFact('details', entry.details),
        tenant: entry.tenant ?? null,
        request_id: request?.header('x-request-id')?.slice(0, 200) ?? null,
        ip: request?.ip ?? null,
      })}`,
    );
  }

  /** The entries as a `select` without order or limit, for {@link paginate}, {@link paginateByKey} and `db.stream`. */
  select({ actor, action, target, tenant, from, until }: AuditFilter = {}): Sql<AuditEntry> {
    const conditions = [
      ...(actor === undefined ? [] : [sql`actor = ${String(actor)}`]),
      ...(action === undefined ? [] : [sql`action = ${action}`]),
      ...(target === undefined ? [] : [sql`target_type = ${target.type}`]),
      ...(target?.id === undefined ? [] : [sql`target_id = ${String(target.id)}`]),
      ...(tenant === undefined ? [] : [sql`tenant = ${tenant}`]),
      ...(from === undefined ? [] : [sql`at >= ${from}::timestamptz`]),
      ...(until === undefined ? [] : [sql`at < ${until}::timestamptz`]),
    ];
    const where = conditions.length === 0 ? sql`` : sql` where ${sql.join(conditions, sql` and `)}`;
    return sql<AuditEntry>`select id, at, actor, action, target_type, target_id, before, after, details, tenant, request_id, ip from ${this.#table}${where}`;
  }

  /**
   * A page of entries, the newest first, and how many there are in all.
   *
   * @throws ValidationError when page or perPage is out of range.
   */
  list(
    db: Queryable,
    filter: AuditFilter = {},
    page: Pick<PaginateOptions, 'page' | 'perPage' | 'maxPerPage'> = {},
  ): Promise<Page<AuditEntry>> {
    return paginate(db, this.select(filter), { ...page, key: 'id', keyDirection: 'desc' });
  }

  get #table(): Sql {
    return sql.id(...this.#name.split('.'));
  }

  /** A name beside the table, in the same schema. */
  #beside(name: string): Sql {
    return sql.id(...this.#name.split('.').slice(0, -1), name);
  }

  #definition(): Sql[] {
    const plain = this.#name.split('.').at(-1)!;
    return [
      sql`create table if not exists ${this.#table} (
        id bigint generated always as identity primary key,
        at timestamptz not null default clock_timestamp(),
        actor text not null,
        action text not null,
        target_type text,
        target_id text,
        before jsonb,
        after jsonb,
        details jsonb,
        tenant text,
        request_id text,
        ip text
      )`,
      sql`create index if not exists ${sql.id(`${plain}_target`)} on ${this.#table} (target_type, target_id)`,
      sql`create index if not exists ${sql.id(`${plain}_actor`)} on ${this.#table} (actor)`,
    ];
  }

  #protection(): Sql[] {
    const refuse = this.#beside('covet_audit_refuse');
    return [
      sql`create or replace function ${refuse}() returns trigger language plpgsql as $$
        begin
          raise exception 'an audit trail is only added to' using errcode = 'insufficient_privilege';
        end $$`,
      sql`create or replace trigger covet_append_only before update or delete or truncate on ${this.#table}
        for each statement execute function ${refuse}()`,
    ];
  }

  #toFact(field: string, value: unknown): string | null {
    if (value === undefined) return null;
    try {
      return JSON.stringify(value, (name, inner: unknown) => {
        if (this.#hidden.has(name.toLowerCase()) || isSensitiveName(name)) return toHiddenValue();
        return typeof inner === 'bigint' ? String(inner) : inner;
      });
    } catch (cause) {
      throw new TypeError(`The '${field}' of an audit entry is no JSON`, { cause });
    }
  }
}

/**
 * An audit trail in a table of the database.
 *
 * @example
 * ```ts
 * import { auditLog, openDatabase, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * const audit = auditLog();
 * await audit.ensureTable(db);
 * await db.execute(sql`create table users (id int primary key, role text not null)`);
 * await db.execute(sql`insert into users values (7, 'reader')`);
 *
 * await db.transaction(async (tx) => {
 *   await tx.execute(sql`update users set role = 'admin' where id = 7`);
 *   await audit.add(tx, {
 *     actor: 1,
 *     action: 'user.update',
 *     target: { type: 'user', id: 7 },
 *     before: { role: 'reader' },
 *     after: { role: 'admin', password: 'hunter2' },
 *   });
 * });
 * const { items, total } = await audit.list(db, { target: { type: 'user', id: 7 } });
 * console.log(total, items[0]!.after); // 1 { role: 'admin', password: '[redacted]' }
 * await db.close();
 * ```
 *
 * @throws TypeError when the table's name is none.
 */
export function auditLog(options: AuditLogOptions = {}): AuditLog {
  return new AuditLog(options);
}
