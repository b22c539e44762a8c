/** How many connections a database has, and for how long. */

/** Options of a pool. All times are in milliseconds. */
export interface PoolOptions {
  /** Connections kept open when nobody needs more. Default 20. */
  readonly poolSize?: number | undefined;
  /** How many more may be opened under load; they close when idle. Default 30, so 50 in all. */
  readonly maxOverflow?: number | undefined;
  /** How long a caller waits for a connection before 503. Default 30 000. */
  readonly acquireTimeout?: number | undefined;
  /** How old a connection may become. Default 3 600 000, an hour. */
  readonly maxLifetime?: number | undefined;
  /** How long a connection beyond `poolSize` stays open unused. Default 10 000. */
  readonly idleTimeout?: number | undefined;
  /** A connection unused for longer is asked for a sign of life before it is handed out. Default 30 000; 0 asks always. */
  readonly pingAfterIdle?: number | undefined;
  /** How long one statement may run, by the server's clock. Default: the server's own setting, which is no limit. */
  readonly statementTimeout?: number | undefined;
  /**
   * How long a server may say nothing to a statement before it is asked, on a connection beyond the pool, whether it still
   * works at it. One that does may go on; one that does not answer twice, in as long each time but 1 to 5 seconds, is a 503.
   * Default 10 000.
   */
  readonly silenceTimeout?: number | undefined;
  /** How many statements each connection keeps prepared; 0 for poolers that cannot. Default 100. */
  readonly preparedStatements?: number | undefined;
  /** How the server is to be recognised, as for `tls.connect`; `true` by the system's authorities. Default: as the URL's `sslmode` says. */
  readonly ssl?: boolean | TlsOptions | undefined;
  /** What `pg_stat_activity` calls us. Default `covet`. */
  readonly applicationName?: string | undefined;
}

/** Certificates, for servers whose own are not signed by a public authority. */
export interface TlsOptions {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/** The defaults. */
export const defaultPool = {
  poolSize: 20,
  maxOverflow: 30,
  acquireTimeout: 30_000,
  maxLifetime: 3_600_000,
  idleTimeout: 10_000,
  pingAfterIdle: 30_000,
  silenceTimeout: 10_000,
  preparedStatements: 100,
  applicationName: 'covet',
};

const lowest: Readonly<Record<string, number>> = {
  poolSize: 1,
  maxOverflow: 0,
  acquireTimeout: 1,
  maxLifetime: 1000,
  idleTimeout: 1,
  pingAfterIdle: 0,
  statementTimeout: 1,
  silenceTimeout: 1,
  preparedStatements: 0,
};

/**
 * Refuses what no pool can be.
 *
 * @throws RangeError naming the option.
 */
export function checkPoolOptions(options: PoolOptions): void {
  for (const [name, least] of Object.entries(lowest)) {
    const value = options[name as keyof PoolOptions];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > 2 ** 31 - 1) {
      throw new RangeError(`${name} must be an integer from ${least} to ${2 ** 31 - 1}, not ${JSON.stringify(value)}`);
    }
  }
}
