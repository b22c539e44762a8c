/** Q8: what only S3 has: an address, keys, a network between, parts. Against a real server, some of it through a proxy. */
import { setTimeout } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { S3StorageOptions } from '../../src/storage/s3-options.ts';
import { S3Storage } from '../../src/storage/s3-storage.ts';
import { runProgram } from '../helpers/child.ts';
import { S3Server } from '../helpers/s3-server.ts';
import { fails } from './drivers.ts';
import { FlakyProxy } from './flaky-proxy.ts';
import type { Mishap } from './flaky-proxy.ts';
import { WatchedSource, bytesOf, hashOf, readAll, repeated } from './sources.ts';

const mebibyte = 1024 * 1024;
const chunk = bytesOf(mebibyte);

async function startServer(t: ExecutionContext): Promise<S3Server> {
  // The first time, it is compiled.
  t.timeout(600_000);
  const server = await S3Server.start();
  t.teardown(() => server.close());
  return server;
}

async function startProxy(
  t: ExecutionContext,
  server: S3Server,
  toMishap: (connection: number) => Mishap | undefined,
): Promise<FlakyProxy> {
  const proxy = await FlakyProxy.start(server.port, toMishap);
  t.teardown(() => proxy.close());
  return proxy;
}

function storageOf(server: S3Server, options: Partial<S3StorageOptions> = {}): S3Storage {
  return new S3Storage({ ...server.options, partSize: 5 * mebibyte, ...options });
}

/** Everything a storage does that asks the server. */
function calls(storage: S3Storage): Record<string, () => Promise<unknown>> {
  return {
    save: () => storage.save(chunk, 'a', ''),
    'save in parts': () => storage.save(new WatchedSource(repeated(chunk, 6)), 'a', ''),
    'save without replacing': () => storage.save(chunk, 'a', '', { key: 'a' }),
    open: () => storage.open('a'),
    stat: () => storage.stat('a'),
    exists: () => storage.exists('a'),
    delete: () => storage.delete('a'),
  };
}

test('wrong keys are refused, never taken for a missing file', async (t) => {
  const server = await startServer(t);
  const { accessKeyId } = server.options.credentials as { accessKeyId: string };
  const wrong: [string, S3StorageOptions['credentials'], RegExp][] = [
    ['the secret', { accessKeyId, secretAccessKey: 'other' }, /SignatureDoesNotMatch/],
    ['the access key', { accessKeyId: 'NOBODY', secretAccessKey: 'other' }, /40\d /],
  ];
  for (const [what, credentials, said] of wrong) {
    for (const [name, call] of Object.entries(calls(storageOf(server, { credentials })))) {
      const error = await fails(t, 'REFUSED', call);
      t.is(error.status, 500, `${what}, ${name}`);
      t.false(error.expose);
      // An answer to HEAD has no body, and so no name for the fault.
      t.regex(error.message, error.message.startsWith('S3 answered HEAD') ? / 403/ : said);
    }
  }
  t.deepEqual(await server.unfinished(), []);
});

test('a bucket that is not there is refused, never taken for a missing file', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server, { bucket: 'no-such-bucket' });
  for (const [name, call] of Object.entries(calls(storage))) {
    const error = await fails(t, 'REFUSED', call);
    t.regex(error.message, /NoSuchBucket/, name);
  }
});

test('credentials may come from a function, asked each time, and its failure is told', async (t) => {
  const server = await startServer(t);
  const { credentials } = server.options;
  let asked = 0;
  let isDown = false;
  const storage = storageOf(server, {
    credentials: async () => {
      asked += 1;
      if (isDown) throw new Error('the vault is closed');
      return typeof credentials === 'function' ? credentials() : credentials;
    },
  });
  await storage.save(chunk, 'a', '', { key: 'a' });
  t.true(await storage.exists('a'));
  t.true(asked >= 2);
  isDown = true;
  const error = await fails(t, 'UNAVAILABLE', () => storage.stat('a'));
  t.is((error.cause as Error).message, 'the vault is closed');
});

test('a server that is down is UNAVAILABLE for every call, and back when it is back', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server, { attempts: 2 });
  await storage.save(chunk, 'a', '', { key: 'kept' });
  await server.kill();
  for (const [name, call] of Object.entries(calls(storage))) {
    const error = await fails(t, 'UNAVAILABLE', call);
    t.is(error.status, 503, name);
    t.regex(error.message, /^S3 did not answer (?:GET|HEAD|PUT|POST|DELETE) "/);
    t.true(error.cause instanceof Error);
  }
  await server.startAgain();
  t.is(hashOf(await readAll(await storage.open('kept'))), hashOf(chunk));
  await storage.save(chunk, 'a', '', { key: 'new' });
});

test('a server killed in the middle of an upload is UNAVAILABLE, and takes the file when it is back', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server, { attempts: 2 });
  const source = () => new WatchedSource(repeated(chunk, 40));
  const dying = new WatchedSource(
    (function* () {
      yield* repeated(chunk, 12);
      void server.kill();
      yield* repeated(chunk, 28);
    })(),
  );
  const error = await fails(t, 'UNAVAILABLE', () => storage.save(dying, 'a', '', { key: 'half' }));
  t.is(error.status, 503);
  t.regex(error.message, /may have kept the parts of the failed upload [0-9a-f-]+/);
  t.is((error.cause as AggregateError).errors.length, 2);
  t.true(dying.isClosed);
  await server.kill();
  await server.startAgain();
  t.false(await storage.exists('half'));
  await storage.save(source(), 'a', '', { key: 'half' });
  t.is((await storage.stat('half')).size, 40 * mebibyte);
});

test('a server that does not answer is UNAVAILABLE after the timeout, or at once by the signal', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server, { timeout: 300, attempts: 2 });
  server.pause();
  const began = performance.now();
  const error = await fails(t, 'UNAVAILABLE', () => storage.save(chunk, 'a', ''));
  t.true(performance.now() - began >= 600);
  t.is((error.cause as Error).message, 'no answer within 300 ms');
  const patient = storageOf(server);
  const signal = AbortSignal.timeout(100);
  await t.throwsAsync(patient.save(chunk, 'a', '', { signal }), { any: true, name: 'TimeoutError' });
  server.resume();
});

test('no more of a source is read than what is under way', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server, { concurrency: 3 });
  const source = new WatchedSource(repeated(chunk, 60));
  const saving = storage.save(
    (async function* () {
      for await (const piece of source) {
        if (source.given === 6) server.pause();
        yield piece;
      }
    })(),
    'a',
    '',
    { key: 'slow' },
  );
  // Three parts of five; the first of them may have been through before the server stopped.
  while (source.given < 15) await setTimeout(20);
  await setTimeout(500);
  t.true(source.given <= 20, `${source.given} MiB read`);
  server.resume();
  await saving;
  t.is((await storage.stat('slow')).size, 60 * mebibyte);
});

for (const [what, mishap] of Object.entries<Mishap>({
  'before it has sent anything': { afterRequestBytes: 0 },
  'in the middle of a body': { afterRequestBytes: 700_000 },
  'in place of an answer': { inPlaceOfAnswerTo: /^(?:PUT|GET|POST) / },
})) {
  test(`a connection cut ${what} is made again`, async (t) => {
    const server = await startServer(t);
    const proxy = await startProxy(t, server, (number) => (number === 0 ? mishap : undefined));
    const storage = storageOf(server, { endpoint: proxy.endpoint });
    await storage.save(chunk, 'a', '', { key: 'a', overwrite: true });
    t.is(proxy.cuts, 1);
    t.is(hashOf(await readAll(await storage.open('a'))), hashOf(chunk));
  });

  test(`parts are sent again when connections are cut ${what}`, async (t) => {
    const server = await startServer(t);
    const proxy = await startProxy(t, server, (number) => (number % 2 === 0 ? mishap : undefined));
    const storage = storageOf(server, { endpoint: proxy.endpoint, attempts: 10 });
    const file = bytesOf(23_000_000);
    const url = await storage.save(file, 'a', '');
    t.true(proxy.cuts > 0);
    t.is(hashOf(await readAll(await storageOf(server).open(storage.keyOf(url)))), hashOf(file));
  });
}

test('an upload that was completed is found complete although the answer was lost', async (t) => {
  const server = await startServer(t);
  let isLost = false;
  // Each connection cuts the answer to a completion, until one has been cut.
  const proxy = await startProxy(t, server, () => ({
    get inPlaceOfAnswerTo() {
      return isLost ? /^never/ : /^POST \S+uploadId=/;
    },
  }));
  const watch = setInterval(() => {
    isLost ||= proxy.cuts > 0;
  }, 5);
  t.teardown(() => clearInterval(watch));
  const storage = storageOf(server, { endpoint: proxy.endpoint });
  const url = await storage.save(new WatchedSource(repeated(chunk, 12)), 'a', '');
  t.is(proxy.cuts, 1);
  t.is((await storage.stat(storage.keyOf(url))).size, 12 * mebibyte);
  t.deepEqual(await server.unfinished(), []);
});

for (const [what, size, request] of [
  ['a small file', 1000, /^PUT /],
  ['a file in parts', 12 * mebibyte, /^POST \S+uploadId=/],
] as const) {
  test(`${what} that may not replace another is not taken for that other when its answer was lost`, async (t) => {
    const server = await startServer(t);
    let isLost = false;
    const proxy = await startProxy(t, server, () => ({
      get inPlaceOfAnswerTo() {
        return isLost ? /^never/ : request;
      },
    }));
    const watch = setInterval(() => {
      isLost ||= proxy.cuts > 0;
    }, 5);
    t.teardown(() => clearInterval(watch));
    const storage = storageOf(server, { endpoint: proxy.endpoint });
    const file = bytesOf(size);
    await storage.save(file, 'a', '', { key: 'a' });
    t.is(proxy.cuts, 1);
    t.is(hashOf(await readAll(await storage.open('a'))), hashOf(file));
    await fails(t, 'EXISTS', () => storage.save(file, 'a', '', { key: 'a' }));
  });
}

test('a download that breaks off is an error, never a shorter file', async (t) => {
  const server = await startServer(t);
  const proxy = await startProxy(t, server, () => ({ afterAnswerBytes: 2 * mebibyte }));
  await storageOf(server).save(bytesOf(5_000_000), 'a', '', { key: 'a' });
  const storage = storageOf(server, { endpoint: proxy.endpoint });
  const stream = await storage.open('a');
  const error = await fails(t, 'UNAVAILABLE', () => readAll(stream));
  t.regex(error.message, /S3 stopped in the middle of "a"/);
});

test('signed URLs end when they say', async (t) => {
  const server = await startServer(t);
  const storage = storageOf(server);
  await storage.save(chunk, 'a', 'image/png', { key: 'a' });
  const url = await storage.signedUrl('a', { expiresIn: 1 });
  const before = await fetch(url);
  t.is(before.headers.get('content-type'), 'image/png');
  t.is((await before.arrayBuffer()).byteLength, mebibyte);
  await setTimeout(2100);
  const after = await fetch(url);
  t.is(after.status, 403);
  await after.body?.cancel();
  const message = /`expiresIn` must be a whole number of seconds from 1 to 604800/;
  for (const expiresIn of [0, -1, 1.5, 604_801, Number.NaN]) {
    await t.throwsAsync(storage.signedUrl('a', { expiresIn }), { instanceOf: TypeError, message });
  }
});

test('keys are below the prefix in the bucket, and do not show it', async (t) => {
  const server = await startServer(t);
  await storageOf(server, { prefix: 'a/b' }).save(chunk, 'x', '', { key: 'c.txt' });
  t.true(await storageOf(server).exists('a/b/c.txt'));
  t.true(await storageOf(server, { prefix: 'a' }).exists('b/c.txt'));
  t.false(await storageOf(server).exists('c.txt'));
});

test('without aws4fetch the error names the package to install', async (t) => {
  const child = runProgram(t, 'storage/programs/without-aws4fetch.ts');
  t.is(await child.report('code'), 'REFUSED');
  t.regex(await child.report('message'), /run `npm install aws4fetch`/);
  t.is((await child.exit).code, 0);
});
