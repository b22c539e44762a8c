/**
 * Statements that the server says nothing to. Whether it still works at them, as it may for hours, or the network between has
 * gone, nobody can tell from the connection itself: it is asked on another one.
 */
import type { Findings } from './ask-after.ts';

/** A connection that can be watched. */
export interface Watched {
  /** The server's own number of it. */
  readonly processId: number;
  /** What has come so far. */
  readonly bytesRead: number;
  /** Breaks it off; the statement fails. */
  destroy(): void;
}

/** A statement under way. */
interface Wait {
  /** When it was sent, or last asked after, by `performance.now()`. */
  since: number;
  /** How often in a row the server has known nothing of it, or has not answered at all. */
  misses: number;
}

/** So many questions in a row: an answer may have been on its way at the first, or the server too busy for us. */
const enoughMisses = 2;

/** Breaks off connections whose statements nobody works at any more. One timer for all of a pool. */
export class SilenceWatch {
  readonly #patience: number;
  readonly #askAfter: (processIds: readonly number[]) => Promise<Findings>;
  readonly #waits = new Map<Watched, Wait>();
  #timer: NodeJS.Timeout | undefined;

  /** `patience`: how long a server may say nothing before it is asked, in milliseconds. */
  constructor(patience: number, askAfter: (processIds: readonly number[]) => Promise<Findings>) {
    this.#patience = patience;
    this.#askAfter = askAfter;
  }

  /** A statement has been sent. */
  begin(connection: Watched): void {
    this.#waits.set(connection, { since: performance.now(), misses: 0 });
    if (this.#timer === undefined) this.#schedule();
  }

  /** It has been answered, or has failed. */
  end(connection: Watched): void {
    this.#waits.delete(connection);
  }

  #schedule(): void {
    this.#timer = undefined;
    if (this.#waits.size === 0) return;
    const oldest = Math.min(...[...this.#waits.values()].map(({ since }) => since));
    const pause = Math.max(1, oldest + this.#patience - performance.now());
    // The connections themselves keep the process alive for as long as anybody waits for them.
    this.#timer = setTimeout(() => void this.#look().finally(() => this.#schedule()), pause).unref();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const latest = performance.now() - this.#patience;
    const due = [...this.#waits].filter(([, { since }]) => since <= latest);
    if (due.length === 0) return;
    const before = due.map(([connection]) => connection.bytesRead);
    const findings = await this.#askAfter(due.map(([connection]) => connection.processId));
    for (const [index, [connection, wait]] of due.entries()) {
      // Answered meanwhile; what runs there now is another statement.
      if (this.#waits.get(connection) !== wait) continue;
      const finding = connection.bytesRead === before[index] ? findings(connection.processId) : 'works';
      wait.misses = finding === 'works' ? 0 : wait.misses + 1;
      if (wait.misses >= enoughMisses) connection.destroy();
      // Who did not answer has had its time already, and is asked again at once.
      if (finding !== 'silent' || wait.misses >= enoughMisses) wait.since = performance.now();
    }
  }
}
