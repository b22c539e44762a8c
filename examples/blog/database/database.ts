/**
 * The database: one interface, two engines. `DATABASE_URL` names a PostgreSQL server; without it PGlite, which is
 * PostgreSQL compiled to WebAssembly, runs in this process. The SQL is the same.
 */
import { Depends } from 'covet';

import { Log } from '../log.ts';
import { Settings } from '../settings.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import type { Database } from './queryable.ts';

/** Opened at start, shared by all requests, closed with the application. */
export const getDatabase = Depends(
  { settings: Settings, log: Log },
  ({ settings, log }): Database =>
    settings.DATABASE_URL === undefined ? openPglite(settings.DATA_DIR) : openPostgres(settings.DATABASE_URL, log),
  { scope: 'singleton', name: 'getDatabase' },
);
