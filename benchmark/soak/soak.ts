import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { HttpClient } from './http-client.ts';
import { findLeaks } from './judge.ts';
import type { MemorySample, Usage } from './judge.ts';
import { politeDeeds } from './polite.ts';
import type { Deed } from './polite.ts';
import { Random } from './random.ts';
import { roughDeeds } from './rough.ts';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Clients at work at once. */
  readonly clients: number;
}

/** What came of a run. */
export interface SoakReport {
  readonly options: SoakOptions;
  /** How often each thing was done. */
  readonly deeds: ReadonlyMap<string, number>;
  readonly before: Usage;
  readonly after: Usage;
  readonly memory: readonly MemorySample[];
  /** One sentence for each thing that is not as it should be; none is what a run is for. */
  readonly leaks: readonly string[];
}

const memorySamples = 60;
const quietMs = 20_000;
const answerMs = 30_000;
const mostFaults = 20;
/** Of one kind that are told apart. */
const mostAlike = 3;

type Answer = Usage & { readonly mib: number };

/** A server under soak, in its process. */
class SoakServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(uploads: string): Promise<SoakServer> {
    const program = fileURLToPath(new URL('server.ts', import.meta.url));
    const env = { ...process.env };
    delete env['NODE_OPTIONS'];
    const child = fork(program, [uploads], { env, execArgv: ['--expose-gc', '--import=tsx'] });
    process.once('exit', () => child.kill('SIGKILL'));
    const { port } = (await message(child)) as { port: number };
    return new SoakServer(child, port);
  }

  /** What it holds, after a collection. */
  async usage(): Promise<Answer> {
    this.#child.send('usage');
    return (await message(this.#child)) as Answer;
  }

  /** What it holds once nothing is open any more, or after a while all the same. */
  async quietUsage(): Promise<Answer> {
    const deadline = performance.now() + quietMs;
    for (;;) {
      const usage = await this.usage();
      const { slots, flows, listening, connections, temporaryFiles } = usage;
      if (slots + flows + listening + connections + temporaryFiles === 0) return usage;
      if (performance.now() > deadline) return usage;
      await sleep(200);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      then();
    };
    const onMessage = (value: unknown): void => settle(() => resolve(value));
    const onExit = (code: number | null, signal: string | null): void =>
      settle(() => reject(new Error(`the server ended (${signal ?? code})`)));
    const timer = setTimeout(() => settle(() => reject(new Error('the server does not answer'))), answerMs);
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/** Runs clients of every kind against one server, and says what they left behind. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const uploads = mkdtempSync(join(tmpdir(), 'covet-soak-'));
  try {
    const server = await SoakServer.start(uploads);
    try {
      return await soakServer(server, options);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(uploads, { recursive: true, force: true });
  }
}

async function soakServer(server: SoakServer, options: SoakOptions): Promise<SoakReport> {
  const run = new Run(server.port, options);
  // Everything once: what is opened at first use, and kept, is no leak.
  await run.everythingOnce();
  const before = await server.quietUsage();
  const memory: MemorySample[] = [];
  const working = run.work();
  const started = performance.now();
  try {
    for (let sample = 1; sample <= memorySamples; sample += 1) {
      const due = started + (sample * options.seconds * 1000) / memorySamples;
      await sleep(Math.max(0, due - performance.now()));
      memory.push({ seconds: (performance.now() - started) / 1000, mib: (await server.usage()).mib });
    }
  } finally {
    run.isOver = true;
    await working;
  }
  const after = await server.quietUsage();
  const { faults, deeds } = run;
  const leaks = findLeaks({ before, after, memory, faults, stillServes: await stillServes(server.port) });
  return { options, deeds, before, after, memory, leaks };
}

async function stillServes(port: number): Promise<boolean> {
  const client = new HttpClient(port);
  try {
    return (await client.ask({ path: '/users/1' })).status === 200;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

class Run {
  isOver = false;
  readonly faults: string[] = [];
  readonly deeds = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #port: number;
  readonly #options: SoakOptions;

  constructor(port: number, options: SoakOptions) {
    this.#port = port;
    this.#options = options;
  }

  async everythingOnce(): Promise<void> {
    const client = new HttpClient(this.#port);
    const random = new Random(this.#options.seed);
    await Promise.all([...politeDeeds, ...roughDeeds].map((deed) => this.#do(deed, client, random)));
    client.close();
  }

  /** Two clients of three behave: those that do not must not show in what the others get. */
  async work(): Promise<void> {
    const { clients, seed } = this.#options;
    const numbers = Array.from({ length: clients }, (_, number) => number);
    await Promise.all(
      numbers.map(async (number) => {
        const random = new Random(seed * 1000 + number + 1);
        const client = new HttpClient(this.#port);
        const deeds = number % 3 === 2 ? roughDeeds : politeDeeds;
        while (!this.isOver) await this.#do(random.weighted(deeds), client, random);
        client.close();
      }),
    );
  }

  #blame(fault: string): void {
    const count = (this.#counts.get(fault) ?? 0) + 1;
    this.#counts.set(fault, count);
    if (count <= mostAlike && this.faults.length < mostFaults) this.faults.push(fault);
  }

  async #do(deed: Deed, client: HttpClient, random: Random): Promise<void> {
    try {
      await deed.run(client, random);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#blame(`${deed.name}: ${reason}`);
      // A server that has gone is told once, not as often as a loop can turn.
      await sleep(100);
    }
    this.deeds.set(deed.name, (this.deeds.get(deed.name) ?? 0) + 1);
  }
}
