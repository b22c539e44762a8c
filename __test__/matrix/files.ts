/** Files and folders of them, by the server alone and behind middleware. */
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { sendFile } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { LONG_AGO_TEXT, createBytes, writeOld } from '../files/folder.ts';
import type { Behaviour, BehaviourGroup, MatrixResponse, Send } from './behaviour.ts';

const data = createBytes(200_000);

function createFiles(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'covet-matrix-')));
  writeOld(path.join(folder, 'index.html'), '<p>home');
  writeOld(path.join(folder, 'docs', 'index.html'), '<p>docs');
  writeOld(path.join(folder, 'app.js'), 'let a = 1');
  writeOld(path.join(folder, 'app.js.br'), 'brotli');
  writeOld(path.join(folder, 'data.bin'), data);
  writeOld(path.join(folder, '.hidden'), 'hidden');
  return folder;
}

function register(app: Covet): void {
  const folder = createFiles();
  app.onClose(() => rmSync(folder, { recursive: true }));
  app.static('/s', folder, { maxAge: 60, precompressed: true });
  app.get('/file', () => sendFile('data.bin', { root: folder }));
  app.get('/file/{*name}', ({ params }) => sendFile(params.name, { root: folder, download: true }));
}

const get = (send: Send, url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<MatrixResponse> =>
  send({ url, headers, method });

const behaviours: Record<string, Behaviour> = {
  async 'a file has its type, length and validators'(send) {
    for (const url of ['/s/data.bin', '/file']) {
      const response = await send(url);
      assert.ok(response.body.equals(data), url);
      assert.equal(response.headers['content-length'], '200000');
      assert.equal(response.headers['content-type'], 'application/octet-stream');
      assert.equal(response.headers['last-modified'], LONG_AGO_TEXT);
      assert.equal(response.headers['accept-ranges'], 'bytes');
      const head = await get(send, url, {}, 'HEAD');
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '200000'], url);
      assert.equal(head.headers['etag'], response.headers['etag']);
    }
  },
  async 'a folder has an index and a caching time'(send) {
    const home = await send('/s/');
    assert.deepEqual([home.text, home.headers['cache-control']], ['<p>home', 'public, max-age=60']);
    const docs = await send('/s/docs');
    assert.deepEqual([docs.status, docs.headers['location']], [308, '/s/docs/']);
    assert.equal((await send('/s/docs/')).text, '<p>docs');
  },
  async 'a range is 206, several are told apart, one beyond is 416'(send) {
    for (const url of ['/s/data.bin', '/file']) {
      const one = await get(send, url, { range: 'bytes=10-19' });
      assert.deepEqual([one.status, one.headers['content-range']], [206, 'bytes 10-19/200000']);
      assert.ok(one.body.equals(data.subarray(10, 20)));
      const last = await get(send, url, { range: 'bytes=-5' });
      assert.ok(last.body.equals(data.subarray(-5)));
      const beyond = await get(send, url, { range: 'bytes=200000-' });
      assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */200000']);
      const none = await get(send, url, { range: 'lines=1-2' });
      assert.equal(none.status, 200);
    }
  },
  async 'several ranges are parts of one answer'(send) {
    const { status, headers, text } = await get(send, '/file', { range: 'bytes=0-1,100000-100001' });
    assert.equal(status, 206);
    assert.match(headers['content-type']!, /^multipart\/byteranges; boundary=/);
    assert.ok(text.includes('bytes 0-1/200000') && text.includes('bytes 100000-100001/200000'));
  },
  async 'conditions are 304, 412 or no range'(send) {
    for (const url of ['/s/data.bin', '/file']) {
      const { etag = '' } = (await send(url)).headers;
      const fresh = await get(send, url, { 'if-none-match': etag });
      assert.deepEqual([fresh.status, fresh.text, fresh.headers['etag']], [304, '', etag]);
      assert.equal((await get(send, url, { 'if-modified-since': LONG_AGO_TEXT })).status, 304);
      assert.equal((await get(send, url, { 'if-match': '"other"' })).status, 412);
      assert.equal((await get(send, url, { 'if-unmodified-since': 'Thu, 01 Jan 2015 00:00:00 GMT' })).status, 412);
      assert.equal((await get(send, url, { range: 'bytes=0-1', 'if-range': etag })).status, 206);
      assert.equal((await get(send, url, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200);
    }
  },
  async 'what is not to be seen is 404 or 403, whatever its spelling'(send) {
    for (const url of ['/s/none', '/s/.hidden', '/s/..%2fetc/passwd', '/s/%2e%2e%5cx', '/file/none']) {
      const response = await send(url);
      assert.ok(response.status === 404 || response.status === 403, `${url}: ${response.status}`);
    }
    assert.equal((await get(send, '/s/app.js', {}, 'POST')).status, 405);
  },
  async 'a compressed neighbour is sent to those who take it'(send) {
    const coded = await get(send, '/s/app.js', { 'accept-encoding': 'br' });
    assert.deepEqual([coded.text, coded.headers['content-encoding']], ['brotli', 'br']);
    const plain = await get(send, '/s/app.js', { 'accept-encoding': 'gzip' });
    assert.deepEqual([plain.text, plain.headers['vary']?.toLowerCase()], ['let a = 1', 'accept-encoding']);
  },
  async 'a download has its name'(send) {
    const response = await send('/file/app.js');
    assert.match(response.headers['content-disposition']!, /^attachment; filename="?app\.js"?/);
  },
};

export const files: readonly BehaviourGroup[] = [
  { name: 'files', register, behaviours },
  {
    name: 'files behind middleware',
    register(app) {
      app.use(async (_context, next) => {
        const answer = await next();
        answer.headers.set('x-layer', 'yes');
        return answer;
      });
      register(app);
    },
    behaviours: {
      ...behaviours,
      async 'a layer adds its headers'(send) {
        for (const url of ['/s/data.bin', '/file', '/s/none'])
          assert.equal((await send(url)).headers['x-layer'], 'yes');
      },
    },
  },
];
