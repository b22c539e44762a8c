/** What middleware says of every answer, on those that files turn into: redirects, refusals, failures, parts. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { reply, sendFile } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { LONG_AGO_TEXT, SITE, ask, createFolder } from './folder.ts';

const POLICY = "default-src 'self'";

/** Layers as they are written: security, a cookie, what the answer may be kept for. */
function secure(app: Covet): void {
  app.use(async (_context, next) => {
    const answer = await next();
    answer.headers.set('content-security-policy', POLICY);
    answer.headers.set('content-language', 'en');
    answer.headers.set('cache-control', 'max-age=60');
    answer.headers.append('vary', 'Origin');
    return answer.setCookie('seen', '1', { secure: false });
  });
}

function hasLayers(response: RawResponse): boolean {
  return (
    response.header('content-security-policy') === POLICY &&
    response.header('set-cookie')?.startsWith('seen=1') === true &&
    response.header('vary')!.includes('Origin')
  );
}

test('the redirect to a folder has what layers say of every answer', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    secure(app);
    app.static('/s', folder);
  });
  for (const target of ['/s/docs', '/s']) {
    const response = await ask(port, target);
    t.deepEqual([response.status, response.header('location')], [308, `${target}/`]);
    t.true(hasLayers(response), JSON.stringify(response.lines));
    // These are said of a file, and 308 is kept for ever where nothing says otherwise.
    t.is(response.header('cache-control'), undefined);
    t.is(response.header('content-language'), undefined);
  }
});

test('412 and 416 keep the headers of layers, and nothing that describes the file', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    secure(app);
    app.static('/s', folder);
    app.get('/own', () =>
      reply(200, sendFile('app.js', { root: folder }), {
        headers: { etag: '"own"', 'last-modified': LONG_AGO_TEXT, expires: LONG_AGO_TEXT, 'content-location': '/x' },
      }),
    );
  });
  for (const target of ['/s/app.js', '/own']) {
    for (const [headers, status] of [
      [{ 'if-match': '"other"' }, 412],
      [{ range: 'bytes=100-' }, 416],
    ] as const) {
      const response = await ask(port, target, headers);
      t.is(response.status, status, target);
      t.true(hasLayers(response), JSON.stringify(response.lines));
      for (const name of [
        'etag',
        'last-modified',
        'expires',
        'content-location',
        'content-language',
        'cache-control',
      ]) {
        t.is(response.header(name), undefined, `${target}: ${name}`);
      }
    }
  }
});

test('a file that the system will not give is an error with the headers of layers', async (t) => {
  const folder = createFolder(t, SITE);
  symlinkSync('loop', path.join(folder, 'loop'));
  const { port, logs } = await serve(t, (app) => {
    secure(app);
    app.get('/', () => sendFile('a.js', { root: path.join(folder, 'loop') }));
  });
  const response = await ask(port, '/');
  t.is(response.status, 500);
  t.true(hasLayers(response), JSON.stringify(response.lines));
  t.truthy(await logs.find((line) => line['error_id'] === response.header('x-error-id')));
});

test('the fallback is for clients that take HTML, and caches are told so', async (t) => {
  const folder = createFolder(t, SITE);
  for (const reaches of [false, true]) {
    const { port } = await serve(t, (app) => {
      app.static('/s', folder, { fallback: 'index.html' });
      if (reaches) app.notFound(() => reply(404, 'none'));
    });
    for (const [accept, status] of [
      ['text/html', 200],
      ['text/html;q=0.1, application/json', 200],
      ['text/html;q=0, */*', 404],
      ['text/html;q=0', 404],
      ['application/json', 404],
    ] as const) {
      const response = await ask(port, '/s/some/page', { accept });
      t.is(response.status, status, accept);
      t.regex(response.header('vary') ?? '', /\baccept\b/i, accept);
    }
    const page = await ask(port, '/s/some/page');
    t.is(page.header('vary'), 'Accept');
    const again = await ask(port, '/s/some/page', { 'if-none-match': page.header('etag')! });
    t.deepEqual([again.status, again.header('vary')], [304, 'Accept']);
    // What is there, or has no page in any case, is the same for everybody.
    t.is((await ask(port, '/s/app.js', { accept: 'a/b' })).header('vary'), undefined);
    if (reaches) t.is((await ask(port, '/s/none.js', { accept: 'a/b' })).header('vary'), undefined);
  }
});

test('a type that no header may have is refused where it is said', async (t) => {
  const folder = createFolder(t, SITE);
  const { port, logs } = await serve(t, (app) => {
    app.get('/', () => sendFile('app.js', { root: folder, type: 'text/plain\r\nx-a: b' }));
  });
  for (const type of ['text/plain\r\nx: y', 'text', '', 'text/plain; charset', 'é/b', 7, null]) {
    const error = t.throws(() => sendFile('a', { type: type as string }), undefined, String(type));
    t.is((error as { code?: string }).code, 'INVALID_OPTION');
    t.regex(error.message, /type of sendFile/);
  }
  for (const type of ['text/x-own; charset=latin1', 'application/vnd.a+json', 'a/b; c="d e"']) sendFile('a', { type });
  const response = await ask(port, '/');
  t.is(response.status, 500);
  t.is(response.json().error.code, 'INVALID_OPTION');
  t.truthy(await logs.find((line) => line['error_id'] === response.header('x-error-id')));
});
