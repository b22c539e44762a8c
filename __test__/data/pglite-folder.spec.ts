/** A folder of PGlite is for one process at a time: of two that write there one would lose its rows without a word. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { openDatabase, sql } from '../../src/data/index.ts';
import { runProgram } from '../helpers/child.ts';

async function makeFolder(t: ExecutionContext): Promise<string> {
  const parent = await mkdtemp(path.join(tmpdir(), 'covet-pglite-'));
  t.teardown(() => rm(parent, { recursive: true, force: true }));
  return path.join(parent, 'a/data');
}

const notes = sql<{ text: string }>`select text from notes`;
const inUse = { code: 'DATABASE_UNAVAILABLE', message: /is in use, by this process or another.*give both the `url`/ };

test('a second one that opens the folder is told, in this process and from another, and has it once it is free', async (t) => {
  const dataDir = await makeFolder(t);
  const child = runProgram(t, 'data/programs/hold-folder.ts', dataDir);
  await child.report('ready', 30_000);
  await t.throwsAsync(openDatabase({ dataDir }), inUse);
  // A restart: who waits for the folder gets it when the process before has closed.
  const opening = openDatabase({ dataDir: `file://${dataDir}` });
  child.process.kill('SIGTERM');
  const db = await opening;
  await child.exit;
  t.deepEqual(await db.query(notes), [{ text: 'theirs' }]);
  await t.throwsAsync(openDatabase({ dataDir }), inUse);
  await db.close();
  const again = await openDatabase({ dataDir });
  t.deepEqual(await again.query(notes), [{ text: 'theirs' }]);
  await again.close();
  t.deepEqual((await readdir(path.dirname(dataDir))).toSorted(), ['data', 'data.lock']);
});

test('a process that is killed leaves the folder free', async (t) => {
  const dataDir = await makeFolder(t);
  const child = runProgram(t, 'data/programs/hold-folder.ts', dataDir);
  await child.report('ready', 30_000);
  child.process.kill('SIGKILL');
  await child.exit;
  const db = await openDatabase({ dataDir });
  t.is((await db.query(notes)).length, 1);
  await db.close();
});

test('a folder that cannot be made is an error that says so, and holds nothing', async (t) => {
  const dataDir = path.join(await makeFolder(t), 'x');
  const file = path.dirname(dataDir);
  await openDatabase({ dataDir: file }).then((db) => db.close());
  await t.throwsAsync(openDatabase({ dataDir: path.join(file, 'PG_VERSION', 'x') }), { message: /PG_VERSION/ });
  await openDatabase({ dataDir: file }).then((db) => db.close());
});
