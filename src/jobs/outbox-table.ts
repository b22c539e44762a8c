/** The table of an outbox, and every statement about it. */
import { sql } from '../data/sql-tag.ts';
import type { Sql } from '../data/sql.ts';
import type { NewJob } from './job-driver.ts';

/** A job in the table, `delay` being what is left of it. */
export interface OutboxRow extends NewJob {
  readonly sequence: number | bigint;
}

export class OutboxTable {
  readonly #parts: readonly string[];
  readonly #table: Sql;

  /** @throws TypeError when the name is none. */
  constructor(name = 'covet_outbox') {
    this.#parts = name.split('.');
    this.#table = sql.id(...this.#parts);
  }

  /** What is notified of new rows; the payload is the queue's name. Other applications in the database may hear it too. */
  get channel(): string {
    return 'covet_outbox';
  }

  definition(): Sql[] {
    return [
      sql`create table if not exists ${this.#table} (
        sequence bigint generated always as identity primary key,
        queue text not null,
        id uuid not null,
        name text not null,
        payload text not null,
        delay double precision not null,
        priority integer not null,
        policy jsonb not null,
        created_at timestamptz not null default clock_timestamp()
      )`,
      sql`create index if not exists ${sql.id(`${this.#parts.at(-1)!}_queue`)} on ${this.#table} (queue, sequence)`,
    ];
  }

  insert(queue: string, job: NewJob, isNotified: boolean): Sql {
    const { id, name, payload, delay, priority, attempts, backoff, timeout } = job;
    const policy = { attempts, backoff, timeout };
    const insert = sql`insert into ${this.#table} ${sql.values({ queue, id, name, payload, delay, priority, policy })}`;
    if (!isNotified) return insert;
    return sql`with added as (${insert} returning queue) select pg_notify(${this.channel}, queue) from added`;
  }

  /**
   * Whether this transaction may take rows of the queue: one relay at a time, since two would mix up the order.
   */
  lock(queue: string): Sql<{ is_mine: boolean }> {
    const words = `covet outbox ${this.#parts.join('.')}\n${queue}`;
    return sql`select pg_try_advisory_xact_lock(hashtextextended(${words}, 0)) as is_mine`;
  }

  take(queue: string, limit: number): Sql<OutboxRow> {
    return sql<OutboxRow>`
      select sequence, id, name, payload, priority,
        greatest(0, delay - extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as delay,
        (policy->>'attempts')::int as attempts, policy->'backoff' as backoff, (policy->>'timeout')::float8 as timeout
      from ${this.#table} where queue = ${queue} order by sequence limit ${limit} for update skip locked`;
  }

  remove(sequences: readonly (number | bigint)[]): Sql {
    return sql`delete from ${this.#table} where sequence = any(${sequences}::bigint[])`;
  }

  count(queue: string): Sql<{ count: number | bigint }> {
    return sql`select count(*) as count from ${this.#table} where queue = ${queue}`;
  }
}
