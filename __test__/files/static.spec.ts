/** Folders of files: what is sent, under which paths, with which headers. */
import { execFileSync } from 'node:child_process';
import { symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { reply, sendFile } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { LONG_AGO_TEXT, SITE, ask, createFolder, writeOld } from './folder.ts';

test('files are sent with type, validators and caching, without any JavaScript', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => app.static('/', folder));
  for (const [target, body, type] of [
    ['/', '<p>home', 'text/html; charset=utf-8'],
    ['/index.html', '<p>home', 'text/html; charset=utf-8'],
    ['/docs/', '<p>docs', 'text/html; charset=utf-8'],
    ['/docs/%C3%A9t%C3%A9.txt', 'summer', 'text/plain; charset=utf-8'],
    ['/docs/../app.js?v=1', 'let a', 'text/javascript; charset=utf-8'],
    ['/data.json', '{}', 'application/json'],
    ['/LICENSE', 'mine', 'application/octet-stream'],
    ['/100%25.txt', 'all', 'text/plain; charset=utf-8'],
  ] as const) {
    const response = await ask(port, target);
    t.is(response.status, 200, target);
    t.is(response.text(), body, target);
    t.is(response.header('content-type'), type, target);
    t.is(response.header('content-length'), String(Buffer.byteLength(body)));
    t.is(response.header('last-modified'), LONG_AGO_TEXT);
    t.regex(response.header('etag')!, /^"[0-9a-f]+-[0-9a-f]+"$/);
    t.is(response.header('accept-ranges'), 'bytes');
    t.is(response.header('cache-control'), 'public, max-age=0');
    t.is(response.header('x-content-type-options'), 'nosniff');
    t.is(new Set(response.lines.map(([name]) => name)).size, response.lines.length, 'each header once');
  }
});

test('HEAD gets the head of GET, other methods 405', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => app.static('/s', folder));
  const get = await ask(port, '/s/app.js');
  const head = await ask(port, '/s/app.js', {}, 'HEAD');
  const withoutDate = (lines: readonly (readonly [string, string])[]): unknown =>
    lines
      .filter(([name]) => name !== 'date')
      .map(([name, value]) => `${name}: ${value}`)
      .toSorted();
  t.is(head.status, 200);
  t.deepEqual(withoutDate(head.lines), withoutDate(get.lines));
  const missing = await ask(port, '/s/none.js', {}, 'HEAD');
  t.is(missing.status, 404);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const response = await ask(port, '/s/app.js', { 'content-length': '0' }, method);
    t.is(response.status, 405, method);
    t.is(response.header('allow'), 'GET, HEAD, OPTIONS');
  }
});

test('what is not there is 404 in the form of every error', async (t) => {
  const folder = createFolder(t, SITE);
  const { port, logs } = await serve(t, (app) => app.static('/s', folder));
  for (const target of ['/s/none', '/s/none/', '/s/app.js/', '/s/app.js/x', '/s/empty/', '/s/empty', '/s//app.js']) {
    const response = await ask(port, target);
    t.is(response.status, 404, target);
    t.is(response.json().error.code, 'NOT_FOUND', target);
  }
  const line = await logs.find(({ path: missed }) => missed === '/s/none');
  t.is(line['status'], 404);
  const problem = await ask(port, '/s/none', { accept: 'application/problem+json' });
  t.is(problem.header('content-type'), 'application/problem+json');
});

test("a file that is not there goes to the application's notFound", async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    app.static('/s', folder);
    app.notFound(({ req }) => `no ${req.path}`);
  });
  t.is((await ask(port, '/s/none')).text(), 'no /s/none');
  t.is((await ask(port, '/s/.hidden')).text(), 'no /s/.hidden');
  t.is((await ask(port, '/s/app.js')).text(), 'let a');
});

test('middleware sees requests for files, and what it does to replies shows', async (t) => {
  const folder = createFolder(t, SITE);
  const seen: string[] = [];
  const { port } = await serve(t, (app) => {
    app.use(async ({ req }, next) => {
      seen.push(req.path);
      if (req.header('authorization') === undefined) return new Response('no', { status: 401 });
      const reply = await next();
      reply.headers.set('x-layer', String(reply.status));
      reply.headers.set('cache-control', 'private');
      reply.headers.append('vary', 'authorization');
      return reply;
    });
    app.static('/s', folder, { precompressed: true });
  });
  t.is((await ask(port, '/s/app.js')).status, 401);
  t.is((await ask(port, '/s/none')).status, 401, 'what exists is not told to strangers');
  t.is((await ask(port, '/s/docs')).status, 401);
  const headers = { authorization: 'me' };
  const response = await ask(port, '/s/app.js', headers);
  t.is(response.text(), 'let a');
  t.is(response.header('x-layer'), '200');
  t.is(response.header('cache-control'), 'private');
  t.is(response.header('content-type'), 'text/javascript; charset=utf-8');
  t.deepEqual(
    response.lines.filter(([name]) => name === 'vary').map(([, value]) => value),
    ['authorization', 'accept-encoding'],
  );
  const missing = await ask(port, '/s/none', headers);
  t.is(missing.status, 404);
  t.is(missing.header('x-layer'), '404');
  const again = await ask(port, '/s/app.js', { ...headers, 'if-none-match': response.header('etag')! });
  t.is(again.status, 304);
  t.is(again.header('x-layer'), '200', 'the layer answers before the file is judged');
  const beyond = await ask(port, '/s/app.js', { ...headers, range: 'bytes=100-' });
  t.is(beyond.status, 416);
  t.is(beyond.header('x-layer'), '200');
  t.is(beyond.header('content-range'), 'bytes */5');
  t.is(beyond.json().error.code, 'RANGE_NOT_SATISFIABLE');
  t.is((await ask(port, '/s/docs', headers)).header('location'), '/s/docs/');
  t.deepEqual(seen.slice(0, 3), ['/s/app.js', '/s/none', '/s/docs']);
});

test('folders without their slash are redirected to, the query kept', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    app.static('/s', folder);
    app.static('/t', folder, { redirect: false });
  });
  for (const [target, location] of [
    ['/s', '/s/'],
    ['/s?a=b', '/s/?a=b'],
    ['/s/docs', '/s/docs/'],
    ['/s/docs?x=%2F&y', '/s/docs/?x=%2F&y'],
  ]) {
    const response = await ask(port, target!);
    t.is(response.status, 308, target);
    t.is(response.header('location'), location);
  }
  t.is((await ask(port, '/s/empty')).status, 404, 'which folders there are is not told');
  t.is((await ask(port, '/t/docs')).status, 404);
  t.is((await ask(port, '/t/docs/')).status, 200);
});

test('a file that changes is sent anew, one that is deleted is gone', async (t) => {
  const folder = createFolder(t, { 'a.txt': 'one' });
  const { port } = await serve(t, (app) => app.static('/s', folder));
  const first = await ask(port, '/s/a.txt');
  writeFileSync(path.join(folder, 'a.txt'), 'two');
  const second = await ask(port, '/s/a.txt', { 'if-none-match': first.header('etag')! });
  t.deepEqual([second.status, second.text()], [200, 'two']);
  t.regex(second.header('etag')!, /^W\//, 'weak: it was changed a moment ago');
  unlinkSync(path.join(folder, 'a.txt'));
  t.is((await ask(port, '/s/a.txt')).status, 404);
  writeOld(path.join(folder, 'a.txt'), 'three');
  t.is((await ask(port, '/s/a.txt')).text(), 'three');
});

test('own routes come before the files of a folder', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    app.static('/', folder);
    app.get('/app.js', () => 'route');
    app.get('/api/{name}', ({ params }) => params.name);
  });
  t.is((await ask(port, '/app.js')).text(), 'route');
  t.is((await ask(port, '/api/x')).text(), 'x');
  t.is((await ask(port, '/api/x/y')).status, 404);
});

test('folders with any policy of trailing slashes', async (t) => {
  const folder = createFolder(t, SITE);
  for (const trailingSlash of ['strict', 'ignore', 'redirect'] as const) {
    const { port } = await serve(t, (app) => app.static('/s', folder), { trailingSlash });
    t.is((await ask(port, '/s')).status, 308, trailingSlash);
    t.is((await ask(port, '/s/')).text(), '<p>home', trailingSlash);
    t.is((await ask(port, '/s/docs/')).text(), '<p>docs', trailingSlash);
    t.is((await ask(port, '/s/app.js')).text(), 'let a', trailingSlash);
  }
});

test('what is no file, or has no name a system takes, is 404 at once', async (t) => {
  const folder = createFolder(t, SITE);
  execFileSync('mkfifo', [path.join(folder, 'pipe')]);
  symlinkSync('/dev/zero', path.join(folder, 'zero'));
  const { port } = await serve(t, (app) => {
    app.static('/s', folder);
    app.static('/follow', folder, { symlinks: 'follow' });
    app.get('/pipe', () => sendFile('pipe', { root: folder }));
  });
  for (const target of ['/s/pipe', '/pipe', '/follow/zero', `/s/${'a'.repeat(300)}`, `/s/${'a/'.repeat(2500)}b`]) {
    t.is((await ask(port, target)).status, 404, target.slice(0, 40));
  }
});

test('a page for what is missing, itself a file', async (t) => {
  const folder = createFolder(t, { ...SITE, '404.html': '<p>lost' });
  const { port } = await serve(t, (app) => {
    app.static('/s', folder);
    app.notFound(() => reply(404, sendFile('404.html', { root: folder })));
  });
  for (const target of ['/s/none', '/elsewhere']) {
    const response = await ask(port, target, { range: 'bytes=0-0' });
    t.deepEqual([response.status, response.text()], [404, '<p>lost'], target);
    t.is(response.header('content-type'), 'text/html; charset=utf-8');
  }
});
