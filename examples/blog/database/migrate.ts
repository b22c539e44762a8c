/** Brings a database up to date with the files in `migrations/`, in the order of their names. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';

import { inTransaction, type Database } from './queryable.ts';

/** One file. */
export interface Migration {
  readonly name: string;
  readonly script: string;
}

/** The application's own. */
export async function readMigrations(folder: URL = new URL('../migrations/', import.meta.url)): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(names.map(async (name) => ({ name, script: await readFile(new URL(name, folder), 'utf8') })));
}

/** Any number, the same for all who migrate this application: the lock they wait for each other at. */
const LOCK = 7_261_834;

/**
 * Applies what is new, all of it or nothing. Several processes may start at once: one does the work, the others wait.
 *
 * @returns the names of the files applied.
 * @throws when a file that was applied has changed since, or is gone.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<string[]> {
  return inTransaction(database, async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await transaction.run(`
      create table if not exists migrations (
        name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )
    `);
    const applied = await transaction.query<{ name: string; checksum: string }>(
      'select name, checksum from migrations',
    );
    for (const { name, checksum } of applied) {
      const migration = migrations.find((candidate) => candidate.name === name);
      if (migration === undefined) throw new Error(`The database has migration ${name}, which this program lacks`);
      if (toChecksum(migration) !== checksum) {
        throw new Error(`Migration ${name} has changed since it was applied: put it back and write a new one`);
      }
    }
    const isApplied = new Set(applied.map(({ name }) => name));
    const pending = migrations.filter(({ name }) => !isApplied.has(name));
    for (const migration of pending) {
      await transaction.run(migration.script);
      await transaction.query('insert into migrations (name, checksum) values ($1, $2)', [
        migration.name,
        toChecksum(migration),
      ]);
    }
    return pending.map(({ name }) => name);
  });
}

function toChecksum({ script }: Migration): string {
  // A checkout on Windows may have changed the line endings.
  return createHash('sha256').update(script.replaceAll('\r\n', '\n')).digest('hex');
}
