/** A PostgreSQL server through a pool of `pg`. */
import type { Client, ClientConfig, Pool, PoolClient, PoolConfig } from 'pg';

import type { DatabaseStats } from '../connections/connections.ts';
import { askAfter } from './ask-after.ts';
import type { DatabaseError } from './database-error.ts';
import { endingInTime } from './end-in-time.ts';
import type { Connection, Engine, NotificationListener, Statement, StatementResult } from './engine.ts';
import { toAborted } from './interrupt.ts';
import { listenOn } from './listen-on.ts';
import { openPeer } from './open-peer.ts';
import { columnParsers } from './parse-column.ts';
import type { PoolOptions } from './pool-options.ts';
import { defaultPool } from './pool-options.ts';
import { PostgresConnection, newClientState, type ClientState, type ConnectionParts } from './postgres-connection.ts';
import { SilenceWatch } from './silence-watch.ts';
import { ExhaustedError, toDatabaseError, toUnavailable } from './sql-state.ts';

/** Opens a pool; it connects when it is first asked, so a server that is not up yet is no reason not to start. */
export async function openPostgres(url: string, options: PoolOptions): Promise<Engine> {
  const { default: pg } = await openPeer('pg', 'A database with a `url`', () => import('pg'));
  const settings = toSettings(options);
  const config = toConfig(url, settings);
  const Client = endingInTime(pg.Client);
  return new PostgresEngine(
    new pg.Pool({ ...config, Client }),
    settings,
    (timeout) => new Client({ ...config, ...within(timeout) }),
  );
}

type PoolSettings = typeof defaultPool & Pick<PoolOptions, 'ssl' | 'statementTimeout'>;

/** An option that is undefined is not given. */
function toSettings(options: PoolOptions): PoolSettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaultPool, ...Object.fromEntries(given) };
}

function toConfig(url: string, settings: PoolSettings): PoolConfig {
  return {
    connectionString: url,
    max: settings.poolSize + settings.maxOverflow,
    min: settings.poolSize,
    idleTimeoutMillis: settings.idleTimeout,
    connectionTimeoutMillis: settings.acquireTimeout,
    maxLifetimeSeconds: settings.maxLifetime / 1000,
    application_name: settings.applicationName,
    keepAlive: true,
    // Has the system find out that the other side is gone, though nobody sends anything to it.
    keepAliveInitialDelayMillis: 10_000,
    ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
    ...(settings.statementTimeout === undefined ? {} : { statement_timeout: settings.statementTimeout }),
    types: { getTypeParser: (oid: number) => columnParsers.get(oid) ?? String },
  };
}

class PostgresEngine implements Engine {
  readonly kind = 'postgres';
  readonly acquireTimeout: number;
  readonly #pool: Pool;
  readonly #settings: PoolSettings;
  readonly #states = new WeakMap<PoolClient, ClientState>();
  readonly #createClient: (timeout: number) => Client;
  readonly #parts: ConnectionParts;
  #closing: Promise<void> | undefined;

  constructor(pool: Pool, settings: PoolSettings, createClient: (timeout: number) => Client) {
    this.acquireTimeout = settings.acquireTimeout;
    this.#createClient = createClient;
    const { silenceTimeout, preparedStatements: maxPrepared } = settings;
    const timeout = Math.min(Math.max(silenceTimeout, leastAskTimeout), askTimeout);
    const watch = new SilenceWatch(silenceTimeout, (ids) => askAfter(createClient(timeout), ids, timeout));
    this.#parts = { maxPrepared, watch };
    this.#pool = pool;
    this.#settings = settings;
    // An event nobody listens to would end the process. The pool itself drops the connection, and whoever used it was told.
    pool.on('error', () => {});
    pool.on('connect', (client) => {
      client.on('error', () => {
        this.#stateOf(client).isBroken = true;
      });
    });
  }

  async acquire(signal?: AbortSignal): Promise<Connection> {
    for (const deadline = performance.now() + this.acquireTimeout; ;) {
      const client = await this.#connect(signal);
      const connection = new PostgresConnection(client, this.#stateOf(client), this.#parts);
      if (connection.idleTime < this.#settings.pingAfterIdle || (await this.#isAlive(connection))) return connection;
      connection.release();
      // Where one was silent, all the others that lie idle may be.
      if (performance.now() > deadline) throw toUnavailable('The database said nothing on its connections', undefined);
    }
  }

  #stateOf(client: PoolClient): ClientState {
    let state = this.#states.get(client);
    if (state === undefined) this.#states.set(client, (state = newClientState()));
    return state;
  }

  #connect(signal: AbortSignal | undefined): Promise<PoolClient> {
    if (signal?.aborted) throw toAborted(signal);
    // The pool's own promises, and a race of them with the signal, would be five more for each statement.
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(toAborted(signal!));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pool.connect((error, client) => {
        signal?.removeEventListener('abort', onAbort);
        if (client === undefined) reject(this.#toFailure(error));
        else if (signal?.aborted !== true) resolve(client);
        else {
          // It comes too late, and goes back.
          client.release();
          onAbort();
        }
      });
    });
  }

  #toFailure(error: unknown): DatabaseError {
    if (!(error instanceof Error && error.message === 'timeout exceeded when trying to connect')) {
      return toDatabaseError(error);
    }
    return new ExhaustedError(
      `All ${this.#pool.options.max} connections of the pool were in use for ${this.#settings.acquireTimeout} ms`,
      error,
    );
  }

  /** A connection that has lain idle may have been cut by a firewall or a restart without our hearing of it. */
  async #isAlive(connection: PostgresConnection): Promise<boolean> {
    const timer = setTimeout(() => connection.destroy(), pingTimeout);
    try {
      await connection.run({ text: 'select 1', values: [] });
      return true;
    } catch {
      // Whatever it said: there are other connections.
      connection.destroy();
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  async ask({ text, values }: Statement): Promise<StatementResult> {
    const client = this.#createClient(askTimeout);
    // The question fails, and says so; the event would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows, rowCount, command } = await client.query<Record<string, unknown>>(text, [...values]);
      return { rows, rowCount: rowCount ?? 0, command };
    } catch (error) {
      throw toDatabaseError(error);
    } finally {
      // Not awaited: a server that fell silent would have the answer wait for its farewell.
      client.end().catch(() => {});
    }
  }

  stats(): DatabaseStats {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.#pool;
    return {
      pool_size: this.#settings.poolSize,
      checked_in: idle,
      checked_out: total - idle,
      overflow: Math.max(0, total - this.#settings.poolSize),
      total_connections: total,
      active_connections: total - idle,
      waiting,
    };
  }

  listen(channel: string, listener: NotificationListener): Promise<() => Promise<void>> {
    return listenOn(this.#createClient(askTimeout), channel, listener);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#pool.end());
  }
}

/** How long the server has for a question beyond the pool, and for the connection to it, in milliseconds. */
const askTimeout = 5000;

/** And at least, however little patience somebody asks for: a busy server takes a while to let anybody in. */
const leastAskTimeout = 1000;

function within(timeout: number): ClientConfig {
  return { connectionTimeoutMillis: timeout, query_timeout: timeout };
}

/** How long an idle connection has to answer, in milliseconds: a local network takes one, a far region some hundreds. */
const pingTimeout = 2000;
