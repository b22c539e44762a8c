/** Q8: what only a MemoryStorage has: a bound for all files together. */
import test from 'ava';

import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { fails } from './drivers.ts';
import { WatchedSource, readAll, repeated } from './sources.ts';

test('a file that does not fit is UNAVAILABLE, and what is freed can be used again', async (t) => {
  const storage = new MemoryStorage({ maxBytes: 200_000 });
  await storage.save(new Uint8Array(150_000), 'a', '', { key: 'a' });
  const source = new WatchedSource(repeated(new Uint8Array(10_000), 100));
  const error = await fails(t, 'UNAVAILABLE', () => storage.save(source, 'a', '', { key: 'b' }));
  t.is(error.status, 503);
  t.regex(error.message, /full: it holds 200000 bytes/);
  t.true(source.given < 10, 'read no further than it fits');
  t.true(source.isClosed);
  await storage.save(new Uint8Array(50_000), 'a', '', { key: 'b' });
  await storage.delete('a');
  await storage.save(new Uint8Array(150_000), 'a', '', { key: 'c' });
  await fails(t, 'UNAVAILABLE', () => storage.save(new Uint8Array(1), 'a', ''));
});

test('saves that are under way count', async (t) => {
  const storage = new MemoryStorage({ maxBytes: 200_000 });
  const slow = new WatchedSource([new Uint8Array(150_000)], async () => {
    await fails(t, 'UNAVAILABLE', () => storage.save(new Uint8Array(100_000), 'a', ''));
  });
  await storage.save(slow, 'a', '', { key: 'slow' });
  t.is((await storage.stat('slow')).size, 150_000);
});

test('what a reader does to its bytes is not done to the file', async (t) => {
  const storage = new MemoryStorage();
  await storage.save(new Uint8Array(10).fill(1), 'a', '', { key: 'a' });
  const { value } = await (await storage.open('a')).getReader().read();
  value?.fill(9);
  t.deepEqual(await readAll(await storage.open('a')), new Uint8Array(10).fill(1));
});

test('URLs begin as they are told to, and options that are wrong are named', (t) => {
  t.is(new MemoryStorage().url('a/ü'), 'memory:/a/%C3%BC');
  t.is(new MemoryStorage({ baseUrl: '/files' }).url('a'), '/files/a');
  for (const maxBytes of [-1, Number.NaN, '1mb' as unknown as number]) {
    t.throws(() => new MemoryStorage({ maxBytes }), { instanceOf: TypeError, message: /`maxBytes` must be a number/ });
  }
});
