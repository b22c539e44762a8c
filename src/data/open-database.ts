/** Opening a database: which engine, with which pool. */
import { Database } from './database.ts';
import { openPglite } from './pglite-engine.ts';
import { checkPoolOptions, defaultPool, type PoolOptions } from './pool-options.ts';
import { openPostgres } from './postgres-engine.ts';

/** Options of {@link openDatabase}. */
export interface DatabaseOptions extends PoolOptions {
  /** A PostgreSQL server: `postgres://user:password@host:5432/name?sslmode=verify-full`. Default: none, so PGlite. */
  readonly url?: string | undefined;
  /**
   * The folder PGlite keeps its files in, for one process at a time: to open it while another has it is `DATABASE_UNAVAILABLE`,
   * by a lock on the file beside it, `{dataDir}.lock`. Default: memory, gone when it closes. Not with `url`.
   */
  readonly dataDir?: string | undefined;
  /** Servers that follow the one of `url`, for `db.read`. Each has a pool like the first. */
  readonly replicas?: readonly string[] | undefined;
}

/**
 * Opens a database: the PostgreSQL server that `url` names, by the package `pg`; without `url` PGlite, which is PostgreSQL in
 * this process, by the package `@electric-sql/pglite`. Both give the same results for the same statements.
 *
 * A server is connected to when it is first asked: one that is not there yet is a `DATABASE_UNAVAILABLE` of that query.
 *
 * @example
 * ```ts
 * import { openDatabase, sql } from 'covet/data';
 *
 * const db = await openDatabase({ url: undefined }); // or 'postgres://…'
 * const { sum } = await db.one(sql<{ sum: number }>`select ${1}::int + ${2}::int as sum`);
 * console.log(sum); // 3
 * await db.close();
 * ```
 *
 * @throws DatabaseError naming the package to install, when it is not there.
 * @throws TypeError, RangeError when an option cannot be.
 */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const { url, dataDir, replicas = [], ...pool } = options;
  checkPoolOptions(pool);
  if (url === undefined) {
    if (replicas.length > 0) throw new TypeError('`replicas` follow a server: they need the `url` of one');
    return new Database(await openPglite(dataDir, pool.acquireTimeout ?? defaultPool.acquireTimeout));
  }
  if (dataDir !== undefined) throw new TypeError('`dataDir` is for PGlite, `url` for a server: give one of them');
  for (const each of [url, ...replicas]) checkUrl(each);
  const followers = await Promise.all(replicas.map(async (replica) => new Database(await openPostgres(replica, pool))));
  return new Database(await openPostgres(url, pool), followers);
}

function checkUrl(url: string): void {
  // Not told: it has a password in it.
  if (/^postgres(?:ql)?:\/\/\S+$/.test(url)) return;
  throw new TypeError(
    'A database `url` starts with postgres:// or postgresql:// and has no spaces: percent-encode what it holds',
  );
}
