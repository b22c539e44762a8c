/** Q8: what goes wrong goes wrong clearly, leaves nothing behind, and does so the same in every storage. */
import { Readable } from 'node:stream';

import test from 'ava';

import type { FileSource } from '../../src/types/file-storage.ts';
import { drivers, fails, open } from './drivers.ts';
import { WatchedSource, bytesOf, readAll, repeated } from './sources.ts';

const bytes = bytesOf(300_000);

for (const driver of drivers) {
  const at = (title: string) => `${driver.name}: ${title}`;

  test(at('refuses keys that are none, before anything is asked'), async (t) => {
    const { storage } = await open(t, driver);
    const bad = [
      '',
      '/etc/passwd',
      '../a',
      'a/../b',
      'a/./b',
      'a//b',
      'a/',
      '.env',
      'a/.git/config',
      '.unfinished/x',
      'a\\b',
      'a\u0000b',
      'a\nb',
      'a:b',
      'c:/x',
      'a?b',
      'a*',
      'a|b',
      'a.',
      'a /b',
      'con',
      'x/NUL.txt',
      '\udc00',
      'x'.repeat(256),
      'x/'.repeat(600),
    ];
    for (const key of bad) {
      const source = new WatchedSource([bytes]);
      await fails(t, 'INVALID_KEY', () => storage.save(source, 'a', '', { key }));
      t.is(source.given, 0, key);
      await fails(t, 'INVALID_KEY', () => storage.open(key));
      await fails(t, 'INVALID_KEY', () => storage.stat(key));
      await fails(t, 'INVALID_KEY', () => storage.exists(key));
      await fails(t, 'INVALID_KEY', () => storage.delete(key));
      await fails(t, 'INVALID_KEY', async () => storage.url(key));
    }
    await fails(t, 'INVALID_KEY', () => storage.save(bytes, 'a', '', { folder: '../up' }));
    for (const url of ['https://elsewhere.example.com/a', '/', 'a', storage.url('a').replace(/a$/, '%2e%2e/x')]) {
      await fails(t, 'INVALID_KEY', async () => storage.keyOf(url));
    }
    for (const end of ['?a', '#a', '%', '%ff']) {
      await fails(t, 'INVALID_KEY', async () => storage.keyOf(storage.url('a') + end));
    }
  });

  test(at('refuses what is no media type'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    for (const type of ['png', 'image/', 'image/png\r\nx: y', 'image/png; a', 'text/é', `a/${'b'.repeat(300)}`]) {
      await fails(t, 'INVALID_TYPE', () => storage.save(bytes, 'a.png', type));
    }
    t.deepEqual(await leftovers(), []);
  });

  for (const size of [1000, 12_000_000]) {
    const chunk = new Uint8Array(size / 10);

    test(at(`keeps to maxSize with ${size} bytes, and leaves nothing behind`), async (t) => {
      const { storage, leftovers } = await open(t, driver);
      const source = new WatchedSource(repeated(chunk, 100));
      const error = await fails(t, 'TOO_LARGE', () => storage.save(source, 'a', '', { key: 'big', maxSize: size }));
      t.is(error.status, 413);
      t.regex(error.message, new RegExp(`larger than the ${size} bytes`));
      t.is(source.given, 11);
      t.true(source.isClosed);
      t.false(await storage.exists('big'));
      t.deepEqual(await leftovers(), []);
      await storage.save(new WatchedSource(repeated(chunk, 10)), 'a', '', { key: 'big', maxSize: size });
      t.is((await storage.stat('big')).size, size);
    });

    test(at(`passes a source's error on after ${size} bytes, and leaves nothing behind`), async (t) => {
      const { storage, leftovers } = await open(t, driver);
      const fault = new Error('the client went away');
      const source = new WatchedSource(repeated(chunk, 10), () => Promise.reject(fault));
      t.is(await t.throwsAsync(() => storage.save(source, 'a', '', { key: 'broken' })), fault);
      t.false(await storage.exists('broken'));
      t.deepEqual(await leftovers(), []);
    });

    test(at(`gives up after ${size} bytes when the signal fires, and leaves nothing behind`), async (t) => {
      const { storage, leftovers } = await open(t, driver);
      const controller = new AbortController();
      const reason = new Error('enough');
      // A source that never goes on: only the signal ends the wait.
      const source = new WatchedSource(repeated(chunk, 10), () => {
        setTimeout(() => controller.abort(reason), 20);
        return new Promise(() => undefined);
      });
      const saving = storage.save(source, 'a', '', { key: 'given-up', signal: controller.signal });
      t.is(await t.throwsAsync(saving), reason);
      t.false(await storage.exists('given-up'));
      t.deepEqual(await leftovers(), []);
    });
  }

  test(at('reads nothing when the signal has fired already'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    const source = new WatchedSource([bytes]);
    const saving = storage.save(source, 'a', '', { signal: AbortSignal.abort(new Error('too late')) });
    await t.throwsAsync(saving, { message: 'too late' });
    t.is(source.given, 0);
    t.deepEqual(await leftovers(), []);
  });

  test(at('closes every kind of source it does not finish'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    const node = Readable.from(repeated(bytes, 100));
    const unread = Readable.from(repeated(bytes, 100));
    let cancelled: unknown;
    const web = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes),
      cancel: (reason: unknown) => {
        cancelled = reason;
      },
    });
    await fails(t, 'TOO_LARGE', () => storage.save(node, 'a', '', { maxSize: 10 }));
    await fails(t, 'INVALID_KEY', () => storage.save(unread, 'a', '', { key: '..' }));
    const error = await fails(t, 'TOO_LARGE', () => storage.save(web, 'a', '', { maxSize: 10 }));
    t.true(node.destroyed);
    t.true(unread.destroyed);
    t.is(cancelled, error);
    t.deepEqual(await leftovers(), []);
  });

  test(at('refuses a source that is none or gives no bytes'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    const none = /source must be a stream, an async iterable, a Uint8Array or a Blob, not /;
    const others: unknown[] = ['text', 7, null, undefined, {}, [bytes]];
    for (const source of others) {
      const saving = storage.save(source as FileSource, 'a', '');
      await t.throwsAsync(saving, { instanceOf: TypeError, message: none });
    }
    const texts = Readable.from(['text']) as AsyncIterable<Uint8Array>;
    await t.throwsAsync(storage.save(texts, 'a', ''), { instanceOf: TypeError, message: /it gave a string/ });
    const read = new Blob(['a']).stream();
    read.getReader();
    await t.throwsAsync(storage.save(read, 'a', ''), { instanceOf: TypeError, message: /read by something else/ });
    t.deepEqual(await leftovers(), []);
  });

  test(at('refuses options that contradict each other or are none'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    const refused: [object, RegExp][] = [
      [{ key: 'a', folder: 'b' }, /`folder` and `key` exclude each other/],
      [{ overwrite: true }, /`overwrite` needs `key`/],
      [{ key: 7 }, /key must be a string, not number/],
      [{ maxSize: -1 }, /`maxSize` must be a number of bytes, not -1/],
      [{ maxSize: '1mb' }, /`maxSize` must be a number of bytes, not 1mb/],
      [{ maxSize: Number.NaN }, /`maxSize` must be a number of bytes, not NaN/],
    ];
    for (const [options, message] of refused) {
      await t.throwsAsync(storage.save(bytes, 'a', '', options), { instanceOf: TypeError, message });
    }
    const noName = undefined as unknown as string;
    await t.throwsAsync(storage.save(bytes, noName, ''), { message: /name must be a string, not undefined/ });
    await t.throwsAsync(storage.save(bytes, 'a', noName), { message: /type must be a string, not undefined/ });
    t.deepEqual(await leftovers(), []);
  });

  test(at('a save that may not replace loses to one that was faster, and leaves nothing'), async (t) => {
    const { storage, leftovers } = await open(t, driver);
    for (const size of [1000, 6 * 1024 * 1024]) {
      const key = `race/${size}`;
      // The other file comes while this one streams in, after the first look.
      const slow = new WatchedSource([new Uint8Array(size)], async () => {
        await storage.save(Buffer.from('first'), 'a', '', { key });
      });
      await fails(t, 'EXISTS', () => storage.save(slow, 'a', '', { key }));
      t.is(new TextDecoder().decode(await readAll(await storage.open(key))), 'first');
      await storage.delete(key);
    }
    t.deepEqual(await leftovers(), []);
  });
}
