/** Q8: every storage does the same. One suite, run over memory, a folder and a real S3 server. */
import { Readable } from 'node:stream';

import test from 'ava';

import type { FileSource, FileStorage } from '../../src/types/file-storage.ts';
import { drivers, fails, open } from './drivers.ts';
import { WatchedSource, bytesOf, hashOf, readAll } from './sources.ts';

async function save(storage: FileStorage, key: string, text: string): Promise<string> {
  return storage.save(new TextEncoder().encode(text), 'a.txt', 'text/plain', { key, overwrite: true });
}

async function textOf(storage: FileStorage, key: string): Promise<string> {
  return new TextDecoder().decode(await readAll(await storage.open(key)));
}

const bytes = bytesOf(300_000);

const sources: Record<string, () => FileSource> = {
  'a web stream': () => new Blob([bytes]).stream(),
  'a Node stream': () => Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]),
  'an async iterable': () => new WatchedSource([bytes.subarray(0, 200_000), new Uint8Array(), bytes.subarray(200_000)]),
  bytes: () => bytes,
  'a Node buffer': () => Buffer.from(bytes),
  'a Blob': () => new Blob([bytes]),
};

/** Names as clients may send them; each has to end as one key below the root that can be read again. */
const hostileNames = [
  '../../../etc/passwd',
  '..\\..\\windows\\system32\\config',
  '/etc/shadow',
  'C:\\fakepath\\cv.pdf',
  '.htaccess',
  '..',
  '',
  'a\u0000b.png',
  'a\r\nx-amz-acl: public-read.txt',
  'CON',
  'nul.txt',
  'file.txt:stream',
  'my résumé — final (1)?.pdf',
  'смета №5 & co.xlsx',
  '写真 #1 100%.jpg',
  '👩‍👩‍👧.gif',
  '\ud800.bin',
  'e\u0301.txt',
  'a\'b"c<d>&amp;+=;,@$!*~`.html',
  '%2e%2e%2f',
  `${'long '.repeat(1000)}.tar.gz`,
  '字'.repeat(400),
];

for (const driver of drivers) {
  const at = (title: string) => `${driver.name}: ${title}`;

  for (const [name, source] of Object.entries(sources)) {
    test(at(`saves ${name}, and gives the same bytes back`), async (t) => {
      const { storage } = await open(t, driver);
      const url = await storage.save(source(), 'a.png', 'image/png');
      const key = storage.keyOf(url);
      t.regex(key, /^[0-9a-f]{32}-a\.png$/);
      t.is(storage.url(key), url);
      t.is(hashOf(await readAll(await storage.open(key))), hashOf(bytes));
      const { modifiedAt, ...stat } = await storage.stat(key);
      t.deepEqual(stat, { key, size: bytes.byteLength, type: 'image/png' });
      t.true(Math.abs(modifiedAt.getTime() - Date.now()) < 60_000);
      t.true(await storage.exists(key));
    });
  }

  test(at('saves an empty file'), async (t) => {
    const { storage } = await open(t, driver);
    const url = await storage.save(new WatchedSource([]), 'empty.txt', 'text/plain');
    t.is((await storage.stat(storage.keyOf(url))).size, 0);
    t.is(await textOf(storage, storage.keyOf(url)), '');
  });

  for (const size of [5 * 1024 * 1024 - 1, 5 * 1024 * 1024, 5 * 1024 * 1024 + 1, 17_000_003]) {
    test(at(`saves ${size} bytes of a stream whose length nobody knows`), async (t) => {
      const { storage } = await open(t, driver);
      const file = bytesOf(size);
      const chunks = function* () {
        for (let from = 0; from < size; from += 70_001) yield file.subarray(from, from + 70_001);
      };
      const url = await storage.save(new WatchedSource(chunks()), 'a.bin', '');
      const key = storage.keyOf(url);
      t.is((await storage.stat(key)).size, size);
      t.is(hashOf(await readAll(await storage.open(key))), hashOf(file));
      t.is((await storage.stat(key)).type, 'application/octet-stream');
    });
  }

  test(at('copies what the source gives, so that the source may use its buffer again'), async (t) => {
    const { storage } = await open(t, driver);
    const buffer = new Uint8Array(1000);
    const chunks = function* () {
      for (let at = 0; at < 200; at += 1) yield buffer.fill(at);
    };
    const url = await storage.save(new WatchedSource(chunks()), 'a.bin', '');
    const saved = await readAll(await storage.open(storage.keyOf(url)));
    t.true(saved.every((byte, at) => byte === Math.floor(at / 1000)));
  });

  test(at('makes keys of hostile names that lead nowhere else'), async (t) => {
    const { storage } = await open(t, driver);
    const keys = new Set<string>();
    for (const name of hostileNames) {
      const url = await storage.save(Buffer.from(name), name, 'text/plain', { folder: 'in/box' });
      const key = storage.keyOf(url);
      t.regex(key, /^in\/box\/[0-9a-f]{32}-[\p{L}\p{M}\p{N}._-]+$/u, name);
      t.true(Buffer.byteLength(key) <= 7 + 33 + 80, name);
      t.is(await textOf(storage, key), Buffer.from(name).toString(), name);
      t.true(url.endsWith(`/${encodeURIComponent(key.slice('in/box/'.length))}`), name);
      keys.add(key);
    }
    t.is(keys.size, hostileNames.length);
  });

  test(at('keeps keys apart that look alike once encoded'), async (t) => {
    const { storage } = await open(t, driver);
    const keys = ['a b', 'a+b', 'a%20b', 'a%2Bb', 'a/b', 'a%2Fb', "(a)!'~", 'ä', 'a&b=c;d,e@f$', 'a#b', '😀/é.txt'];
    for (const key of keys) await save(storage, `x/${key}`, key);
    for (const key of keys) {
      t.is(await textOf(storage, `x/${key}`), key);
      t.is(storage.keyOf(storage.url(`x/${key}`)), `x/${key}`);
    }
  });

  test(at('keeps the type as it was given, or tells it by the ending'), async (t) => {
    const { storage } = await open(t, driver);
    await storage.save(bytes, 'a', 'text/plain; charset=utf-8', { key: 'a/b.json' });
    t.is((await storage.stat('a/b.json')).type, driver.keepsTypes ? 'text/plain; charset=utf-8' : 'application/json');
  });

  test(at('replaces a file under its key only when told to'), async (t) => {
    const { storage } = await open(t, driver);
    const key = 'avatars/42.png';
    await storage.save(Buffer.from('one'), 'a', '', { key });
    const source = new WatchedSource([bytes]);
    const error = await fails(t, 'EXISTS', () => storage.save(source, 'a', '', { key }));
    t.is(error.status, 409);
    t.regex(error.message, /avatars\/42\.png/);
    t.is(source.given, 0, 'refused before the source is read');
    await fails(t, 'EXISTS', () => storage.save(bytes, 'a', '', { key, overwrite: false }));
    t.is(await textOf(storage, key), 'one');
    await storage.save(Buffer.from('second'), 'a', '', { key, overwrite: true });
    t.is(await textOf(storage, key), 'second');
    t.is((await storage.stat(key)).size, 6);
  });

  test(at('parallel saves of one name all have a file of their own'), async (t) => {
    const { storage } = await open(t, driver);
    const texts = Array.from({ length: 20 }, (_, number) => `file ${number}`);
    const urls = await Promise.all(texts.map((text) => storage.save(Buffer.from(text), 'same.txt', 'text/plain')));
    t.is(new Set(urls).size, texts.length);
    t.deepEqual(await Promise.all(urls.map((url) => textOf(storage, storage.keyOf(url)))), texts);
  });

  test(at('of parallel saves under one key the last wins whole'), async (t) => {
    const { storage } = await open(t, driver);
    const size = 200_000;
    const fills = Array.from({ length: 10 }, (_, number) => number + 1);
    await Promise.all(
      fills.map((fill) => storage.save(new Uint8Array(size).fill(fill), 'a', '', { key: 'one', overwrite: true })),
    );
    const saved = await readAll(await storage.open('one'));
    t.is(saved.byteLength, size);
    t.true(fills.includes(saved[0]!));
    t.true(saved.every((byte) => byte === saved[0]));
  });

  test(at('says NOT_FOUND for what is not there, and deletes twice'), async (t) => {
    const { storage } = await open(t, driver);
    const error = await fails(t, 'NOT_FOUND', () => storage.open('no/such.txt'));
    t.is(error.status, 404);
    await fails(t, 'NOT_FOUND', () => storage.stat('no/such.txt'));
    t.false(await storage.exists('no/such.txt'));
    await storage.delete('no/such.txt');
    await save(storage, 'such.txt', 'x');
    t.true(await storage.exists('such.txt'));
    await storage.delete('such.txt');
    await storage.delete('such.txt');
    t.false(await storage.exists('such.txt'));
    await fails(t, 'NOT_FOUND', () => storage.open('such.txt'));
  });

  test(at('a reader that stops early stops the storage, and the file stays'), async (t) => {
    const { storage } = await open(t, driver);
    await storage.save(bytesOf(8_000_000), 'a', '', { key: 'large' });
    const reader = (await storage.open('large')).getReader();
    t.false((await reader.read()).done);
    await reader.cancel();
    t.is((await readAll(await storage.open('large'))).byteLength, 8_000_000);
  });

  test(at('what is opened stays whole while the file is replaced'), async (t) => {
    const { storage } = await open(t, driver);
    await storage.save(new Uint8Array(100_000).fill(1), 'a', '', { key: 'a' });
    const opened = await storage.open('a');
    await storage.save(new Uint8Array(100_000).fill(2), 'a', '', { key: 'a', overwrite: true });
    const before = await readAll(opened);
    t.is(before.byteLength, 100_000);
    t.true(before.every((byte) => byte === 1));
    t.is((await readAll(await storage.open('a')))[0], 2);
  });

  test(at(driver.signsUrls ? 'signs URLs that anybody can use' : 'says that it has no signed URLs'), async (t) => {
    const { storage } = await open(t, driver);
    await save(storage, 'a/b ü+.txt', 'signed');
    if (!driver.signsUrls) {
      const error = await fails(t, 'UNSUPPORTED', () => storage.signedUrl('a/b ü+.txt', { expiresIn: 60 }));
      t.is(error.status, 501);
      return;
    }
    const url = await storage.signedUrl('a/b ü+.txt', { expiresIn: 60 });
    t.is(await (await fetch(url)).text(), 'signed');
    const other = await fetch(url.replace('/a/b', '/a/c'));
    t.is(other.status, 403);
    await other.body?.cancel();
  });
}
