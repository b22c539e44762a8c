/** Rows of statements, kept. */
import { withTenant } from '../internal/work-scope.ts';
import type { GetOrSetOptions } from './cache-options.ts';
import type { Cache } from './cache.ts';

/** A statement whose values are apart from its text, as the tag `sql` of `covet/data` makes it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Whatever runs statements: a database of `covet/data`, or something like it. */
export interface QuerySource<S extends Statement, Row> {
  query(statement: S): Promise<Row[]>;
  /** Whose rows it shows, where it is a tenant's: part of the key. */
  readonly tenant?: string | undefined;
  /** Whether it is asked in a transaction now, and sees what nobody else may see yet. */
  readonly isInTransaction?: boolean | undefined;
}

/** Options of {@link cachedQuery}. */
export interface CachedQueryOptions extends GetOrSetOptions {
  /** Which database it is: the same statement means other rows in another. */
  readonly database: string;
}

/**
 * The rows of a statement that reads, from the cache where they are.
 *
 * The key is the database's name, the statement's very text (white space may stand in a literal), its values with their
 * types, and the tenant: the database's own, of `tenantDatabase`, and the cache's. In a transaction the database is asked each
 * time, and nothing is kept: what it sees there may never be.
 *
 * @throws TypeError for a statement that does not only read; CovetError `TENANT_NOT_ISOLATED` for a tenant's database in a
 * cache whose values are `'shared'`.
 *
 * @example
 * ```ts
 * import { cachedQuery, createCache } from 'covet/cache';
 * import { openDatabase, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * const cache = createCache();
 * const rows = () => cachedQuery(cache, db, sql<{ n: number }>`select ${1}::int as n`, { database: 'main', ttl: 60 });
 * console.log(await rows()); // [ { n: 1 } ]
 * await rows();
 * console.log(cache.stats().loads); // 1
 * await cache.close();
 * await db.close();
 * ```
 */
export function cachedQuery<S extends Statement, Row>(
  cache: Cache,
  db: QuerySource<S, Row>,
  statement: S,
  options: CachedQueryOptions,
): Promise<Row[]> {
  const { database, ...rest } = options;
  const { text, values } = statement;
  if (typeof database !== 'string' || database === '') throw new TypeError('`database` says which database is asked');
  if (!reads(text)) {
    throw new TypeError(`Only a statement that reads can be cached, begun by SELECT, WITH, VALUES or TABLE: ${text}`);
  }
  if (db.isInTransaction === true) return db.query(statement);
  const rows = (): Promise<Row[]> => cache.getOrSet(['query', database, text, values], () => db.query(statement), rest);
  return db.tenant === undefined ? rows() : withTenant(db.tenant, rows);
}

const comments = /--[^\n]*|\/\*[\s\S]*?\*\//g;
/** Texts and quoted names: words in them do nothing. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"/g;
const begins = /^[\s(]*(?:select|with|values|table)\b/i;
const changes = /\b(?:insert|update|delete|merge|into|nextval|setval|lock|share)\b/i;

function reads(text: string): boolean {
  const words = text.replaceAll(comments, ' ').replaceAll(quoted, ' ');
  return begins.test(words) && !changes.test(words);
}
