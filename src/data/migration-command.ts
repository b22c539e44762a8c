/** Migrations from a terminal: what a program of three lines needs. */
import type { Database } from './database.ts';
import { migrate, migrationStatus, type MigrateOptions } from './migrate.ts';
import { newMigration } from './read-migrations.ts';

/** Options of {@link migrationCommand}. */
export interface MigrationCommandOptions extends MigrateOptions {
  /** Where lines go. Default: standard output. */
  readonly write?: ((line: string) => void) | undefined;
}

const toStandardOutput = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const usage = 'Usage: up | status | new <title>';

/**
 * Runs a command of a terminal: `up` applies, `status` lists, `new <title>` makes a file.
 *
 * @example
 * ```ts
 * // migrate.ts, run as `node migrate.ts status`
 * import { migrationCommand, openDatabase } from 'covet/data';
 *
 * const db = await openDatabase({ url: process.env['DATABASE_URL'] });
 * const folder = new URL('migrations/', import.meta.url);
 * process.exitCode = await migrationCommand(db, folder, process.argv.slice(2)).finally(() => db.close());
 * ```
 *
 * @returns the exit code: 0; 1 for a command there is none of, or a status with files changed or missing.
 */
export async function migrationCommand(
  db: Database,
  folder: string | URL,
  [command, ...words]: readonly string[],
  options: MigrationCommandOptions = {},
): Promise<number> {
  const { write = toStandardOutput } = options;
  switch (command) {
    case 'up': {
      const names = await migrate(db, folder, options);
      for (const name of names) write(`applied ${name}`);
      if (names.length === 0) write('nothing to apply');
      return 0;
    }
    case 'status': {
      const states = await migrationStatus(db, folder, options);
      for (const { name, status, appliedAt } of states)
        write(`${status.padEnd(7)} ${name} ${appliedAt ?? ''}`.trimEnd());
      return states.some(({ status }) => status === 'changed' || status === 'missing') ? 1 : 0;
    }
    case 'new':
      write(`made ${await newMigration(folder, words.join(' '))}`);
      return 0;
    default:
      write(usage);
      return 1;
  }
}
