/** Q8: what only a folder has: other files in the way, links, a root that is none, a disk. */
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { LocalStorage } from '../../src/storage/local-storage.ts';
import { fails } from './drivers.ts';
import { WatchedSource, bytesOf, readAll } from './sources.ts';

const bytes = bytesOf(1000);

async function makeRoot(t: ExecutionContext): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'covet-local-'));
  t.teardown(() => rm(root, { recursive: true }));
  return root;
}

const at = (root: string) => new LocalStorage({ root, baseUrl: '/files' });

test('a file lies below the root under its key, and its URL below baseUrl', async (t) => {
  const root = path.join(await makeRoot(t), 'made/when/needed');
  for (const baseUrl of ['/files', '/files/', 'https://a.example.com/files']) {
    const storage = new LocalStorage({ root, baseUrl });
    const url = await storage.save(bytes, 'a', '', { key: 'a b/ü.txt', overwrite: true });
    t.is(url, `${baseUrl.replace(/\/$/, '')}/a%20b/%C3%BC.txt`);
    t.is(storage.keyOf(url), 'a b/ü.txt');
  }
  t.deepEqual(new Uint8Array(await readFile(path.join(root, 'a b', 'ü.txt'))), bytes);
});

test('nobody sees a file before it is whole', async (t) => {
  const root = await makeRoot(t);
  const storage = at(root);
  const source = new WatchedSource([bytesOf(200_000), bytesOf(200_000)], async () => {
    t.false(await storage.exists('slow.bin'));
    t.deepEqual(await readdir(root), ['.unfinished']);
    t.is((await readdir(path.join(root, '.unfinished'))).length, 1);
  });
  await storage.save(source, 'a', '', { key: 'slow.bin' });
  t.is((await storage.stat('slow.bin')).size, 400_000);
  t.deepEqual(await readdir(path.join(root, '.unfinished')), []);
});

test('what is below a file, or the folder of one, is no file', async (t) => {
  const root = await makeRoot(t);
  const storage = at(root);
  await storage.save(bytes, 'a', '', { key: 'folder/file' });
  for (const key of ['folder', 'folder/file/below']) {
    await fails(t, 'NOT_FOUND', () => storage.open(key));
    await fails(t, 'NOT_FOUND', () => storage.stat(key));
    t.false(await storage.exists(key));
    await storage.delete(key);
    for (const overwrite of [true, false]) {
      const error = await fails(t, 'EXISTS', () => storage.save(bytes, 'a', '', { key, overwrite }));
      t.regex(error.message, /There is a file or folder "folder/);
    }
  }
  t.deepEqual(await readAll(await storage.open('folder/file')), bytes);
  t.deepEqual(await readdir(path.join(root, '.unfinished')), []);
});

test('a root that is a file is refused', async (t) => {
  const file = path.join(await makeRoot(t), 'file');
  await writeFile(file, '');
  const error = await fails(t, 'REFUSED', () => at(file).save(bytes, 'a', ''));
  t.is(error.status, 500);
  t.true(error.cause instanceof Error);
});

test('a link that leads in a circle is refused', async (t) => {
  const root = await makeRoot(t);
  await symlink('circle', path.join(root, 'circle'));
  const error = await fails(t, 'REFUSED', () => at(root).open('circle'));
  t.regex(error.message, /refuses the file "circle" \(ELOOP\)/);
});

test('a path that is too long for the system is an invalid key', async (t) => {
  const root = path.join(await makeRoot(t), ...Array.from({ length: 17 }, () => 'x'.repeat(250)));
  const error = await fails(t, 'INVALID_KEY', () => at(root).stat('a'));
  t.regex(error.message, /too long for the file "a" \(ENAMETOOLONG\)/);
});

test('a root that goes away while a file streams in is UNAVAILABLE', async (t) => {
  const root = path.join(await makeRoot(t), 'root');
  const source = new WatchedSource([bytes], () => rm(root, { recursive: true }));
  await fails(t, 'UNAVAILABLE', () => at(root).save(source, 'a', '', { key: 'a' }));
  // It is made again for the next one.
  await at(root).save(bytes, 'a', '', { key: 'a' });
  t.true(await at(root).exists('a'));
});

test('files are open to whom the process lets them, and the type follows the ending', async (t) => {
  const root = await makeRoot(t);
  const storage = at(root);
  const types = {
    'a.PNG': 'image/png',
    'a.tar.gz': 'application/gzip',
    'a.html': 'text/html',
    'a.unknown': 'application/octet-stream',
    png: 'image/png',
    'a/b': 'application/octet-stream',
  };
  for (const [key, type] of Object.entries(types)) {
    await storage.save(bytes, 'a', '', { key });
    t.is((await storage.stat(key)).type, type, key);
  }
  t.is((await stat(path.join(root, 'a.PNG'))).mode & 0o777, 0o666 & ~process.umask());
});

test('files that others put there are found', async (t) => {
  const root = await makeRoot(t);
  await mkdir(path.join(root, 'in'));
  await writeFile(path.join(root, 'in/theirs.txt'), 'theirs');
  await chmod(path.join(root, 'in/theirs.txt'), 0o444);
  t.is(new TextDecoder().decode(await readAll(await at(root).open('in/theirs.txt'))), 'theirs');
  t.is((await at(root).stat('in/theirs.txt')).type, 'text/plain');
});

test('a file that shrinks or goes while it is read ends where it ends', async (t) => {
  const root = await makeRoot(t);
  const storage = at(root);
  await storage.save(bytesOf(1_000_000), 'a', '', { key: 'a' });
  const reader = (await storage.open('a')).getReader();
  await reader.read();
  await storage.delete('a');
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) size += chunk.value.byteLength;
  // What is open stays readable without its name.
  t.is(size, 1_000_000 - 131_072);
});

test('options that are wrong are named when the storage is made', (t) => {
  const wrong: [object, RegExp][] = [
    [{ root: '' }, /`root` must be the path of a folder/],
    [{ root: undefined }, /`root`/],
    [{ baseUrl: undefined }, /URLs begin with a path/],
    [{ baseUrl: 'files' }, /URLs begin with a path such as \/files or with a URL, not "files"/],
    [{ baseUrl: '//evil.example.com' }, /URLs begin/],
    [{ baseUrl: '/files?x=' }, /URLs begin/],
  ];
  for (const [options, message] of wrong) {
    const all = { root: '/tmp', baseUrl: '/files', ...options };
    t.throws(() => new LocalStorage(all), { instanceOf: TypeError, message });
  }
});
