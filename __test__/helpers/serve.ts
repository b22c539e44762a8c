/** Applications that listen on a free port for one test, and close with it. */
import type { ExecutionContext } from 'ava';

import { Covet } from '../../src/index.ts';
import type { CovetOptions, ListenOptions } from '../../src/index.ts';

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, any>>;

/** Lines of an application's log. */
export class LogLines {
  readonly lines: LogLine[] = [];
  readonly #waiting: (() => void)[] = [];

  write(line: string): void {
    this.lines.push(JSON.parse(line) as LogLine);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The first line that `matches`, now or within a while. */
  async find(matches: (line: LogLine) => boolean, timeout = 5000): Promise<LogLine> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const found = this.lines.find(matches);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`No such line in the log; there are: ${JSON.stringify(this.lines)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}

/** An application that serves. */
export interface Served {
  readonly app: Covet;
  readonly port: number;
  readonly url: string;
  readonly logs: LogLines;
}

/** What {@link serve} may be told. */
export interface ServeOptions extends Omit<CovetOptions, 'logger'> {
  readonly listen?: ListenOptions;
}

/** Builds an application with `register`, listens on a free port, and closes it when the test is over. */
export async function serve(
  t: ExecutionContext,
  register: (app: Covet) => unknown,
  { listen, ...options }: ServeOptions = {},
): Promise<Served> {
  const logs = new LogLines();
  const app = new Covet({ ...options, logger: { destination: logs } });
  register(app);
  const { port, url } = await app.listen({ port: 0, ...listen });
  // A test that closes the application itself gets that promise again.
  t.teardown(() => app.close(0));
  return { app, port, url, logs };
}

/** Resolves after `ms` milliseconds. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise and the way to settle it. */
export function createGate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}

/** Waits until a number that has begun to grow stays what it is for so many milliseconds; whether it did. */
export function untilStill(read: () => number, every = 300, timeout = 10_000): Promise<boolean> {
  let before = -1;
  return until(
    () => {
      const now = read();
      const isStill = now > 0 && now === before;
      before = now;
      return isStill;
    },
    timeout,
    every,
  );
}

/** Waits until `holds`, asked every so many milliseconds, for a while at most; whether it did. */
export async function until(holds: () => boolean, timeout = 5000, every = 10): Promise<boolean> {
  const deadline = performance.now() + timeout;
  for (;;) {
    if (holds()) return true;
    if (performance.now() >= deadline) return false;
    await sleep(every);
  }
}
