/** Replies that say which version they are, for clients that have it (RFC 9110, 13). */
import test from 'ava';

import { reply } from '../../src/index.ts';
import { ask } from '../files/folder.ts';
import { serve } from '../helpers/serve.ts';

const DATE = 'Thu, 29 Feb 2024 12:34:56 GMT';
const AFTER = 'Thu, 29 Feb 2024 12:34:57 GMT';
const BEFORE = 'Thu, 29 Feb 2024 12:34:55 GMT';

test('a reply with its own tag or date is 304 to who has it, 412 to who takes it for another', async (t) => {
  const { port } = await serve(t, (app) => {
    const headers = { 'cache-control': 'no-cache', 'content-language': 'en', vary: 'Origin' };
    app.get('/tag', () => reply(200, { a: 1 }, { headers: { ...headers, etag: '"v1"', 'last-modified': DATE } }));
    app.get('/date', () => reply(200, { a: 1 }, { headers: { ...headers, 'last-modified': DATE } }));
    app.get('/large', () => reply(200, 'x'.repeat(300_000), { headers: { ...headers, etag: '"v1"' } }));
  });
  for (const [target, fields, status] of [
    ['/tag', {}, 200],
    ['/tag', { 'if-none-match': '"v1"' }, 304],
    ['/tag', { 'if-none-match': 'W/"v1"' }, 304],
    ['/tag', { 'if-none-match': '"v0", "v1"' }, 304],
    ['/tag', { 'if-none-match': '*' }, 304],
    ['/tag', { 'if-none-match': '"v2"' }, 200],
    ['/tag', { 'if-none-match': '"v2"', 'if-modified-since': AFTER }, 200],
    ['/tag', { 'if-modified-since': DATE }, 304],
    ['/tag', { 'if-match': '"v1"' }, 200],
    ['/tag', { 'if-match': '"v2"' }, 412],
    ['/tag', { range: 'bytes=0-1' }, 200],
    ['/date', { 'if-modified-since': DATE }, 304],
    ['/date', { 'if-modified-since': AFTER }, 304],
    ['/date', { 'if-modified-since': BEFORE }, 200],
    ['/date', { 'if-unmodified-since': BEFORE }, 412],
    ['/date', { 'if-none-match': '"v1"' }, 200],
    ['/large', { 'if-none-match': '"v1"' }, 304],
  ] as [string, Record<string, string>, number][]) {
    for (const method of ['GET', 'HEAD']) {
      const where = `${method} ${target} ${JSON.stringify(fields)}`;
      const response = await ask(port, target, fields, method);
      t.is(response.status, status, where);
      t.is(response.header('vary')?.startsWith('Origin'), true, where);
      if (status === 304) {
        t.is(response.body.length, 0);
        t.is(response.header('etag'), target === '/date' ? undefined : '"v1"', where);
        t.is(response.header('last-modified'), target === '/date' ? DATE : undefined, where);
        t.is(response.header('cache-control'), 'no-cache', where);
        for (const name of ['content-type', 'content-length', 'content-language']) {
          t.is(response.header(name), undefined, `${where}: ${name}`);
        }
      }
      if (status === 412) {
        t.is(response.header('etag'), undefined, where);
        if (method === 'GET') t.is(response.json().error.code, 'PRECONDITION_FAILED', where);
      }
    }
  }
});

test('conditions are for what would be a plain 200 to GET or HEAD', async (t) => {
  const { port } = await serve(t, (app) => {
    const headers = { etag: '"v1"' };
    app.post('/', () => reply(200, 'posted', { headers }));
    app.get('/created', () => reply(201, 'created', { headers }));
    app.get('/broken', () => reply(500, 'broken', { headers }));
    app.get('/bad', () => reply(200, 'bad', { headers: { etag: 'v1', 'last-modified': 'yesterday' } }));
  });
  const fields = { 'if-none-match': '"v1"', 'if-match': '"v1"' };
  t.is((await ask(port, '/', { ...fields, 'content-length': '0' }, 'POST')).status, 200);
  t.is((await ask(port, '/created', fields)).status, 201);
  t.is((await ask(port, '/broken', fields)).status, 500);
  t.is((await ask(port, '/bad', { 'if-none-match': 'v1' })).status, 200, 'what is no tag fits nothing');
});

test('tasks behind a reply run, whether it is sent or stands for what the client has', async (t) => {
  const ran: string[] = [];
  const { port } = await serve(t, (app) =>
    app.get('/{size:int}', ({ params, afterResponse }) => {
      afterResponse(() => void ran.push(String(params.size)));
      return reply(200, 'x'.repeat(params.size), { headers: { etag: '"v1"' } });
    }),
  );
  for (const size of ['3', '300000']) {
    t.is((await ask(port, `/${size}`, { 'if-none-match': '"v1"' })).status, 304);
    t.is((await ask(port, `/${size}`)).body.length, Number(size));
  }
  t.deepEqual(ran.sort(), ['3', '3', '300000', '300000']);
});

test('errors whose format is chosen by Accept say so to caches', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/thrown', () => {
      throw new Error('thrown');
    });
    app.get('/', () => 'there');
  });
  for (const accept of [
    'application/json',
    'application/problem+json',
    'application/json, application/problem+json;q=0',
  ]) {
    for (const target of ['/thrown', '/nowhere']) {
      const response = await ask(port, target, { accept });
      t.is(response.header('vary'), 'Accept', `${target} ${accept}`);
    }
    t.is((await ask(port, '/', { accept })).header('vary'), undefined);
  }
});
