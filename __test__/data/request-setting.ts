/** Applications whose requests have transactions, on PostgreSQL and on PGlite. */
import ava, { type ExecutionContext } from 'ava';

import { database, sql, type Database, type DatabaseOptions } from '../../src/data/index.ts';
import { Depends, type Covet } from '../../src/index.ts';
import type { Dep } from '../../src/types/injectable.ts';
import { serve } from '../helpers/serve.ts';
import { serverDatabase, tableName } from './both-engines.ts';

export interface RequestSetting {
  readonly t: ExecutionContext;
  readonly engine: string;
  readonly getDb: Dep<Database>;
  readonly name: string;
  readonly table: ReturnType<typeof sql.id>;
  /** Serves these routes, with an empty table. */
  readonly start: (register: (app: Covet) => unknown) => Promise<{
    readonly app: Covet;
    readonly db: Database;
    /** The table's names, asked for from outside of all requests. */
    readonly names: () => Promise<string[]>;
    readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
    readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  }>;
}

/** One after the other: PGlite takes seconds to start on a busy machine, and each test starts its own. */
const test = ava.serial;

/** Runs one test on each of the engines. */
export function onBothInRequests(): (title: string, run: (setting: RequestSetting) => unknown) => void {
  const { url } = serverDatabase();
  const engines: Record<string, () => Promise<DatabaseOptions>> = {
    postgres: async () => ({ url: await url(), poolSize: 4, maxOverflow: 0, acquireTimeout: 10_000 }),
    pglite: async () => ({ acquireTimeout: 10_000 }),
  };
  return (title, run) => {
    for (const [engine, options] of Object.entries(engines)) {
      test(`${engine}: ${title}`, async (t) => {
        const getDb = database('main', { _: Depends(() => 0, { scope: 'singleton' }) }, options);
        const name = tableName();
        const table = sql.id(name);
        await run({
          t,
          engine,
          getDb,
          name,
          table,
          start: async (register) => {
            const { app, url: base } = await serve(t, register);
            const db = await app.resolve(getDb);
            await db.execute(sql`create table ${table} (name text primary key)`);
            const names = async (): Promise<string[]> =>
              (await db.query(sql<{ name: string }>`select name from ${table} order by 1`)).map(({ name }) => name);
            const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
              fetch(`${base}${path}`, { headers });
            const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
              fetch(`${base}${path}`, {
                method: 'POST',
                headers: { 'content-type': 'application/json', ...headers },
                body: JSON.stringify(body),
              });
            return { app, db, names, get, post };
          },
        });
      });
    }
  };
}
