/**
 * JS threads beside the first: each runs the program's main file again, and its application joins the same server.
 * In: how many, and which server. Out: threads that have joined; one that dies is reported and replaced.
 */
import { Worker, parentPort } from 'node:worker_threads';

import { CovetError } from './error.ts';
import { joinKey } from './internal/joined-thread.ts';
import { writeLog } from './logger.ts';
import type { Logger } from './logger.ts';
import { formThreadGroup } from './native/thread-group.ts';
import type { ThreadGroup } from './native/thread-group.ts';

/**
 * To a joined thread: `closing` has it know, `ending` has it end its streams without an end, `close` its application. From
 * one: `close` asks the first thread to close the server.
 */
type Message =
  | { readonly covet: 'joined' | 'closing' | 'ending' }
  | { readonly covet: 'close'; readonly grace: number };

/** Beyond the grace that it has for itself, milliseconds in which a thread may tell what it cut off. */
const LAST_WORDS = 1000;

/** The most that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** A thread that dies over and over is started again no faster than this, in milliseconds. */
const RESTART_DELAY = 1000;

/** What a joined thread does at the word of the first. */
export interface Joined {
  /** The application is about to close, and all of it serves on. */
  readonly onClosing: () => void;
  /** The server ends: nothing new comes, and what is under way has the grace. */
  readonly onEnding: () => void;
  /** The server has closed, and so much of the grace is left. */
  readonly close: (grace: number) => Promise<void>;
}

/**
 * On a joined thread: tells the first thread, and does from then on what that says.
 *
 * @returns a function that resolves when the server has closed, and asks for it unless it does so by itself.
 */
export function reportJoined({ onClosing, onEnding, close }: Joined): (grace: number) => Promise<void> {
  const port = parentPort!;
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    port.on('message', (message: Message | null) => {
      if (message?.covet === 'closing') onClosing();
      if (message?.covet === 'ending') onEnding();
      if (message?.covet !== 'close') return;
      isClosed = true;
      resolve();
      // Until then the port keeps the thread alive: the link to the server, which did before, has gone.
      void close(message.grace).finally(() => port.unref());
    });
  });
  port.postMessage({ covet: 'joined' } satisfies Message);
  return async (grace) => {
    if (!isClosed) port.postMessage({ covet: 'close', grace } satisfies Message);
    await closed;
  };
}

/** What {@link Workers} are made with. */
export interface WorkersOptions {
  /** The number of the server they join. */
  readonly server: number;
  readonly logger: Logger;
  /** A thread asks for the application to be closed. */
  readonly onClose: (grace: number) => void;
}

export class Workers {
  readonly #options: WorkersOptions;
  readonly #threads = new Set<Worker>();
  #group: Readonly<Record<string, ThreadGroup>> = {};
  #isClosing = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /**
   * Starts `count` threads and waits until each has joined.
   *
   * @throws CovetError when one ends before it has; the others are ended then.
   */
  async start(count: number): Promise<void> {
    this.#group = formThreadGroup(count + 1);
    try {
      await Promise.all(Array.from({ length: count }, () => this.#spawn()));
    } catch (error) {
      this.#isClosing = true;
      await Promise.all([...this.#threads].map((thread) => thread.terminate()));
      throw error;
    }
  }

  /** Has every thread know that the application is about to close. */
  tellClosing(): void {
    for (const thread of this.#threads) thread.postMessage({ covet: 'closing' } satisfies Message);
  }

  /** Has every thread know that the server ends, while their requests have the grace for it; none is replaced any more. */
  tellEnding(): void {
    this.#isClosing = true;
    for (const thread of this.#threads) thread.postMessage({ covet: 'ending' } satisfies Message);
  }

  /** Has every thread close its application, and waits for them to end; what is left after `grace` ms is ended. */
  async close(grace: number): Promise<void> {
    this.#isClosing = true;
    await Promise.all(
      [...this.#threads].map(async (thread) => {
        const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
        thread.postMessage({ covet: 'close', grace } satisfies Message);
        const timer = setTimeout(() => void thread.terminate(), Math.min(grace + LAST_WORDS, LONGEST));
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  #spawn(): Promise<void> {
    const main = process.argv[1];
    if (main === undefined) throw new CovetError('listen({ workers }) needs a main file, which this program has not');
    const { server, logger, onClose } = this.#options;
    const thread = new Worker(main, { argv: process.argv.slice(2), workerData: { [joinKey]: server, ...this.#group } });
    this.#threads.add(thread);
    return new Promise((resolve, reject) => {
      let hasJoined = false;
      // The program may send messages of its own.
      thread.on('message', (message: Message | null) => {
        if (message?.covet === 'joined') {
          hasJoined = true;
          resolve();
        } else if (message?.covet === 'close') {
          onClose(message.grace);
        }
      });
      thread.on('error', (error) => {
        writeLog(logger, 'error', { err: error }, 'A worker thread failed');
      });
      thread.on('exit', (code) => {
        this.#threads.delete(thread);
        if (!hasJoined) {
          reject(new CovetError(`A worker thread ended with code ${code} before it called listen()`));
        } else if (!this.#isClosing) {
          this.#replace(code);
        }
      });
    });
  }

  #replace(code: number): void {
    const { logger } = this.#options;
    writeLog(logger, 'error', { code }, 'A worker thread ended; starting another');
    const timer = setTimeout(() => {
      if (this.#isClosing) return;
      this.#spawn().catch((error: unknown) => {
        writeLog(logger, 'error', { err: error }, 'A worker thread could not be started');
        if (!this.#isClosing) this.#replace(1);
      });
    }, RESTART_DELAY);
    timer.unref();
  }
}
