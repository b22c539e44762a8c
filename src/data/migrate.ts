/** Brings a database up to date with a folder of SQL files. */
import { setTimeout as sleep } from 'node:timers/promises';

import { DatabaseError } from './database-error.ts';
import type { Database } from './database.ts';
import type { Connection } from './engine.ts';
import { compareMigrations, readMigrations, type MigrationFile } from './read-migrations.ts';
import { runStatement, runText } from './run-statement.ts';
import { sql } from './sql-tag.ts';
import type { Sql } from './sql.ts';

/** Options of {@link migrate} and {@link migrationStatus}. */
export interface MigrateOptions {
  /** Where it is noted what was applied; with its schema: `app.migrations`. Default `covet_migrations`. */
  readonly table?: string | undefined;
  /** How long to wait for another process that migrates, in milliseconds. Default 300 000. */
  readonly lockTimeout?: number | undefined;
}

/** A migration, as folder and database have it. */
export interface MigrationState {
  readonly name: string;
  /** `changed`: the file is another than was applied. `missing`: it was applied, and there is no file. */
  readonly status: 'applied' | 'pending' | 'changed' | 'missing';
  /** When it was applied, ISO 8601. */
  readonly appliedAt?: string | undefined;
}

interface Applied {
  readonly name: string;
  readonly checksum: string;
  readonly at: string;
}

/**
 * Applies what is new in a folder of SQL files, in the order of their names: `001-users.sql`, `002-posts.sql` … Processes
 * that start at once wait for each other.
 *
 * Each file is one transaction together with the note that it was applied; those before one that fails stay. A file whose top
 * has the comment `-- covet: no transaction` runs without one, and holds a single statement: `create index concurrently`.
 *
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { migrate, openDatabase, sql } from 'covet/data';
 *
 * const folder = await mkdtemp('/tmp/covet-');
 * await writeFile(`${folder}/001-users.sql`, 'create table users (id int primary key);');
 * const db = await openDatabase();
 * console.log(await migrate(db, folder)); // [ '001-users.sql' ]
 * console.log(await migrate(db, folder)); // []
 * await db.close();
 * ```
 *
 * @returns the names of the files applied.
 * @throws DatabaseError `MIGRATION_ERROR` naming the file: one that was applied has changed or is gone, a new one comes before
 * one that was applied, its SQL fails; or another process holds the lock for too long.
 */
export async function migrate(db: Database, folder: string | URL, options: MigrateOptions = {}): Promise<string[]> {
  const files = await readMigrations(folder);
  const name = options.table ?? 'covet_migrations';
  return db.hold((connection) =>
    withLock(connection, name, options.lockTimeout ?? 300_000, async () => {
      const table = sql.id(...name.split('.'));
      await runStatement(
        connection,
        sql`create table if not exists ${table} (name text primary key, checksum text not null, applied_at timestamptz not null default now())`,
      );
      const pending = findPending(files, await readApplied(connection, table));
      for (const file of pending) await apply(connection, table, file);
      return pending.map((file) => file.name);
    }),
  );
}

/** How the files of a folder and the database stand to each other, in the order of their names. Changes nothing. */
export async function migrationStatus(
  db: Database,
  folder: string | URL,
  options: Pick<MigrateOptions, 'table'> = {},
): Promise<MigrationState[]> {
  const files = new Map((await readMigrations(folder)).map((file) => [file.name, file]));
  const name = options.table ?? 'covet_migrations';
  const table = sql.id(...name.split('.'));
  const { exists } = await db.one(sql<{ exists: boolean }>`select to_regclass(${table.text}) is not null as exists`);
  const applied = exists ? await db.query(selectApplied(table)) : [];
  const states: MigrationState[] = applied.map(({ name, checksum, at }) => {
    const file = files.get(name);
    files.delete(name);
    const status = file === undefined ? 'missing' : file.checksum === checksum ? 'applied' : 'changed';
    return { name, status, appliedAt: at };
  });
  for (const name of files.keys()) states.push({ name, status: 'pending' });
  return states.sort((a, b) => compareMigrations(a.name, b.name));
}

function selectApplied(table: Sql): Sql<Applied> {
  return sql<Applied>`select name, checksum, applied_at as at from ${table}`;
}

async function readApplied(connection: Connection, table: Sql): Promise<readonly Applied[]> {
  return (await runStatement(connection, selectApplied(table))).rows as unknown as Applied[];
}

function findPending(files: readonly MigrationFile[], applied: readonly Applied[]): MigrationFile[] {
  let last = '';
  for (const { name, checksum } of applied) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) throw fault(`Migration ${name} was applied, but its file is gone: put it back`);
    if (file.checksum !== checksum) {
      throw fault(`Migration ${name} has changed since it was applied: put it back, and write a new one`);
    }
    if (compareMigrations(name, last) > 0) last = name;
  }
  const done = new Set(applied.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  const late = pending.find(({ name }) => compareMigrations(name, last) < 0);
  if (late !== undefined) {
    throw fault(`Migration ${late.name} comes before ${last}, which was applied: give it a later number`);
  }
  return pending;
}

async function apply(connection: Connection, table: Sql, file: MigrationFile): Promise<void> {
  const note = sql`insert into ${table} (name, checksum) values (${file.name}, ${file.checksum})`;
  try {
    if (!file.isTransactional) {
      await connection.script(file.text);
      await runStatement(connection, note);
      return;
    }
    await runText(connection, 'begin');
    const id = await transactionId(connection);
    await connection.script(file.text);
    if ((await transactionId(connection)) !== id) {
      throw fault('it ends the transaction it runs in: leave out begin, commit and rollback');
    }
    await runStatement(connection, note);
    await runText(connection, 'commit');
  } catch (error) {
    if (!connection.isBroken) await runText(connection, 'rollback');
    throw describe(error, file);
  }
}

async function transactionId(connection: Connection): Promise<unknown> {
  return (await runText(connection, 'select txid_current()::text as id')).rows[0]?.['id'];
}

function describe(error: unknown, { name, text, isTransactional }: MigrationFile): DatabaseError {
  const { message, position, code } = error as { message?: string; position?: string; code?: string };
  const line = position === undefined ? '' : `, line ${text.slice(0, Number(position)).split('\n').length}`;
  let advice = '';
  if (code === '25001') {
    advice = isTransactional
      ? '. Put `-- covet: no transaction` at the top of its file'
      : '. A file without a transaction has one statement only: give each a file of its own';
  }
  return fault(`Migration ${name}${line}: ${message ?? 'failed'}${advice}`, error);
}

/**
 * Runs `work` while no other process migrates. The lock is the session's, and goes with it. It is asked for again and again:
 * a statement that waits for it would have a snapshot, which `create index concurrently` of the other would wait for.
 */
async function withLock<T>(connection: Connection, name: string, timeout: number, work: () => Promise<T>): Promise<T> {
  const key = sql`hashtextextended(${`covet migrations ${name}`}, 0)`;
  const deadline = performance.now() + timeout;
  for (;;) {
    const { rows } = await runStatement(connection, sql`select pg_try_advisory_lock(${key}) as is_mine`);
    if (rows[0]?.['is_mine'] === true) break;
    if (performance.now() > deadline) throw fault(`Another process has been migrating for ${timeout} ms`);
    await sleep(50 + Math.random() * 100);
  }
  try {
    // Nobody gets the connection after us: neither this nor what the files set has to be taken back.
    await runText(connection, 'set statement_timeout = 0');
    return await work();
  } finally {
    if (!connection.isBroken) await runStatement(connection, sql`select pg_advisory_unlock(${key})`);
  }
}

function fault(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError(message, { code: 'MIGRATION_ERROR', ...(cause === undefined ? {} : { cause }) });
}
