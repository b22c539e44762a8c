import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createHistogram, performance } from 'node:perf_hooks';
import type { RecordableHistogram } from 'node:perf_hooks';

import type { HttpRequest } from '../benchmark-case.ts';
import type { LoadJob, LoadResult } from './job.ts';
import { ResponseReader } from './response-reader.ts';

const drainTimeoutMs = 5_000;

/**
 * Loads a server at one rate, whatever it answers (an open loop): requests come due evenly, and one that finds every
 * connection busy waits its turn with the clock running. So a server that stalls is charged with every request that
 * fell due meanwhile, which generators that wait for each answer leave out; autocannon's own `overallRate` sends a
 * second's requests at once, then pauses, and measures that burst instead.
 */
export async function runFixedRate(job: LoadJob & { readonly rate: number }): Promise<LoadResult> {
  const run = new FixedRateRun(job);
  await run.open();
  try {
    return await run.finish();
  } finally {
    run.close();
  }
}

class FixedRateRun {
  readonly #job: LoadJob & { readonly rate: number };
  readonly #bytes: Buffer;
  readonly #idle: Connection[] = [];
  readonly #connections: Connection[] = [];
  readonly #latencies: RecordableHistogram = createHistogram();
  // When each request waiting for a connection came due; a queue read from #next on.
  #waiting: number[] = [];
  #next = 0;
  #underWay = 0;
  #answered = 0;
  #non2xx = 0;
  #socketErrors = 0;

  constructor(job: LoadJob & { readonly rate: number }) {
    this.#job = job;
    this.#bytes = toBytes(job.request, job.port);
  }

  async open(): Promise<void> {
    const opening = Array.from({ length: this.#job.connections }, async () => {
      const connection = await Connection.open(this.#job.port);
      connection.onAnswer = (status, latencyMs) => this.#answer(connection, status, latencyMs);
      connection.onLost = () => this.#lose(connection);
      this.#connections.push(connection);
      this.#idle.push(connection);
    });
    await Promise.all(opening);
  }

  async finish(): Promise<LoadResult> {
    const started = performance.now();
    await this.#sendAll(started);
    await this.#drain();
    const seconds = (performance.now() - started) / 1000;
    const neverAnswered = this.#underWay + this.#waiting.length - this.#next;
    return {
      requests: this.#answered,
      seconds,
      p50Ms: this.#latencies.percentile(50) / 1000,
      p99Ms: this.#latencies.percentile(99) / 1000,
      non2xx: this.#non2xx,
      socketErrors: this.#socketErrors + neverAnswered,
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #sendAll(started: number): Promise<void> {
    const intervalMs = 1000 / this.#job.rate;
    const total = Math.round(this.#job.rate * this.#job.seconds);
    let due = 0;
    return new Promise((resolve) => {
      const tick = (): void => {
        const now = performance.now();
        // Timers wake at most once a millisecond, so a few come due together. Their clock starts here and not at
        // the ideal moment: the lateness of this process is not the server's.
        while (due < total && started + due * intervalMs <= now) {
          this.#waiting.push(now);
          due += 1;
        }
        this.#dispatch();
        if (due < total) setTimeout(tick, 1);
        else resolve();
      };
      tick();
    });
  }

  async #drain(): Promise<void> {
    const deadline = performance.now() + drainTimeoutMs;
    while (this.#underWay > 0 || this.#next < this.#waiting.length) {
      const isHopeless = this.#idle.length === 0 && this.#underWay === 0;
      if (isHopeless || performance.now() > deadline) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #dispatch(): void {
    while (this.#next < this.#waiting.length) {
      const connection = this.#idle.pop();
      if (connection === undefined) return;
      this.#underWay += 1;
      connection.send(this.#bytes, this.#waiting[this.#next] as number);
      this.#next += 1;
    }
    this.#waiting = [];
    this.#next = 0;
  }

  #answer(connection: Connection, status: number, latencyMs: number): void {
    this.#underWay -= 1;
    this.#answered += 1;
    if (status < 200 || status > 299) this.#non2xx += 1;
    this.#latencies.record(Math.max(1, Math.round(latencyMs * 1000)));
    this.#idle.push(connection);
    if (this.#next < this.#waiting.length) this.#dispatch();
  }

  // A lost connection is not replaced: it is an error of the run, and the others carry the rate on.
  #lose(connection: Connection): void {
    this.#socketErrors += 1;
    const at = this.#idle.indexOf(connection);
    if (at < 0) this.#underWay -= 1;
    else this.#idle.splice(at, 1);
  }
}

class Connection {
  onAnswer: (status: number, latencyMs: number) => void = () => undefined;
  onLost: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #dueAt = 0;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => this.#lose());
    socket.on('close', () => this.#lose());
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  send(bytes: Buffer, dueAt: number): void {
    this.#dueAt = dueAt;
    this.#socket.write(bytes);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let status: number | undefined;
    try {
      status = this.#reader.push(chunk);
    } catch {
      // Not an answer this generator understands: counted with the lost connections.
      this.#lose();
      return;
    }
    if (status !== undefined) this.onAnswer(status, performance.now() - this.#dueAt);
  }

  #lose(): void {
    if (this.#isClosed) return;
    this.close();
    this.onLost();
  }
}

function toBytes({ method, path, headers, body }: HttpRequest, port: number): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: keep-alive'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body ?? '')]);
}
