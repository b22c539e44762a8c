/**
 * Jobs that are added exactly when a transaction commits. In: a row in the transaction of the change. Out, by the queue's
 * relay: the job in the queue's store.
 */
import type { Database } from '../data/database.ts';
import { sql } from '../data/sql-tag.ts';
import { Transaction } from '../data/transaction.ts';
import { Depends } from '../di/depends.ts';
import type { Dep, Injectable } from '../types/injectable.ts';
import { checkAddOptions, type AddJobOptions } from './add-options.ts';
import { toJobId } from './job-id.ts';
import type { Job, PayloadOf } from './job.ts';
import { toOrderedId } from './ordered-id.ts';
import { OutboxTable } from './outbox-table.ts';
import { checkPayload } from './payload.ts';

/** Options of {@link outbox}. */
export interface OutboxOptions {
  /** The name of the queue that its jobs are for. Default `'main'`. */
  readonly queue?: string | undefined;
  /** The table; with its schema: `app.outbox`. Default `covet_outbox`. */
  readonly table?: string | undefined;
  /** How often to look for rows that nobody told of, in milliseconds. Default 2000. */
  readonly pollInterval?: number | undefined;
  /** How many jobs the queue's store is given at once, at most. Default 100. */
  readonly batchSize?: number | undefined;
}

/** An outbox, as the dependency made by {@link outbox} gives it. */
export class Outbox {
  /** The name of the queue that its jobs are for. */
  readonly queue: string;
  /** @internal */
  readonly db: Database;
  /** @internal */
  readonly table: OutboxTable;
  /** @internal */
  readonly pollInterval: number;
  /** @internal */
  readonly batchSize: number;
  /** Relays of this process, to be told of rows. */
  readonly #listeners = new Set<() => void>();

  constructor(db: Database, { queue = 'main', table, pollInterval = 2000, batchSize = 100 }: OutboxOptions) {
    this.db = db;
    this.queue = queue;
    this.table = new OutboxTable(table);
    this.pollInterval = pollInterval;
    this.batchSize = batchSize;
  }

  /**
   * Writes a job in a transaction: it is added to the queue when the transaction commits, and never when that is undone.
   * Resolves to its id once it is written.
   *
   * @throws TypeError when `tx` is no transaction.
   * @throws JobError `JOB_PAYLOAD_INVALID`; DatabaseError as any statement.
   * @throws RangeError when delay or priority are out of range.
   */
  async add<J extends Job>(
    tx: Transaction,
    job: J,
    payload: PayloadOf<J>,
    options: AddJobOptions = {},
  ): Promise<string> {
    if (!(tx instanceof Transaction)) {
      throw new TypeError('A job goes into an outbox by a transaction, and leaves with its commit: give it tx');
    }
    const { delay, priority } = checkAddOptions(options);
    const { name, attempts, backoff, timeout } = job;
    const id = options.id === undefined ? toOrderedId() : toJobId(`${this.queue}\n${name}\n${options.id}`);
    const json = await checkPayload(job, payload);
    const row = { id, name, payload: json, delay, priority, attempts, backoff, timeout };
    // A notification makes all commits of the database that have one wait for each other: only where nobody here looks.
    await tx.execute(this.table.insert(this.queue, row, this.#listeners.size === 0));
    tx.afterCommit(() => this.#wake());
    return id;
  }

  /** How many jobs wait in it for their relay. */
  async count(): Promise<number> {
    return Number((await this.db.one(this.table.count(this.queue))).count);
  }

  /** @internal */
  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * An outbox as a dependency. Give it to the queue as `outbox`: the process that works hands its jobs over.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { database, sql, tx } from 'covet/data';
 * import { defineJob, ensureOutbox, jobs, outbox } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * const Welcome = defineJob('welcome', { payload: z.object({ name: z.string() }) }, ({ payload }) => {
 *   console.log(`Welcome, ${payload.name}`);
 * });
 * const getDatabase = database();
 * const getOutbox = outbox(getDatabase);
 * const queue = jobs({ handlers: [Welcome], outbox: getOutbox });
 *
 * const app = new Covet({ logger: false });
 * app.onStart(async () => {
 *   const db = await app.resolve(getDatabase);
 *   await db.execute(sql`create table users (name text primary key)`);
 *   await ensureOutbox(db);
 *   await app.resolve(queue);
 * });
 * app.post('/users/{name}', { deps: { tx: tx(getDatabase), outbox: getOutbox } }, async ({ tx, outbox, params }) => {
 *   await outbox.add(tx, Welcome, { name: params.name });
 *   await tx.execute(sql`insert into users values (${params.name})`); // fails the second time: no welcome
 *   return {};
 * });
 *
 * const post = async () => (await app.inject({ method: 'POST', url: '/users/Ada' })).status;
 * const statuses = [await post(), await post()];
 * await app.close();
 * console.log(statuses);
 * // Welcome, Ada
 * // [ 200, 409 ]
 * ```
 *
 * @throws TypeError when the table's name is none.
 * @throws RangeError when `pollInterval` is not at least 10 ms, or `batchSize` not an integer from 1 to 1000.
 */
export function outbox(db: Injectable<Database>, options: OutboxOptions = {}): Dep<Outbox> {
  const { pollInterval = 2000, batchSize = 100, table } = options;
  if (!(pollInterval >= 10 && pollInterval < 2 ** 31)) {
    throw new RangeError(`pollInterval must be at least 10 ms, not ${pollInterval}`);
  }
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 1000) {
    throw new RangeError(`batchSize must be an integer from 1 to 1000, not ${batchSize}`);
  }
  void new OutboxTable(table); // a name that is none is refused now
  const name = `outbox '${options.queue ?? 'main'}'`;
  return Depends({ db }, ({ db }) => new Outbox(db, options), { scope: 'singleton', name });
}

/**
 * Makes the outbox' table if it is not there. Where migrations make tables, docs/jobs.md has the statement.
 *
 * @throws DatabaseError when the role may not.
 */
export async function ensureOutbox(db: Database, options: Pick<OutboxOptions, 'table'> = {}): Promise<void> {
  const table = new OutboxTable(options.table);
  await db.transaction(async (tx) => {
    // Two processes that start at once would both find no table, and one of them fail.
    await tx.query(sql`select pg_advisory_xact_lock(hashtextextended('covet outbox', 0))`);
    for (const statement of table.definition()) await tx.execute(statement);
  });
}
