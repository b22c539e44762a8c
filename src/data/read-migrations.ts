/** Migrations as files: read in the order of their names, and made. */
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { DatabaseError } from './database-error.ts';

/** One file. */
export interface MigrationFile {
  readonly name: string;
  readonly text: string;
  /** SHA-256 of its text, whose line endings a checkout on Windows may have changed. */
  readonly checksum: string;
  /** Whether it runs in a transaction: unless a comment at its top says `-- covet: no transaction`. */
  readonly isTransactional: boolean;
}

/** By their numbers, so that 1000 comes after 999; those of one number by the rest. */
export function compareMigrations(a: string, b: string): number {
  const [first, second] = [numberOf(a), numberOf(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

/** Names of files that are gone may have none. */
function numberOf(name: string): bigint {
  return BigInt(/^\d+/.exec(name)?.[0] ?? 0);
}

const nameSyntax = /^\d+[-_][\w.-]*\.sql$/;

/**
 * The files of a folder.
 *
 * @throws DatabaseError `MIGRATION_ERROR` when the folder cannot be read, or a file has a name without a number.
 */
export async function readMigrations(folder: string | URL): Promise<MigrationFile[]> {
  const place = toPath(folder);
  let names: string[];
  try {
    names = (await readdir(place)).filter((name) => name.endsWith('.sql'));
  } catch (cause) {
    throw new DatabaseError(`The folder of migrations cannot be read: ${place}`, { code: 'MIGRATION_ERROR', cause });
  }
  const odd = names.find((name) => !nameSyntax.test(name));
  if (odd !== undefined) {
    throw new DatabaseError(`Migration ${odd} has no number at its start, by which they are ordered: 001-users.sql`, {
      code: 'MIGRATION_ERROR',
    });
  }
  names.sort(compareMigrations);
  return Promise.all(names.map(async (name) => toMigration(name, await readFile(path.join(place, name), 'utf8'))));
}

function toMigration(name: string, raw: string): MigrationFile {
  const text = raw.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const [header = ''] = /^(?:\s*(?:--[^\n]*)?\n?)*/.exec(text) ?? [];
  return {
    name,
    text,
    checksum: createHash('sha256').update(text).digest('hex'),
    isTransactional: !/^\s*--\s*covet:\s*no transaction\s*$/im.test(header),
  };
}

/**
 * Makes an empty migration with the next number: `newMigration('migrations', 'add users')` is `004-add-users.sql`.
 *
 * @returns the path of the file.
 * @throws DatabaseError `MIGRATION_ERROR` when the title has no letter or digit, or the folder cannot be read.
 */
export async function newMigration(folder: string | URL, title: string): Promise<string> {
  const words = title.toLowerCase().match(/[a-z0-9]+/g);
  if (words === null) {
    throw new DatabaseError("A migration's title needs letters or digits: 'add users'", { code: 'MIGRATION_ERROR' });
  }
  const files = await readMigrations(folder);
  const last = files.at(-1)?.name.match(/^\d+/)?.[0] ?? '000';
  const number = String(BigInt(last) + 1n).padStart(last.length, '0');
  const file = path.join(toPath(folder), `${number}-${words.join('-')}.sql`);
  // `wx`: two who start at once shall not write over each other.
  await writeFile(file, `-- ${title.replaceAll(/\s+/g, ' ')}\n`, { flag: 'wx' });
  return file;
}

function toPath(folder: string | URL): string {
  return folder instanceof URL ? fileURLToPath(folder) : folder;
}
