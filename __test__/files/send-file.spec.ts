/** `sendFile` from handlers: the path crosses the border, the server does the rest. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import test from 'ava';

import { reply, sendFile } from '../../src/index.ts';
import type { SendFileOptions } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { LONG_AGO_TEXT, ask, createFolder } from './folder.ts';

const FILES = { 'a.txt': 'hello', 'sub/b.html': '<p>b', '.env': 'secret', 'été €.pdf': 'pdf', 'a.txt.br': 'brotli' };

test('a file as a value, now or later, in a reply, by URL', async (t) => {
  const folder = createFolder(t, FILES);
  const file = path.join(folder, 'a.txt');
  const { port } = await serve(t, (app) => {
    app.get('/now', () => sendFile(file));
    app.get('/later', async () => {
      await Promise.resolve();
      return sendFile(file);
    });
    app.get('/root', () => sendFile('a.txt', { root: folder }));
    app.get('/url', () => sendFile(pathToFileURL(file)));
    app.get('/root-url', () => sendFile('a.txt', { root: pathToFileURL(`${folder}/`) }));
    app.get('/relative', () => sendFile(path.relative(process.cwd(), file)));
    app.get('/reply', () => reply(200, sendFile(file)));
  });
  for (const target of ['/now', '/later', '/root', '/url', '/root-url', '/relative', '/reply']) {
    const response = await ask(port, target);
    t.is(response.status, 200, target);
    t.is(response.text(), 'hello', target);
    t.is(response.header('content-type'), 'text/plain; charset=utf-8');
    t.is(response.header('last-modified'), LONG_AGO_TEXT);
    t.is(response.header('cache-control'), 'no-cache');
    t.is((await ask(port, target, { 'if-none-match': response.header('etag')! })).status, 304, target);
    const part = await ask(port, target, { range: 'bytes=1-2' });
    t.deepEqual([part.status, part.text()], [206, 'el'], target);
    const head = await ask(port, target, {}, 'HEAD');
    t.deepEqual([head.status, head.header('content-length')], [200, '5'], target);
  }
});

test('type, caching, headers and compressed forms by option', async (t) => {
  const folder = createFolder(t, FILES);
  const { port } = await serve(t, (app) => {
    const send = (target: string, options: SendFileOptions): unknown =>
      app.get(target, () => sendFile('a.txt', { root: folder, ...options }));
    send('/type', { type: 'text/x-own; charset=latin1' });
    send('/age', { maxAge: 60 });
    send('/immutable', { maxAge: 60, immutable: true });
    send('/headers', { headers: { 'x-own': 'é', 'cache-control': 'no-store' } });
    send('/bare', { etag: false, lastModified: false });
    send('/br', { precompressed: true });
  });
  t.is((await ask(port, '/type')).header('content-type'), 'text/x-own; charset=latin1');
  t.is((await ask(port, '/age')).header('cache-control'), 'private, max-age=60');
  t.is((await ask(port, '/immutable')).header('cache-control'), 'private, max-age=60, immutable');
  const own = await ask(port, '/headers');
  t.deepEqual([own.header('x-own'), own.header('cache-control')], ['é', 'no-store']);
  const bare = await ask(port, '/bare');
  t.deepEqual([bare.header('etag'), bare.header('last-modified')], [undefined, undefined]);
  const coded = await ask(port, '/br', { 'accept-encoding': 'br' });
  t.deepEqual([coded.text(), coded.header('content-encoding')], ['brotli', 'br']);
});

test('downloads have a name, whatever it holds', async (t) => {
  const folder = createFolder(t, FILES);
  const { port } = await serve(t, (app) => {
    app.get('/own', () => sendFile('été €.pdf', { root: folder, download: true }));
    app.get('/given', () => sendFile('a.txt', { root: folder, download: 'a"b;\r\nX: y.txt' }));
    app.get('/none', () => sendFile('a.txt', { root: folder, download: false }));
  });
  t.is(
    (await ask(port, '/own')).header('content-disposition'),
    `attachment; filename="_t_ _.pdf"; filename*=UTF-8''%C3%A9t%C3%A9%20%E2%82%AC.pdf`,
  );
  const given = await ask(port, '/given');
  t.is(given.header('content-disposition'), `attachment; filename="a\\"b;__X: y.txt"`);
  t.is(given.header('x'), undefined);
  t.is((await ask(port, '/none')).header('content-disposition'), undefined);
});

test('headers and status of the reply come before those of the file', async (t) => {
  const folder = createFolder(t, FILES);
  const file = path.join(folder, 'a.txt');
  const { port } = await serve(t, (app) => {
    app.get('/headers', () =>
      reply(200, sendFile(file), {
        headers: { 'content-type': 'text/x-own', 'cache-control': 'public, max-age=1', 'set-cookie': ['a=1', 'b=2'] },
      }),
    );
    app.get('/created', () => reply(201, sendFile(file)));
    app.get('/page', () => reply(404, sendFile('sub/b.html', { root: folder })));
    app.get('/encoded', () =>
      reply(200, sendFile(file, { precompressed: true }), { headers: { 'content-encoding': 'x-own' } }),
    );
    app.post('/post', () => sendFile(file));
  });
  const response = await ask(port, '/headers');
  t.is(response.header('content-type'), 'text/x-own');
  t.is(response.header('cache-control'), 'public, max-age=1');
  t.is(response.lines.filter(([name]) => name === 'set-cookie').length, 2);
  t.is(response.lines.filter(([name]) => name === 'content-type').length, 1);
  const again = await ask(port, '/headers', { 'if-none-match': response.header('etag')! });
  t.is(again.status, 304);
  t.is(again.header('content-type'), undefined);
  t.is(again.lines.filter(([name]) => name === 'set-cookie').length, 2);
  const parts = await ask(port, '/headers', { range: 'bytes=0-0,200-' });
  t.is(parts.header('content-type'), 'text/x-own');
  // Conditions and ranges are for what would be a plain 200.
  const conditions = { range: 'bytes=0-1', 'if-none-match': '*' };
  for (const [target, status, body] of [
    ['/created', 201, 'hello'],
    ['/page', 404, '<p>b'],
  ] as const) {
    const whole = await ask(port, target, conditions);
    t.deepEqual([whole.status, whole.text()], [status, body], target);
  }
  const posted = await ask(port, '/post', { ...conditions, 'content-length': '0' }, 'POST');
  t.deepEqual([posted.status, posted.text()], [200, 'hello']);
  t.is((await ask(port, '/encoded', { 'accept-encoding': 'br' })).text(), 'hello');
});

test("a file that is not there, or none, is 404; the reply's other headers stay", async (t) => {
  const folder = createFolder(t, FILES);
  const outside = createFolder(t, { 'secret.txt': 'secret' });
  symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'out.txt'));
  const { port, logs } = await serve(t, (app) => {
    app.use(async (_ctx, next) => {
      const answer = await next();
      answer.headers.set('x-layer', 'seen');
      return answer;
    });
    app.get('/none', () => sendFile(path.join(folder, 'none.txt')));
    app.get('/folder', () => sendFile('sub', { root: folder }));
    app.get('/device', () => sendFile('/dev/null'));
    app.get('/no-root', () => sendFile('a.txt', { root: path.join(folder, 'none') }));
    app.get('/out', () => sendFile('out.txt', { root: folder }));
    app.get('/out-follow', () => sendFile('out.txt', { root: folder, symlinks: 'follow' }));
  });
  for (const target of ['/none', '/folder', '/device', '/no-root', '/out']) {
    const response = await ask(port, target);
    t.is(response.status, 404, target);
    t.is(response.json().error.code, 'NOT_FOUND', target);
    t.is(response.header('x-layer'), 'seen');
    t.is(response.header('last-modified'), undefined);
  }
  t.is((await ask(port, '/out-follow')).text(), 'secret');
  t.is((await logs.find(({ path: missed }) => missed === '/none'))['status'], 404);
});

test('a path that leads out of its root is 403', async (t) => {
  const folder = createFolder(t, { ...FILES, 'public/a.txt': 'public' });
  const root = path.join(folder, 'public');
  const { port } = await serve(t, (app) => app.get('/f/{*name}', ({ params }) => sendFile(params.name, { root })));
  for (const name of [
    '..%2Fa.txt',
    '..%2f..%2fetc%2fpasswd',
    '%2Fetc%2Fpasswd',
    'sub%2F..%2F..%2Fa.txt',
    '..%5Ca.txt',
    '.env',
    '.%2Fa.txt',
    'a.txt%2F',
    'C:%2Fwindows',
    'a%2F%2Fb',
  ]) {
    const response = await ask(port, `/f/${name}`);
    t.is(response.status, 403, name);
    t.is(response.json().error.code, 'FORBIDDEN');
  }
  t.is((await ask(port, '/f/a.txt')).text(), 'public');
  t.is((await ask(port, '/f/none.txt')).status, 404);
});

test('mistakes are errors of their own', async (t) => {
  t.throws(() => sendFile(''), { code: 'INVALID_OPTION', message: /name of a file/ });
  t.throws(() => sendFile('a\0b'), { code: 'INVALID_OPTION' });
  t.throws(() => sendFile(1 as unknown as string), {
    instanceOf: TypeError,
    message: /path is a string or a file: URL/,
  });
  t.throws(() => sendFile(new URL('http://a/b')), { message: /file/ });
  t.throws(() => sendFile('a', { maxAge: 0.5 }), { message: /maxAge of sendFile is a whole number/ });
  t.throws(() => sendFile('a', { etag: 'yes' as unknown as boolean }), {
    message: /etag of sendFile is true or false/,
  });
  t.throws(() => sendFile('a', { immutable: true }), { message: /immutable of sendFile needs maxAge/ });
  t.throws(() => sendFile('a', { headers: { 'x\n': '' } }), { message: /not a header name/ });
  const folder = createFolder(t, FILES);
  const { port, logs } = await serve(t, (app) =>
    app.get('/etag', () => sendFile('a.txt', { root: folder, etag: 'yes' as unknown as boolean })),
  );
  const response = await ask(port, '/etag');
  t.is(response.status, 500);
  t.is(response.json().error.code, 'INVALID_OPTION', 'in the format of every error');
  const line = await logs.find((entry) => entry['error_id'] === response.header('x-error-id'));
  t.is(line['route'], '/etag');
});
