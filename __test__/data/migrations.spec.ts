/** Migrations: applied once, in order, each whole or not at all. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import ava, { type ExecutionContext } from 'ava';

import {
  migrate,
  migrationCommand,
  migrationStatus,
  newMigration,
  openDatabase,
  sql,
  type Database,
} from '../../src/data/index.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();

/** A folder of files, and names of its own in the database. */
async function createFolder(t: ExecutionContext, files: (name: string) => Record<string, string>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'covet-migrations-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const name = tableName();
  const write = async (more: Record<string, string>): Promise<void> => {
    for (const [file, text] of Object.entries(more)) await writeFile(path.join(folder, file), text);
  };
  await write(files(name));
  return { folder, name, write, options: { table: `${name}_migrations` } };
}

const count = async (db: Database, table: string): Promise<number> => db.execute(sql`select * from ${sql.id(table)}`);

test('files are applied once, in the order of their names', async (t, db) => {
  const { folder, name, write, options } = await createFolder(t, (name) => ({
    '002-rows.sql': `insert into ${name} values (1); insert into ${name} values (2);`,
    '001-table.sql': `create table ${name} (n int);`,
    'notes.txt': 'not SQL',
  }));
  t.deepEqual(await migrate(db, folder, options), ['001-table.sql', '002-rows.sql']);
  t.deepEqual(await migrate(db, pathToFileURL(folder), options), []);
  t.is(await count(db, name), 2);
  await write({ '003-more.sql': `insert into ${name} values (3)` });
  t.deepEqual(
    (await migrationStatus(db, folder, options)).map(({ name, status }) => [name, status]),
    [
      ['001-table.sql', 'applied'],
      ['002-rows.sql', 'applied'],
      ['003-more.sql', 'pending'],
    ],
  );
  t.deepEqual(await migrate(db, folder, options), ['003-more.sql']);
});

test('a file that fails is undone whole, those before it stay, and the error names file and line', async (t, db) => {
  const { folder, name, write, options } = await createFolder(t, (name) => ({
    '001-table.sql': `create table ${name} (n int);`,
    '002-broken.sql': `insert into ${name} values (1);\ninsert into ${name}\nvalues ('x');`,
  }));
  await t.throwsAsync(migrate(db, folder, options), {
    code: 'MIGRATION_ERROR',
    message: /^Migration 002-broken\.sql, line 3: invalid input/,
  });
  t.is(await count(db, name), 0);
  await write({ '002-broken.sql': `insert into ${name} values (1)` });
  t.deepEqual(await migrate(db, folder, options), ['002-broken.sql']);
});

test('a file that changed, is gone, or comes too late is refused; line endings are no change', async (t, db) => {
  const { folder, name, write, options } = await createFolder(t, (name) => ({
    '001-a.sql': `create table ${name} (n int);\n-- end\n`,
    '003-c.sql': 'select 1;',
  }));
  await migrate(db, folder, options);
  await write({ '001-a.sql': `create table ${name} (n int);\r\n-- end\r\n` });
  t.deepEqual(await migrate(db, folder, options), []);
  await write({ '002-b.sql': 'select 1' });
  await t.throwsAsync(migrate(db, folder, options), { message: /002-b\.sql comes before 003-c\.sql/ });
  await rm(path.join(folder, '002-b.sql'));
  await write({ '001-a.sql': 'select 2' });
  await t.throwsAsync(migrate(db, folder, options), { message: /001-a\.sql has changed/ });
  await rm(path.join(folder, '001-a.sql'));
  await t.throwsAsync(migrate(db, folder, options), { message: /001-a\.sql was applied, but its file is gone/ });
  t.deepEqual(
    (await migrationStatus(db, folder, options)).map(({ status }) => status),
    ['missing', 'applied'],
  );
});

test('numbers of another length are in their own order, and new files come last', async (t, db) => {
  const { folder, options } = await createFolder(t, (name) => ({
    '999-a.sql': `create table ${name} (n int); set timezone to 'Asia/Tokyo'`,
  }));
  await migrate(db, folder, options);
  t.is(path.basename(await newMigration(folder, 'next')), '1000-next.sql');
  t.deepEqual(await migrate(db, folder, options), ['1000-next.sql']);
  t.is(path.basename(await newMigration(folder, 'last')), '1001-last.sql');
  t.deepEqual(
    (await migrationStatus(db, folder, options)).map(({ name }) => name),
    ['999-a.sql', '1000-next.sql', '1001-last.sql'],
  );
  t.not((await db.one(sql<{ zone: string }>`select current_setting('TimeZone') as zone`)).zone, 'Asia/Tokyo');
});

test('what cannot run in a transaction says so at its top', async (t, db) => {
  const { folder, name, write, options } = await createFolder(t, (name) => ({
    '001-table.sql': `create table ${name} (n int);`,
    '002-index.sql': `create index concurrently on ${name} (n);`,
  }));
  await t.throwsAsync(migrate(db, folder, options), {
    message: /002-index\.sql.*Put `-- covet: no transaction` at the top/,
  });
  const header = '-- An index.\n-- covet: no transaction\n';
  await write({ '002-index.sql': `${header}create index concurrently on ${name} (n);` });
  t.deepEqual(await migrate(db, folder, options), ['002-index.sql']);
  await write({ '003-two.sql': `${header}create index concurrently on ${name} (n); select 1;` });
  await t.throwsAsync(migrate(db, folder, options), { message: /003-two\.sql.*one statement only/ });
});

test('a file that ends its own transaction is refused', async (t, db) => {
  const { folder, options } = await createFolder(t, () => ({ '001-a.sql': 'select 1; commit; select 2;' }));
  await t.throwsAsync(migrate(db, folder, options), { message: /001-a\.sql: it ends the transaction/ });
  t.deepEqual(
    (await migrationStatus(db, folder, options)).map(({ status }) => status),
    ['pending'],
  );
});

test('those who start at once wait for each other', async (t, db) => {
  const { folder, name, options } = await createFolder(t, (name) => ({
    '001-table.sql': `create table ${name} (n int); select pg_sleep(0.2);`,
    '002-row.sql': `insert into ${name} values (1);`,
  }));
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(db, folder, options)));
  t.deepEqual(applied.flat().sort(), ['001-table.sql', '002-row.sql']);
  t.is(await count(db, name), 1);
});

test('a folder that cannot be read, and names without a number', async (t, db) => {
  await t.throwsAsync(migrate(db, '/no/such/folder'), {
    code: 'MIGRATION_ERROR',
    message: /cannot be read: \/no\/such/,
  });
  const { folder } = await createFolder(t, () => ({ 'users.sql': '' }));
  await t.throwsAsync(migrate(db, folder), { message: /users\.sql has no number/ });
});

ava('new files get the next number', async (t) => {
  const { folder } = await createFolder(t, () => ({}));
  t.is(path.basename(await newMigration(folder, 'Add users!')), '001-add-users.sql');
  t.is(path.basename(await newMigration(pathToFileURL(folder), 'add posts')), '002-add-posts.sql');
  t.is(await readFile(path.join(folder, '001-add-users.sql'), 'utf8'), '-- Add users!\n');
  await t.throwsAsync(newMigration(folder, '…'), { message: /needs letters or digits/ });
});

test('from a terminal: new, up, status', async (t, db) => {
  const { folder, options } = await createFolder(t, () => ({ '001-a.sql': 'select 1' }));
  const lines: string[] = [];
  const run = (...args: string[]): Promise<number> =>
    migrationCommand(db, folder, args, { ...options, write: (line) => lines.push(line) });
  t.is(await run('new', 'add', 'posts'), 0);
  t.is(await run('up'), 0);
  t.is(await run('up'), 0);
  t.is(await run('status'), 0);
  t.is(await run('down'), 1);
  t.deepEqual(
    lines.map((line) => line.replace(folder, '').replace(/ \d{4}-.*Z$/, ' at')),
    [
      'made /002-add-posts.sql',
      'applied 001-a.sql',
      'applied 002-add-posts.sql',
      'nothing to apply',
      'applied 001-a.sql at',
      'applied 002-add-posts.sql at',
      'Usage: up | status | new <title>',
    ],
  );
  await writeFile(path.join(folder, '001-a.sql'), 'select 2');
  t.is(await run('status'), 1);
});

ava('a database kept in a folder is there again, and reads the same', async (t) => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'covet-pglite-'));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const first = await openDatabase({ dataDir });
  await first.execute(sql`create table kept (mood text)`);
  await first.execute(sql`create type mood as enum ('so')`);
  await first.close();
  const second = await openDatabase({ dataDir });
  t.teardown(() => second.close());
  t.deepEqual(await second.query(sql`select array['so']::mood[] as moods, (select count(*) from kept) as n`), [
    { moods: '{so}', n: 0 },
  ]);
});
