/** Compressed answers over the wire: what a client gets for what it accepts, whole and in pieces. */
import zlib from 'node:zlib';

import test from 'ava';

import { Covet, reply } from '../../src/index.ts';
import type { CompressionOptions } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const rows = (count: number): { id: number; name: string; active: boolean }[] =>
  Array.from({ length: count }, (_, id) => ({ id, name: `user number ${id}`, active: id % 3 === 0 }));

type Decode = (body: Buffer) => Buffer;

/** Node 20 has no zstd; there the addon's own tests decode it. */
const decoders: Record<string, Decode | undefined> = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: (zlib as unknown as Record<string, Decode | undefined>)['zstdDecompressSync'],
};

function register(app: Covet): void {
  app.get('/rows/{count:int}', ({ params }) => rows(params.count));
  app.get('/tagged', () => reply(200, rows(100), { headers: { etag: '"v1"', vary: 'Origin' } }));
  app.get('/coded', () => reply(200, 'x'.repeat(5000), { headers: { 'content-encoding': 'identity' } }));
  app.get('/kept', () => reply(200, rows(100), { headers: { 'cache-control': 'no-transform' } }));
  app.get('/bytes', () => new Uint8Array(5000));
  app.get('/missing', () => reply(404, { message: 'm'.repeat(5000) }));
  app.get('/none', () => reply(204));
}

const head = (method: string, path: string, accept?: string): string =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: a',
    ...(accept === undefined ? [] : [`Accept-Encoding: ${accept}`]),
    '',
    '',
  ].join('\r\n');

const get = (port: number, path: string, accept?: string): Promise<RawResponse> =>
  exchange(port, head('GET', path, accept));

test('a client gets the coding it weighs highest, and the same content', async (t) => {
  const { port } = await serve(t, register, { compression: true });
  for (const count of [100, 3000]) {
    const plain = await get(port, `/rows/${count}`);
    t.deepEqual([plain.header('content-encoding'), plain.header('vary')], [undefined, 'Accept-Encoding']);
    for (const [accept, coding] of [
      ['gzip', 'gzip'],
      ['gzip, deflate, br', 'br'],
      ['gzip;q=1, br;q=0.5, *;q=0.1', 'gzip'],
      ['gzip, deflate, br, zstd', 'zstd'],
      ['*', 'zstd'],
    ] as const) {
      const coded = await get(port, `/rows/${count}`, accept);
      t.is(coded.header('content-encoding'), coding, accept);
      t.is(coded.header('content-type'), plain.header('content-type'));
      t.true(coded.body.length * 3 < plain.body.length, `${coding}: ${coded.body.length} of ${plain.body.length}`);
      const decode = decoders[coding];
      if (decode !== undefined) t.true(decode(coded.body).equals(plain.body), coding);
      // Small ones are coded before they are sent, and say their length.
      t.is(coded.header('content-length') === undefined, count === 3000, coding);
    }
    for (const accept of ['identity', 'gzip;q=0, br;q=0, zstd;q=0', 'deflate', 'gzip;q=2']) {
      const refused = await get(port, `/rows/${count}`, accept);
      t.is(refused.header('content-encoding'), undefined, accept);
      t.true(refused.body.equals(plain.body));
    }
  }
});

test('headers follow the body that is sent', async (t) => {
  const { port } = await serve(t, register, { compression: true });
  const coded = await get(port, '/tagged', 'gzip');
  t.is(coded.header('etag'), 'W/"v1"');
  t.is(coded.header('vary'), 'Origin, Accept-Encoding');
  const plain = await get(port, '/tagged');
  t.is(plain.header('etag'), '"v1"');
  const error = await get(port, '/missing', 'gzip');
  t.is(error.status, 404);
  t.is(error.header('content-encoding'), 'gzip');
});

test('what is not worth it or not allowed goes as it is', async (t) => {
  const { port } = await serve(t, register, { compression: true });
  for (const path of ['/rows/2', '/coded', '/kept', '/bytes', '/none', '/nowhere']) {
    const answer = await get(port, path, 'gzip, br, zstd');
    t.not(answer.header('content-encoding'), 'gzip', path);
    // The format of an error is that which was asked for.
    t.is(answer.header('vary'), path === '/nowhere' ? 'Accept' : undefined, path);
  }
  const { port: off } = await serve(t, register);
  const plain = await get(off, '/rows/100', 'gzip');
  t.deepEqual([plain.header('content-encoding'), plain.header('vary')], [undefined, undefined]);
});

test('an answer to HEAD has the headers of GET', async (t) => {
  const { port } = await serve(t, register, { compression: true });
  const answer = await exchange(port, head('HEAD', '/tagged', 'gzip'), { head: true });
  t.is(answer.header('content-encoding'), 'gzip');
  t.is(answer.header('etag'), 'W/"v1"');
  const got = await get(port, '/tagged', 'gzip');
  t.is(answer.header('content-length'), got.header('content-length'));
  t.is(answer.header('content-length'), String(got.body.length));
});

test('options choose threshold, codings, levels and types', async (t) => {
  const serveWith = (compression: CompressionOptions): Promise<{ port: number }> => serve(t, register, { compression });
  const low = await serveWith({ threshold: 10 });
  t.is((await get(low.port, '/rows/2', 'gzip')).header('content-encoding'), 'gzip');
  const gzip = await serveWith({ encodings: ['gzip', 'br'] });
  t.is((await get(gzip.port, '/rows/100', 'zstd, br, gzip')).header('content-encoding'), 'gzip');
  t.is((await get(gzip.port, '/rows/100', 'zstd')).header('content-encoding'), undefined);
  const binary = await serveWith({ types: ['application/octet-stream'] });
  t.is((await get(binary.port, '/bytes', 'gzip')).header('content-encoding'), 'gzip');
  const fast = await get((await serveWith({ levels: { gzip: 1 } })).port, '/rows/900', 'gzip');
  const slow = await get((await serveWith({ levels: { gzip: 9 } })).port, '/rows/900', 'gzip');
  t.true(slow.body.length < fast.body.length);
});

test('options that are none are told when the application is made', (t) => {
  for (const [compression, type, message] of [
    [1, TypeError, /compression is true, false or its options/],
    [null, TypeError, /compression is true/],
    [{ threshold: -1 }, RangeError, /compression\.threshold/],
    [{ threshold: 1.5 }, RangeError, /compression\.threshold/],
    [{ encodings: [] }, TypeError, /compression\.encodings is empty/],
    [{ encodings: ['deflate'] }, TypeError, /compression\.encodings knows zstd, br, gzip, not 'deflate'/],
    [{ levels: { gzip: 10 } }, RangeError, /compression\.levels\.gzip is a whole number from 1 to 9, not 10/],
    [{ levels: { zstd: 0 } }, RangeError, /from 1 to 12, not 0/],
    [{ levels: { br: 10 } }, RangeError, /from 0 to 9, not 10/],
    [{ levels: { lz4: 1 } }, TypeError, /compression\.levels knows/],
    [{ types: ['text'] }, TypeError, /compression\.types has media types/],
    [{ types: ['*/*, text/html'] }, TypeError, /compression\.types/],
  ] as const) {
    t.throws(() => new Covet({ compression: compression as never }), { instanceOf: type, message });
  }
});
