/** Content codings by `Accept-Encoding`. */
import assert from 'node:assert/strict';
import zlib from 'node:zlib';

import { reply } from '../../src/index.ts';
import type { BehaviourGroup, MatrixResponse, Send } from './behaviour.ts';

const text = 'a sentence that comes again. '.repeat(200);

const get = (send: Send, url: string, accept: string, method = 'GET'): Promise<MatrixResponse> =>
  send({ url, method, headers: { 'accept-encoding': accept } });

export const compression: BehaviourGroup = {
  name: 'compression',
  options: { compression: true },
  register(app) {
    app.get('/text', () => reply(200, text, { headers: { etag: '"1"', vary: 'Origin' } }));
    app.get('/short', () => 'short');
    app.get('/bytes', () => new Uint8Array(5000));
    app.get('/kept', () => reply(200, text, { headers: { 'cache-control': 'no-transform' } }));
    app.get('/stream', async function* () {
      for (let n = 0; n < 5; n++) {
        await new Promise((resolve) => setImmediate(resolve));
        yield text;
      }
    });
    app.get('/missing', () => reply(404, { text }));
  },
  behaviours: {
    async 'a client gets the coding it weighs highest'(send) {
      const gzip = await get(send, '/text', 'gzip');
      assert.equal(gzip.headers['content-encoding'], 'gzip');
      assert.equal(zlib.gunzipSync(gzip.body).toString(), text);
      assert.deepEqual([gzip.headers['etag'], gzip.headers['vary']], ['W/"1"', 'Origin, Accept-Encoding']);
      const br = await get(send, '/text', 'gzip;q=0.5, br');
      assert.equal(zlib.brotliDecompressSync(br.body).toString(), text);
      assert.equal((await get(send, '/text', 'gzip, zstd, br')).headers['content-encoding'], 'zstd');
    },
    async 'what is short, of another type or not to be touched goes as it is'(send) {
      for (const url of ['/short', '/bytes', '/kept']) {
        assert.equal((await get(send, url, 'gzip')).headers['content-encoding'], undefined, url);
      }
      const plain = await get(send, '/text', 'identity');
      assert.deepEqual([plain.text, plain.headers['etag']], [text, '"1"']);
    },
    async 'errors are compressed, too'(send) {
      const response = await get(send, '/missing', 'br');
      assert.equal(response.status, 404);
      assert.equal(JSON.parse(zlib.brotliDecompressSync(response.body).toString()).text, text);
    },
    async 'HEAD says what GET would'(send) {
      const head = await get(send, '/text', 'gzip', 'HEAD');
      assert.deepEqual([head.text, head.headers['vary']], ['', 'Origin, Accept-Encoding']);
    },
    async 'a stream without a type of text is left alone'(send) {
      const response = await get(send, '/stream', 'gzip');
      assert.deepEqual([response.headers['content-encoding'], response.text], [undefined, text.repeat(5)]);
    },
  },
};
