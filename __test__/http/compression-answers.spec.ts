/** Compression beside everything else that shapes an answer: files, tags, ranges, caches, streams, and routes without it. */
import { get as request } from 'node:http';
import { join } from 'node:path';
import zlib from 'node:zlib';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { ndjson, reply, sendFile, sse } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { ask, createFolder } from '../files/folder.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve } from '../helpers/serve.ts';

const css = '.a { color: red }\n'.repeat(500);

const gzip = { 'Accept-Encoding': 'gzip' };

/** A folder with one stylesheet, and one that has its compressed form beside it. */
const makeFolder = (t: ExecutionContext): string =>
  createFolder(t, {
    'a.css': css,
    'b.css': css,
    'b.css.gz': zlib.gzipSync(`${css}/* made before */`),
    'small.css': '.a {}',
    'a.png': Buffer.alloc(5000),
  });

test('files are compressed as they are sent, with the headers of such a body', async (t) => {
  const folder = makeFolder(t);
  const { port } = await serve(t, (app) => app.static('/files', folder), { compression: true });
  const plain = await ask(port, '/files/a.css');
  const coded = await ask(port, '/files/a.css', gzip);
  t.is(plain.text(), css);
  t.is(zlib.gunzipSync(coded.body).toString(), css);
  t.is(coded.header('content-encoding'), 'gzip');
  t.deepEqual([plain.header('vary'), coded.header('vary')], ['Accept-Encoding', 'Accept-Encoding']);
  t.deepEqual([plain.header('accept-ranges'), coded.header('accept-ranges')], ['bytes', undefined]);
  const tag = plain.header('etag')!;
  t.is(coded.header('etag'), tag.startsWith('W/') ? tag : `W/${tag}`);
  t.is(coded.header('last-modified'), plain.header('last-modified'));
  for (const path of ['/files/small.css', '/files/a.png']) {
    t.is((await ask(port, path, gzip)).header('content-encoding'), undefined, path);
  }
});

test('a file whose compressed form lies beside it is not compressed again', async (t) => {
  const folder = makeFolder(t);
  const { port } = await serve(t, (app) => app.static('/files', folder, { precompressed: true }), {
    compression: true,
  });
  const coded = await ask(port, '/files/b.css', gzip);
  t.is(coded.header('content-encoding'), 'gzip');
  t.is(zlib.gunzipSync(coded.body).toString(), `${css}/* made before */`);
  t.regex(coded.header('vary')!, /^accept-encoding$/i);
});

test('a range is of the file as it is, and never compressed', async (t) => {
  const folder = makeFolder(t);
  const { port } = await serve(t, (app) => app.static('/files', folder), { compression: true });
  const part = await ask(port, '/files/a.css', { ...gzip, Range: 'bytes=0-2999' });
  t.deepEqual(
    [part.status, part.header('content-encoding'), part.header('content-range')],
    [206, undefined, `bytes 0-2999/${css.length}`],
  );
  t.is(part.text(), css.slice(0, 3000));
  const several = await ask(port, '/files/a.css', { ...gzip, Range: 'bytes=0-1999,3000-4999' });
  t.deepEqual([several.status, several.header('content-encoding')], [206, undefined]);
  // A weak tag holds no range together (RFC 9110 13.1.5): the whole is sent.
  const coded = await ask(port, '/files/a.css', gzip);
  const stale = await ask(port, '/files/a.css', { ...gzip, Range: 'bytes=0-9', 'If-Range': coded.header('etag')! });
  t.deepEqual([stale.status, stale.header('content-encoding')], [200, 'gzip']);
});

test('a client is told that what it has is fresh, coded or not', async (t) => {
  const folder = makeFolder(t);
  const { port } = await serve(t, (app) => app.static('/files', folder), { compression: true });
  for (const headers of [{}, gzip]) {
    const first = await ask(port, '/files/a.css', headers);
    const again = await ask(port, '/files/a.css', { ...headers, 'If-None-Match': first.header('etag')! });
    t.deepEqual([again.status, again.body.length], [304, 0]);
    t.is(again.header('etag'), first.header('etag'), 'the tag of what the client has');
    t.is(again.header('vary'), 'Accept-Encoding');
    t.is(again.header('content-encoding'), undefined);
    const since = await ask(port, '/files/a.css', { ...headers, 'If-Modified-Since': first.header('last-modified')! });
    t.is(since.status, 304);
  }
});

test('HEAD has the headers of GET and no body', async (t) => {
  const folder = makeFolder(t);
  const { port } = await serve(
    t,
    (app) => {
      app.static('/files', folder);
      app.get('/rows', () => Array.from({ length: 500 }, (_, id) => ({ id })));
    },
    { compression: true },
  );
  for (const path of ['/files/a.css', '/rows']) {
    const asked = await ask(port, path, gzip);
    const connection = await RawConnection.open(port);
    connection.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`);
    const answer = await connection.next({ head: true });
    for (const name of ['content-encoding', 'content-type', 'etag', 'vary', 'accept-ranges']) {
      t.is(answer.header(name), asked.header(name), `${path} ${name}`);
    }
    // What came behind it would be read as the next answer.
    connection.send('GET /files/small.css HTTP/1.1\r\nHost: a\r\n\r\n');
    t.is((await connection.next()).text(), '.a {}');
    connection.close();
  }
});

test('Vary is one list, whoever adds to it', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      for (const [name, vary] of Object.entries({
        none: '',
        one: 'Origin',
        same: 'accept-encoding, Origin',
        all: '*',
      })) {
        app.get(`/${name}`, () => reply(200, 'x'.repeat(5000), vary === '' ? {} : { headers: { vary } }));
      }
    },
    { compression: true },
  );
  for (const [name, expected] of Object.entries({
    none: ['Accept-Encoding'],
    one: ['Origin, Accept-Encoding'],
    same: ['accept-encoding, Origin'],
    all: ['*'],
  })) {
    for (const headers of [{}, gzip]) {
      const answer = await ask(port, `/${name}`, headers);
      const vary = answer.lines.filter(([key]) => key === 'vary').map(([, value]) => value);
      t.deepEqual(vary, expected, name);
    }
  }
});

test('what is not to be changed, and what is coded already, goes as it is', async (t) => {
  const body = zlib.brotliCompressSync(css);
  const { port } = await serve(
    t,
    (app) => {
      const text = { 'content-type': 'text/plain' };
      app.get('/kept', () => reply(200, css, { headers: { 'cache-control': 'public, No-Transform' } }));
      app.get('/coded', () => reply(200, new Uint8Array(body), { headers: { ...text, 'content-encoding': 'br' } }));
      app.get('/digest', () => reply(200, css, { headers: { 'repr-digest': 'sha-256=:AAAA:' } }));
    },
    { compression: true },
  );
  for (const path of ['/kept', '/digest']) {
    const answer = await ask(port, path, gzip);
    t.deepEqual([answer.text(), answer.header('content-encoding')], [css, undefined], path);
  }
  const coded = await ask(port, '/coded', gzip);
  t.deepEqual([coded.header('content-encoding'), coded.body.equals(body)], ['br', true]);
});

test('compress: false leaves the answers of a route alone', async (t) => {
  const folder = makeFolder(t);
  const register = (app: Covet): void => {
    app.get('/secret', { compress: false }, () => css);
    app.get('/stream', { compress: false }, () => ReadableStream.from([css, css]));
    app.get('/file', { compress: false }, () => sendFile(join(folder, 'a.css')));
    app.get('/fails', { compress: false }, () => {
      throw new Error('never told');
    });
    app.get('/other', () => css);
  };
  const { port } = await serve(t, register, { compression: { threshold: 0 } });
  for (const path of ['/secret', '/stream', '/file', '/fails']) {
    const answer = await ask(port, path, { 'Accept-Encoding': 'gzip, br, zstd' });
    // An error is in the format that was asked for.
    const vary = path === '/fails' ? 'Accept' : undefined;
    t.deepEqual([answer.header('content-encoding'), answer.header('vary')], [undefined, vary], path);
  }
  t.is((await ask(port, '/other', gzip)).header('content-encoding'), 'gzip');
});

/** Decodes what comes, and gives the text so far. */
class Inflating {
  readonly #gunzip = zlib.createGunzip();
  #text = '';
  #wake: (() => void) | undefined;

  constructor() {
    this.#gunzip.on('data', (data: Buffer) => {
      this.#text += data.toString();
      this.#wake?.();
    });
  }

  write(data: Uint8Array): void {
    this.#gunzip.write(data);
  }

  async has(text: string): Promise<void> {
    while (!this.#text.includes(text)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

const toText = (): TransformStream<{ readonly data: string }, string> =>
  new TransformStream({ transform: ({ data }, controller) => controller.enqueue(data) });

type Pieces = AsyncGenerator<{ readonly data: string }>;

for (const [name, answer] of Object.entries({
  'a stream': (pieces: Pieces) =>
    reply(200, ReadableStream.from(pieces).pipeThrough(toText()), { headers: { 'content-type': 'text/plain' } }),
  'lines of JSON': (pieces: Pieces) => ndjson(pieces),
  'events that are to be compressed': (pieces: Pieces) =>
    reply(200, sse(pieces), { headers: { 'cache-control': 'no-cache' } }),
})) {
  test(`${name}: each piece reaches the client before the next is made`, async (t) => {
    t.timeout(20_000);
    const steps = [createGate(), createGate(), createGate()];
    const pieces = async function* (): Pieces {
      for (const [index, step] of steps.entries()) {
        yield { data: `piece number ${index}` };
        await step.promise;
      }
    };
    const { port } = await serve(t, (app) => app.get('/', () => answer(pieces())), {
      compression: { types: ['text/event-stream'] },
    });
    const inflating = new Inflating();
    const coding = await new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', headers: gzip }, (response) => {
        if (response.headers['content-encoding'] === 'gzip')
          response.on('data', (data: Buffer) => inflating.write(data));
        resolve(response.headers['content-encoding']);
      }).on('error', reject);
    });
    t.is(coding, 'gzip');
    for (const [index, step] of steps.entries()) {
      await inflating.has(`piece number ${index}`);
      step.open();
    }
    t.pass();
  });
}

test('events are left alone unless they are named', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.get('/', () => sse(ReadableStream.from([{ data: 'x'.repeat(5000) }])));
    },
    { compression: true },
  );
  t.is((await ask(port, '/', gzip)).header('content-encoding'), undefined);
});
