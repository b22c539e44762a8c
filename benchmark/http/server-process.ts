import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';

import type { Peer } from './peers.ts';

const startTimeoutMs = 20_000;
const answerTimeoutMs = 5_000;
const keptErrorChars = 2_000;

const live = new Set<ChildProcessWithoutNullStreams>();
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});

interface Channel {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it writes to standard output. */
  readonly lines: AsyncIterator<string>;
  /** How it ended, with the last of what it wrote to standard error. */
  readonly ended: Promise<string>;
}

/** A server in a process of its own, from its start to its end. */
export class ServerProcess {
  readonly peer: Peer;
  readonly port: number;
  readonly pid: number;
  readonly #channel: Channel;
  #end: string | undefined;

  private constructor(peer: Peer, port: number, channel: Channel) {
    this.peer = peer;
    this.port = port;
    this.pid = channel.child.pid as number;
    this.#channel = channel;
    void this.#watch();
  }

  /**
   * Starts a server and waits until it tells its port.
   *
   * @throws Error with what the server wrote to standard error when it ends, or says nothing for 20 s.
   */
  static async start(peer: Peer): Promise<ServerProcess> {
    const channel = openChannel(peer);
    try {
      const { port } = await nextAnswer<{ port: number }>(channel, startTimeoutMs);
      return new ServerProcess(peer, port, channel);
    } catch (error) {
      channel.child.kill('SIGKILL');
      await channel.ended;
      throw new Error(`${peer.name} did not start: ${toMessage(error)}`, { cause: error });
    }
  }

  /** How the server ended, or `undefined` while it lives. */
  get end(): string | undefined {
    return this.#end;
  }

  /**
   * How long its event loop has been busy so far, in ms; `undefined` where the runtime does not measure it.
   *
   * @throws Error when the server has ended, or says nothing for 5 s.
   */
  async loopActiveMs(): Promise<number | undefined> {
    this.#channel.child.stdin.write('loop\n');
    const answer = await nextAnswer<{ loopActiveMs: number | null }>(this.#channel, answerTimeoutMs);
    return answer.loopActiveMs ?? undefined;
  }

  async #watch(): Promise<void> {
    this.#end = await this.#channel.ended;
  }

  /** Ends the server, by force: nothing here needs a farewell. */
  async stop(): Promise<void> {
    this.#channel.child.kill('SIGKILL');
    await this.#channel.ended;
  }
}

function openChannel(peer: Peer): Channel {
  const env: NodeJS.ProcessEnv = { ...process.env, ...peer.env, NODE_ENV: 'production' };
  delete env['NODE_OPTIONS'];
  const child = spawn(peer.command, peer.args, { env, stdio: 'pipe' });
  live.add(child);
  // Writing to a server that has just died is told by its end, not by a broken pipe.
  child.stdin.on('error', () => undefined);
  const errors = keepErrors(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be run: ${error.message}`));
    // Not at "exit": what it said last may come after that.
    child.once('close', (code, signal) => resolve(describeEnd(code, signal, errors())));
  });
  void ended.then(() => live.delete(child));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended };
}

async function nextAnswer<T>({ lines, ended }: Channel, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the server said nothing for ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    for (;;) {
      const line = await Promise.race([lines.next(), timeout]);
      if (line.done === true) throw new Error(`the server ${await Promise.race([ended, timeout])}`);
      // Some servers greet on standard output; ours are the lines of JSON.
      if (line.value.startsWith('{')) return JSON.parse(line.value) as T;
    }
  } finally {
    clearTimeout(timer);
  }
}

function keepErrors(child: ChildProcessWithoutNullStreams): () => string {
  let text = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (chunk: string) => {
    text = (text + chunk).slice(-keptErrorChars);
  });
  return () => text.trim();
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null, errors: string): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  return errors === '' ? how : `${how}: ${errors}`;
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
