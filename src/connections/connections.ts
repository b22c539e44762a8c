/**
 * Everything an application is connected to, by name. Pools announce themselves when they open and leave when they
 * close; what is told of them are their own counters, so no number can drift from what is.
 */
import { Depends } from '../di/depends.ts';
import { Injector } from '../di/injector.ts';
import { Planned } from '../di/planned.ts';
import type { Dep } from '../types/injectable.ts';
import { announcedName } from './announced.ts';

/** Counters of a database's pool, read from the pool itself. */
export interface DatabaseStats {
  /** How many connections are kept at most once nobody waits for them. */
  readonly pool_size: number;
  /** Open and idle. */
  readonly checked_in: number;
  /** Open and in use. */
  readonly checked_out: number;
  /** Open beyond `pool_size`. */
  readonly overflow: number;
  /** Open, idle or in use. */
  readonly total_connections: number;
  /** The same as `checked_out`. */
  readonly active_connections: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /** Whose pool it is, where each tenant has one: a label with at most as many values as pools may be open. */
  readonly tenant?: string | undefined;
}

/** Counters of a Redis client, read from the client itself. */
export interface RedisStats {
  /** How many connections may be open at once. */
  readonly max_connections: number;
  /** Connections made so far, those closed again included. */
  readonly created_connections: number;
  /** Open and free to be taken. */
  readonly available_connections: number;
  /** Open and held by one caller, as blocking commands and subscriptions do. */
  readonly in_use_connections: number;
  /** Open. */
  readonly total_connections: number;
  /** Open with commands under way. */
  readonly active_connections: number;
}

/** Counters of one pool. */
export type ConnectionStats = DatabaseStats | RedisStats;

/** A pool, as {@link Connections} sees it. */
export interface ConnectionSource {
  /** The pool's counters now. Must not wait and must not throw. */
  stats(): ConnectionStats;
  /** Asks the other side for a sign of life. Rejects when there is none; should give up when `signal` fires. */
  ping(signal: AbortSignal): Promise<void>;
}

/** Options of {@link Connections.check}. */
export interface CheckOptions {
  /** How long each pool may take to answer, in milliseconds. Default 1000. */
  readonly timeout?: number | undefined;
}

/** How one pool did. */
export interface ConnectionCheck {
  readonly status: 'up' | 'down';
  /** Milliseconds until it answered, or until it was given up. */
  readonly latency_ms: number;
  /** Why it is down. For operators: it may name hosts. */
  readonly error?: string | undefined;
}

/** How all pools did. */
export interface ConnectionChecks {
  /** `down` when one of them is. */
  readonly status: 'up' | 'down';
  readonly connections: Readonly<Record<string, ConnectionCheck>>;
}

/**
 * The pools of one application, each under the name `db_{name}` or `redis_{name}`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { connections } from 'covet/connections';
 *
 * const app = new Covet();
 * app.get('/health', { deps: { connections } }, ({ connections }) => connections.check({ timeout: 500 }));
 * app.get('/pools', { deps: { connections } }, ({ connections }) => connections.stats());
 * ```
 */
export class Connections {
  readonly #sources = new Map<string, ConnectionSource>();
  readonly #toCome: () => ReadonlyMap<string, () => Promise<unknown>>;

  /** @internal `toCome`: the pools that are opened at first need, by name, and what opens them. */
  constructor(toCome: () => ReadonlyMap<string, () => Promise<unknown>> = () => new Map()) {
    this.#toCome = toCome;
  }

  /**
   * Adds a pool under a name.
   *
   * @returns what takes it out again.
   * @throws Error when the name is taken: two pools of one name would hide each other.
   */
  add(name: string, source: ConnectionSource): () => void {
    if (this.#sources.has(name)) throw new Error(`There is a connection '${name}' already: give this one another name`);
    this.#sources.set(name, source);
    let isThere = true;
    return () => {
      if (isThere) this.#sources.delete(name);
      isThere = false;
    };
  }

  /** The counters of each pool now. */
  stats(): Record<string, ConnectionStats> {
    return Object.fromEntries([...this.#sources].map(([name, source]) => [name, source.stats()]));
  }

  /**
   * Asks each pool for a sign of life, all at once. Never rejects: a pool that does not answer is `down`. What the
   * application's routes need and nobody has opened yet, it opens.
   *
   * @throws RangeError when `timeout` is not a positive number.
   */
  async check(options: CheckOptions = {}): Promise<ConnectionChecks> {
    const timeout = options.timeout ?? 1000;
    if (!(timeout > 0)) throw new RangeError(`timeout must be a positive number of milliseconds, not ${timeout}`);
    const asks = new Map<string, Ask>();
    for (const [name, open] of this.#toCome()) {
      asks.set(name, async (signal) => {
        await open();
        await this.#sources.get(name)?.ping(signal);
      });
    }
    for (const [name, source] of this.#sources) asks.set(name, (signal) => source.ping(signal));
    const checks = await askAll(asks, timeout);
    // With a pool that was opened its replicas have come.
    const late = [...this.#sources].filter(([name]) => !asks.has(name));
    checks.push(
      ...(await askAll(new Map(late.map(([name, source]) => [name, (signal) => source.ping(signal)])), timeout)),
    );
    const isUp = checks.every(([, { status }]) => status === 'up');
    return { status: isUp ? 'up' : 'down', connections: Object.fromEntries(checks) };
  }
}

type Ask = (signal: AbortSignal) => Promise<unknown>;

function askAll(asks: ReadonlyMap<string, Ask>, timeout: number): Promise<[string, ConnectionCheck][]> {
  return Promise.all(
    [...asks].map(async ([name, ask]): Promise<[string, ConnectionCheck]> => [name, await checkOne(ask, timeout)]),
  );
}

async function checkOne(ask: Ask, timeout: number): Promise<ConnectionCheck> {
  const start = performance.now();
  const latency = (): number => Math.round(performance.now() - start);
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeout} ms`));
      abort.abort();
    }, timeout);
  });
  try {
    await Promise.race([ask(abort.signal), late]);
    return { status: 'up', latency_ms: latency() };
  } catch (error) {
    return { status: 'down', latency_ms: latency(), error: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** The dependency: the {@link Connections} of the application. */
export const connections: Dep<Connections> = Depends(
  { injector: Injector, planned: Planned },
  ({ injector, planned }) =>
    new Connections(() => {
      const toCome = new Map<string, () => Promise<unknown>>();
      for (const dependency of planned()) {
        const name = announcedName(dependency);
        if (name !== undefined) toCome.set(name, () => injector.resolve(dependency));
      }
      return toCome;
    }),
  { scope: 'singleton', name: 'connections' },
);
