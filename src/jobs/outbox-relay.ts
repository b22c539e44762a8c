/** Hands the jobs of an outbox over to the queue's store. */
import type { Connections, DatabaseStats } from '../connections/connections.ts';
import type { JobDriver } from './job-driver.ts';
import type { Outbox } from './outbox.ts';
import { withinTime } from './within-time.ts';

/** What an {@link OutboxRelay} is made of. */
export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly driver: Pick<JobDriver, 'add'>;
  readonly onError: (error: unknown) => void;
}

/** How long the store may take for a batch, in milliseconds: a connection waits for it, on PGlite the only one. */
const addTimeout = 10_000;
/** Another relay is at it, and may just have looked for the last time: when to look again, in milliseconds. */
const otherRelayPause = 50;
const shortestBackoff = 100;
const longestBackoff = 10_000;

/**
 * A batch is read, given to the store and deleted in one transaction. Whatever dies in between, the rows are still there,
 * and given to the store again, which does not take an id twice.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #stop: () => void;
  /** Smaller after a failure: a store that is nearly full may have room for some. */
  #batchSize: number;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;
  #isClosed = false;
  #listening: Promise<void> | undefined;
  #stopListening: (() => Promise<void>) | undefined;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#batchSize = options.outbox.batchSize;
    this.#stop = options.outbox.onAdded(() => this.#onAdded());
    this.#look();
  }

  /** Hands no more over, and waits for the batch under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#listening;
    await this.#stopListening?.();
  }

  /**
   * Shows the connection it listens on.
   *
   * @returns what takes it out again.
   */
  joinConnections(connections: Connections): () => void {
    const { db, queue } = this.#options.outbox;
    // In this process nothing has to be connected to.
    if (db.kind === 'pglite') return () => {};
    const ping = async (): Promise<void> => {
      // It may be about to stand: the check has its own limit.
      await this.#listening;
      if (this.#stopListening === undefined) throw new Error('nobody listens to what other processes add');
    };
    return connections.add(`db_outbox_${queue}`, { stats: () => this.#stats(), ping });
  }

  #stats(): DatabaseStats {
    const open = this.#stopListening === undefined ? 0 : 1;
    return {
      pool_size: 1,
      checked_in: 0,
      checked_out: open,
      overflow: 0,
      total_connections: open,
      active_connections: open,
      waiting: 0,
    };
  }

  /** While the store refuses, news make no difference. */
  #onAdded(): void {
    if (this.#failures === 0) this.#look();
  }

  /** Never rejects. */
  #look(): void {
    if (this.#isClosed) return;
    this.#isAskedAgain = true;
    this.#looking ??= this.#relayAll().finally(() => {
      this.#looking = undefined;
    });
  }

  async #relayAll(): Promise<void> {
    clearTimeout(this.#timer);
    let pause = this.#options.outbox.pollInterval;
    try {
      this.#listening ??= this.#listen();
      while (this.#isAskedAgain && !this.#isClosed) {
        this.#isAskedAgain = false;
        const outcome = await this.#relayBatch();
        if (outcome === 'more') this.#isAskedAgain = true;
        if (outcome === 'other relay') pause = Math.min(pause, otherRelayPause);
        this.#failures = 0;
      }
    } catch (error) {
      this.#options.onError(error);
      pause = Math.min(longestBackoff, shortestBackoff * 2 ** Math.min(this.#failures, 20)) * (0.5 + Math.random() / 2);
      this.#failures += 1;
      this.#batchSize = Math.max(1, Math.floor(this.#batchSize / 2));
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#look(), pause);
    // A program that has nothing else to do may end: the rows wait for the next.
    this.#timer.unref();
  }

  async #relayBatch(): Promise<'more' | 'none' | 'other relay'> {
    const { outbox, driver } = this.#options;
    const { table, queue, db } = outbox;
    const size = this.#batchSize;
    const outcome = await db.transaction(
      async (tx) => {
        const { is_mine: isMine } = await tx.one(table.lock(queue));
        if (!isMine) return 'other relay';
        const rows = await tx.query(table.take(queue, size));
        if (rows.length === 0) return 'none';
        const adding = driver.add(rows.map(({ sequence: _sequence, ...job }) => job));
        await withinTime(adding, addTimeout, 'The store of jobs did not answer');
        await tx.execute(table.remove(rows.map(({ sequence }) => sequence)));
        return rows.length === size ? 'more' : 'none';
      },
      // A relay that was woken within somebody's transaction has nothing to do with it.
      { transaction: 'apart' },
    );
    this.#batchSize = Math.min(outbox.batchSize, size * 2);
    return outcome;
  }

  /** Hears of rows that other processes have added. Tried again with the next look when it fails or is lost. */
  async #listen(): Promise<void> {
    const { outbox, onError } = this.#options;
    try {
      this.#stopListening = await outbox.db.listen(outbox.table.channel, {
        onNotification: (queue) => {
          if (queue === outbox.queue) this.#onAdded();
        },
        onLost: () => {
          this.#stopListening = undefined;
          this.#listening = undefined;
        },
      });
    } catch (error) {
      this.#listening = undefined;
      // The looks themselves say that the server is away, and find what there is without being told.
      onError(error);
    }
  }
}
