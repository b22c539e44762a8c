/** A transaction, or a savepoint within one: statements that take effect together or not at all. */
import type { AsyncLocalStorage } from 'node:async_hooks';

import { currentMaking, openHere, type Making } from '../internal/work-scope.ts';
import { DatabaseError } from './database-error.ts';
import type { Engine, StatementResult } from './engine.ts';
import { anyOf, toAborted, type Limits } from './interrupt.ts';
import { Queryable, type QueryOptions, type StreamOptions } from './queryable.ts';
import { Sql } from './sql.ts';
import { streamRows } from './stream-rows.ts';
import type { TransactionCore, Turn } from './transaction-core.ts';
import { endsWithin, Turns } from './turns.ts';

/** A savepoint has the turn of all that runs in it. */
const alreadyMine = (): void => {};

/** Which transaction the current asynchronous context runs in. */
export type TransactionContext = AsyncLocalStorage<Transaction | undefined>;

/**
 * A transaction under way. Made by `db.transaction(fn)` and the dependency `tx(database)`; never by hand.
 *
 * Statements run one after the other, in the order they were asked for. When it has ended, each further one is a
 * `TRANSACTION_ERROR`.
 */
export class Transaction extends Queryable {
  readonly #core: TransactionCore;
  readonly #context: TransactionContext;
  readonly #parent: Transaction | undefined;
  /** The one that ran where this one was made: its own parent, or a transaction of another confinement. */
  readonly #surrounding: Transaction | undefined;
  /** Of a savepoint: limits what runs in it. */
  readonly #signal: AbortSignal | undefined;
  /** The value for a cache in whose making it began. */
  readonly #making = currentMaking();
  readonly #turns = new Turns();
  /** Savepoints within, that run or wait for their turn. */
  #nested = 0;
  #pending = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';

  /** @internal */
  constructor(core: TransactionCore, context: TransactionContext, parent?: Transaction, signal?: AbortSignal) {
    super();
    this.#core = core;
    this.#context = context;
    this.#parent = parent;
    this.#signal = parent === undefined ? signal : anyOf(parent.#signal, signal);
    this.#surrounding = parent ?? context.getStore();
  }

  /** @internal The innermost transaction that runs here under this confinement, or else the one `tx` has given this request. */
  static find(
    context: TransactionContext,
    confinement: string | undefined,
    kind: Engine['kind'],
  ): Transaction | undefined {
    const making = currentMaking();
    let at = context.getStore();
    while (at !== undefined && at.#core.confinement !== confinement) at = at.#surrounding;
    if (at !== undefined) return at.#asked(making);
    // What others get from a cache must not come of rows that may never be, nor be cut off when this request ends. Where
    // there is but one connection, it would wait for itself.
    if (kind !== 'pglite' && making !== undefined) return undefined;
    let found: Transaction | undefined;
    for (const each of openHere()) {
      if (!(each instanceof Transaction) || each.#context !== context || each.#core.confinement !== confinement)
        continue;
      if (found !== undefined) return undefined; // of several, nobody has said which one is meant
      found = each;
    }
    return found === undefined ? undefined : found.#asked(making);
  }

  /** Asked for a value that others get, too, it gives what they must not keep: unless it is a part of making that. */
  #asked(making: Making | undefined): this {
    if (making !== undefined && making !== this.#making) making.isUncommitted = true;
    return this;
  }

  override get isInTransaction(): boolean {
    return true;
  }

  /** @internal */
  protected override send(statement: Sql<unknown>, options: QueryOptions | undefined): Promise<StatementResult> {
    if (options?.transaction === 'apart') {
      throw new TypeError("A transaction's own query cannot be 'apart' from it: call that of the database");
    }
    const inner = this.#inner();
    return inner.#core.run(statement, inner.#limited(options), inner.#takeTurn());
  }

  /** Runs several statements without values, as from a file. */
  script(text: string): Promise<void> {
    const inner = this.#inner();
    return inner.#inTurn(() => inner.#core.script(text));
  }

  override async *stream<Row>(statement: Sql<Row>, options: StreamOptions = {}): AsyncGenerator<Row, void, undefined> {
    const limits: Limits = { signal: options.signal, timeout: options.timeout };
    yield* streamRows(statement, options, {
      name: this.#core.nextCursor(),
      send: (fetch) => this.send(fetch, limits),
      sendAlways: (close) => this.send(close, undefined),
    });
  }

  /**
   * Runs `work` in a savepoint: what it did is undone when it throws, and the transaction around it can go on. Two at once
   * run one after the other.
   *
   * @throws whatever `work` throws; DatabaseError `TRANSACTION_ERROR` when it left something running.
   */
  transaction<T>(work: (savepoint: Transaction) => T | PromiseLike<T>): Promise<T> {
    return Transaction.nest(this, work);
  }

  /** A savepoint whose statements end with `signal`. For {@link Database} alone. */
  static async nest<T>(
    outer: Transaction,
    work: (savepoint: Transaction) => T | PromiseLike<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const inner = outer.#inner();
    inner.#nested++;
    try {
      return await inner.#inTurn(() => inner.#nest(work, signal));
    } finally {
      inner.#nested--;
    }
  }

  #limited(limits: Limits | undefined): Limits | undefined {
    return this.#signal === undefined ? limits : { ...limits, signal: anyOf(this.#signal, limits?.signal) };
  }

  /**
   * Runs `work` so that the database's own queries in it, however deep, run in this transaction. `db.transaction` does so by
   * itself, and so does `tx(database)` for its request; by this one of several is chosen.
   */
  join<T>(work: () => T): T {
    return this.#context.run(this, work);
  }

  /**
   * Has `task` run when the commit has succeeded, in order, and never when the transaction is undone. For what others must
   * not see sooner: messages, invalidated caches. A task that throws fails whoever waits for the commit, which has happened.
   */
  afterCommit(task: () => unknown): void {
    this.#assertOpen();
    if (this.#parent === undefined) this.#core.addAfterCommit(task);
    else this.#tasks.push(task);
  }

  /** Of a savepoint, which may yet be undone. */
  readonly #tasks: (() => unknown)[] = [];

  /** The innermost transaction that runs here, when that is part of this one; else this one. */
  #inner(): Transaction {
    let current = this.#context.getStore();
    while (current !== undefined && current.#core !== this.#core) current = current.#surrounding;
    for (let at = current; at !== undefined; at = at.#parent)
      if (at === this && current!.#state === 'open') return current!;
    return this;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.#takeTurn();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Waits for those before, where there are any. */
  #takeTurn(): Turn {
    this.#assertOpen();
    this.#pending++;
    const turn = this.#turns.take();
    if (turn instanceof Promise) return this.#awaitTurn(turn);
    return () => {
      this.#pending--;
      turn();
    };
  }

  async #awaitTurn(turn: Promise<() => void>): Promise<() => void> {
    try {
      // A savepoint may wait for what waits for its own end.
      const end = await (this.#nested === 0 ? turn : endsWithin(turn, this.#core));
      return () => {
        this.#pending--;
        end();
      };
    } catch (error) {
      this.#pending--;
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    throw new DatabaseError(
      'A transaction was used after its end. Was a promise not awaited? Has the request been answered?',
      { code: 'TRANSACTION_ERROR' },
    );
  }

  async #nest<T>(work: (savepoint: Transaction) => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) throw toAborted(signal);
    const core = this.#core;
    const name = core.nextSavepoint();
    const command = (text: string): Promise<unknown> => core.run(new Sql([text], []), undefined, alreadyMine);
    await command(`savepoint ${name}`);
    const savepoint = new Transaction(core, this.#context, this, signal);
    let result: T;
    try {
      result = await savepoint.#within(work);
      await command(`release savepoint ${name}`);
    } catch (error) {
      try {
        await command(`rollback to savepoint ${name}`);
        core.forgetFailure();
      } catch {
        // The connection is gone, or the whole transaction: the next statement and the commit say so. First the cause.
      }
      throw error;
    }
    for (const task of savepoint.#tasks) this.afterCommit(task);
    return result;
  }

  /** Runs `work` with this transaction as the one that surrounds it, and sees that it leaves nothing running. */
  async #within<T>(work: (transaction: Transaction) => T | PromiseLike<T>): Promise<T> {
    try {
      const result = await this.#context.run(this, async () => work(this));
      await this.#end();
      return result;
    } catch (error) {
      await this.#end().catch(() => {
        // That something was left running follows from the error, which says more.
      });
      throw error;
    }
  }

  /** No further statements; those under way are waited for, and are a fault. */
  async #end(): Promise<void> {
    const left = this.#pending;
    this.#state = 'ending';
    if (left > 0) (await this.#turns.take())();
    this.#state = 'ended';
    if (left === 0) return;
    throw new DatabaseError(
      `${left} ${left === 1 ? 'query was' : 'queries were'} still running when the transaction was to end, so it was undone: await every query`,
      { code: 'TRANSACTION_ERROR' },
    );
  }

  /** Runs `work` and commits, or undoes it when that throws. For {@link Database} alone. */
  static async run<T>(transaction: Transaction, work: (transaction: Transaction) => T | PromiseLike<T>): Promise<T> {
    let result: T;
    try {
      result = await transaction.#within(work);
    } catch (error) {
      await transaction.#core.rollback();
      throw error;
    }
    await transaction.#core.commit();
    return result;
  }

  /** Runs the tasks for after the commit, which has happened. For {@link Database} alone. */
  static runAfterCommit(transaction: Transaction): Promise<void> {
    return transaction.#core.runAfterCommit();
  }

  /** Ends a transaction that somebody else ran: committed, or undone because of `error`. For the dependency `tx` alone. */
  static async close(transaction: Transaction, ending: { readonly error?: unknown }): Promise<void> {
    if ('error' in ending) {
      await transaction.#end().catch(() => {
        // As above: the error that led here says more.
      });
      await transaction.#core.rollback();
      return;
    }
    // Nothing is left to run within it, so its context is not entered.
    try {
      await transaction.#end();
    } catch (error) {
      await transaction.#core.rollback();
      throw error;
    }
    await transaction.#core.commit();
    await transaction.#core.runAfterCommit();
  }
}
