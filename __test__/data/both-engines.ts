/** The same test on PostgreSQL and on PGlite. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { openDatabase, type Database, type DatabaseOptions } from '../../src/data/index.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';

/** Runs one test on each of the engines, with a database of the file's own that all its tests share. */
export function onBothEngines(): (title: string, run: (t: ExecutionContext, db: Database) => unknown) => void {
  const { url } = serverDatabase();
  const open = {
    postgres: lazily(async () => openDatabase({ url: await url() })),
    pglite: lazily(() => openDatabase()),
  };
  test.after.always(async () => {
    await open.postgres.close();
    await open.pglite.close();
  });
  return (title, run) => {
    for (const [engine, database] of Object.entries(open)) {
      // One after the other: some count the connections in use.
      test.serial(`${engine}: ${title}`, async (t) => {
        await run(t, await database.get());
      });
    }
  };
}

/** A database of the file's own on the server, dropped when all its tests are over. */
export function serverDatabase(): {
  /** Where it is. */
  readonly url: () => Promise<string>;
  /** Opens a pool on it, closed when the test is over. */
  readonly open: (t: ExecutionContext, options?: DatabaseOptions) => Promise<Database>;
} {
  let made: Promise<TestDatabase> | undefined;
  test.after.always(async () => {
    await (await made)?.drop();
  });
  const url = async (): Promise<string> => (await (made ??= createDatabase())).url;
  return {
    url,
    open: async (t, options = {}) => {
      const db = await openDatabase({ url: await url(), ...options });
      t.teardown(() => db.close());
      return db;
    },
  };
}

/** Waits until it holds, for as long as a busy machine may take. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('Did not come to hold within 20 s');
    await sleep(10);
  }
}

/** The name of a table no other test has. */
export function tableName(): string {
  return `t_${randomBytes(6).toString('hex')}`;
}

function lazily(open: () => Promise<Database>): { get(): Promise<Database>; close(): Promise<void> } {
  let opened: Promise<Database> | undefined;
  return {
    get: () => (opened ??= open()),
    close: async () => {
      await (await opened)?.close();
    },
  };
}
