/**
 * The database: a PostgreSQL server by `DATABASE_URL`, else PGlite, which is PostgreSQL compiled to WebAssembly, in this
 * process. The SQL is the same.
 */
import { database, tx } from 'covet/data';

import { Settings } from './settings.ts';

/** Opened at first need, shared by all requests, closed with the application. */
export const getDatabase = database('main', { settings: Settings }, ({ settings }) => ({
  url: settings.DATABASE_URL,
  dataDir: settings.DATA_DIR,
  poolSize: settings.DATABASE_POOL,
  maxOverflow: 0,
}));

/** A request's transaction: begun by its first query, committed before the response leaves, undone by any error. */
export const getTransaction = tx(getDatabase);
