/** Answers without a body, or with a part of one, beside those that are compressed. */
import { randomBytes } from 'node:crypto';

import test from 'ava';

import { reply } from '../../src/index.ts';
import { ask, createFolder } from '../files/folder.ts';
import { serve } from '../helpers/serve.ts';

const css = '.a { color: red }\n'.repeat(500);
const gzip = { 'Accept-Encoding': 'gzip' };

test('what stands for a compressed answer varies as that does', async (t) => {
  const folder = createFolder(t, { 'a.css': css, 'small.css': '.a {}', 'a.png': Buffer.alloc(5000) });
  const { port } = await serve(
    t,
    (app) => {
      app.static('/files', folder);
      app.get('/rows', () => reply(200, { rows: 'a'.repeat(5000) }, { headers: { etag: '"v"' } }));
      app.get('/own', () => reply(304, undefined, { headers: { etag: '"v"' } }));
      app.get('/small', () => reply(200, 'small', { headers: { etag: '"v"' } }));
    },
    { compression: true },
  );
  for (const headers of [{}, gzip]) {
    for (const range of ['bytes=0-9', 'bytes=0-9,100-109']) {
      const part = await ask(port, '/files/a.css', { ...headers, Range: range });
      t.deepEqual([part.status, part.header('vary')], [206, 'Accept-Encoding'], range);
    }
    t.is((await ask(port, '/files/a.png', { ...headers, Range: 'bytes=0-9' })).header('vary'), undefined);
    t.is((await ask(port, '/files/small.css', { ...headers, Range: 'bytes=0-2' })).header('vary'), undefined);
    for (const tag of ['"v"', 'W/"v"']) {
      for (const path of ['/rows', '/own']) {
        const response = await ask(port, path, { ...headers, 'If-None-Match': tag });
        t.deepEqual([response.status, response.header('vary')], [304, 'Accept-Encoding'], path);
        t.is(response.header('etag'), tag);
      }
    }
    t.is((await ask(port, '/small', { ...headers, 'If-None-Match': '"v"' })).header('vary'), undefined);
  }
});

test('HEAD says what GET does of a body that does not shrink', async (t) => {
  const noise = randomBytes(3000);
  const folder = createFolder(t, { 'noise.txt': noise, 'long.txt': 'a'.repeat(300_000), 'a.css': css });
  const headers = { etag: '"v"', 'content-type': 'text/plain' };
  const { port } = await serve(
    t,
    (app) => {
      app.static('/files', folder);
      app.get('/noise', () => reply(200, noise, { headers }));
      app.get('/text', () => reply(200, css, { headers }));
    },
    { compression: true },
  );
  for (const path of ['/noise', '/text', '/files/noise.txt', '/files/a.css', '/files/long.txt']) {
    for (const accepted of [{}, gzip]) {
      const got = await ask(port, path, accepted);
      const head = await ask(port, path, accepted, 'HEAD');
      const names = ['content-encoding', 'etag', 'vary', 'accept-ranges', 'content-type', 'content-length'];
      for (const name of names) t.is(head.header(name), got.header(name), `${path} ${name}`);
    }
  }
});
