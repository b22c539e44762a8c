/** Clients that ask for everything in turn, and come again when they are told to. */
import { sleep } from '../helpers/serve.ts';

const requests = {
  row: { method: 'GET', toPath: () => '/row' },
  orders: { method: 'POST', toPath: (id: number) => `/orders/${id}` },
  cached: { method: 'GET', toPath: (id: number) => `/cached/${id % 50}` },
  visits: { method: 'POST', toPath: () => '/visits' },
} as const;

type Kind = keyof typeof requests;

const kinds = Object.keys(requests) as Kind[];

export class Load {
  /** Answers that are neither 2xx nor a 503 as it should be, and requests without an answer. */
  readonly faults: string[] = [];
  /** Orders that were answered with 200. */
  readonly acknowledged: number[] = [];
  /** In milliseconds. */
  slowest = 0;
  readonly #url: string;
  readonly #clients: Promise<void>[];
  readonly #unavailable = new Set<Kind>();
  readonly #well = new Map<Kind, number>();
  #orders = 0;
  #isOver = false;

  constructor(url: string, clients: number) {
    this.#url = url;
    this.#clients = Array.from({ length: clients }, (_, client) => this.#ask(client));
  }

  /** What has been answered with 503 since the last {@link forget}. */
  get failing(): readonly Kind[] {
    return kinds.filter((kind) => this.#unavailable.has(kind));
  }

  forget(): void {
    this.#unavailable.clear();
  }

  /** Waits until everything has been answered well, several times and lastly. */
  async untilWell(timeout = 30_000): Promise<void> {
    this.#well.clear();
    for (const deadline = performance.now() + timeout; !kinds.every((kind) => (this.#well.get(kind) ?? 0) >= 24);) {
      if (performance.now() > deadline) throw new Error(`No recovery: ${JSON.stringify([...this.#well])}`);
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(client: number): Promise<void> {
    for (let turn = client; !this.#isOver; turn += 1) {
      const kind = kinds[turn % kinds.length]!;
      const { method, toPath } = requests[kind];
      const id = (this.#orders += 1);
      const begin = performance.now();
      try {
        const response = await fetch(this.#url + toPath(id), { method, signal: AbortSignal.timeout(20_000) });
        this.#note(kind, id, response, await response.text());
      } catch (error) {
        this.faults.push(`${kind}: ${String(error)}`);
      }
      this.slowest = Math.max(this.slowest, performance.now() - begin);
      await sleep(5);
    }
  }

  #note(kind: Kind, id: number, { ok, status, headers }: Response, body: string): void {
    if (ok) {
      if (kind === 'orders') this.acknowledged.push(id);
      this.#well.set(kind, (this.#well.get(kind) ?? 0) + 1);
      return;
    }
    this.#well.delete(kind);
    this.#unavailable.add(kind);
    const retryAfter = headers.get('retry-after');
    // Whoever comes again after a commit of which nobody knows may do it twice: that is not advised.
    const isUnknown = kind === 'orders' && retryAfter === null && body.includes('"COMMIT_UNKNOWN"');
    if (status !== 503 || !(isUnknown || /^\d+$/.test(retryAfter ?? ''))) {
      this.faults.push(`${kind}: ${status}, Retry-After ${retryAfter}, ${body}`);
    }
  }
}
