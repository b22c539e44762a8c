/** Programs that tests run as processes of their own, to see how they end. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';

import type { ExecutionContext } from 'ava';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program at work. */
export class Child {
  readonly process: ChildProcess;
  /** Standard output and standard error, line by line. */
  readonly output: string[] = [];
  readonly exit: Promise<Exit>;
  readonly #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(child: ChildProcess) {
    this.process = child;
    for (const stream of [child.stdout!, child.stderr!]) {
      readline.createInterface({ input: stream }).on('line', (line) => {
        this.output.push(line);
        this.#wake();
      });
    }
    this.exit = new Promise((resolve) =>
      child.on('close', (code, signal) => {
        this.#hasEnded = true;
        this.#wake();
        resolve({ code, signal });
      }),
    );
  }

  /** What the program reports under `key`, a line `key=value`. */
  async report(key: string, timeout = 15_000): Promise<string> {
    const prefix = `${key}=`;
    const line = await this.line((text) => text.startsWith(prefix), timeout);
    return line.slice(prefix.length);
  }

  /** The first line that `matches`, now or within a while. */
  async line(matches: (line: string) => boolean, timeout = 15_000): Promise<string> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const found = this.output.find(matches);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0 || this.#hasEnded) throw new Error(`The program did not say so:\n${this.output.join('\n')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const runner = path.join(import.meta.dirname, 'run-program.mjs');

/** Runs a TypeScript program beside the tests; it is ended with the test if it has not ended by then. */
export function runProgram(t: ExecutionContext, program: string, ...args: readonly string[]): Child {
  return runNode(t, [], program, ...args);
}

/** As {@link runProgram}, with options for Node itself. */
export function runNode(
  t: ExecutionContext,
  nodeArguments: readonly string[],
  program: string,
  ...args: readonly string[]
): Child {
  return run(t, process.execPath, [...nodeArguments, runner, program, ...args]);
}

/** As {@link runProgram}, with no more than so many descriptors for the process. */
export function runWithDescriptors(t: ExecutionContext, most: number, program: string): Child {
  return run(t, '/bin/sh', ['-c', `ulimit -n ${most}; exec "$0" "$@"`, process.execPath, runner, program]);
}

function run(t: ExecutionContext, command: string, args: readonly string[]): Child {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // NODE_V8_COVERAGE and the like of the test run are none of its business.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  return new Child(child);
}
