/** Options of folders of files, and what is told of those that are none. */
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import test from 'ava';

import { Covet } from '../../src/index.ts';
import type { StaticOptions } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { LONG_AGO_TEXT, SITE, ask, createFolder } from './folder.ts';

test('index, extensions and fallback by option', async (t) => {
  const folder = createFolder(t, { ...SITE, 'docs/home.htm': 'other', 'a.b/c.html': 'dotted' });
  const { port } = await serve(t, (app) => {
    app.get('/none', () => 'own');
    app.static('/none', folder, { index: false });
    app.static('/two', folder, { index: ['home.htm', 'index.html'] });
    app.static('/html', folder, { extensions: ['txt', 'html'] });
    app.static('/spa', folder, { fallback: 'index.html', maxAge: 60 });
  });
  t.is((await ask(port, '/none')).text(), 'own');
  t.is((await ask(port, '/none/')).status, 404);
  t.is((await ask(port, '/none/docs/')).status, 404);
  t.is((await ask(port, '/none/index.html')).status, 200);
  t.is((await ask(port, '/two/docs/')).text(), 'other');
  t.is((await ask(port, '/two/')).text(), '<p>home');
  t.is((await ask(port, '/html/about')).text(), '<p>about');
  t.is((await ask(port, '/html/about')).header('content-type'), 'text/html; charset=utf-8');
  t.is((await ask(port, '/html/a.b/c')).text(), 'dotted');
  t.is((await ask(port, '/html/about/')).status, 404);
  const page = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  for (const target of ['/spa/users/1', '/spa/users/', '/spa/a.b/page']) {
    const response = await ask(port, target, page);
    t.is(response.text(), '<p>home', target);
    t.is(response.header('cache-control'), 'no-cache', target);
  }
  t.is((await ask(port, '/spa/users/1')).status, 200, 'a client that takes anything');
  t.is((await ask(port, '/spa/none.js', page)).status, 404, 'a missing script is missing');
  t.is((await ask(port, '/spa/api', { accept: 'application/json' })).status, 404);
  t.is((await ask(port, '/spa/.git/config', page)).status, 404);
  t.is((await ask(port, '/spa/app.js', page)).header('cache-control'), 'public, max-age=60');
});

test('caching, headers and validators by option', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    app.static('/hashed', folder, { maxAge: 31_536_000, immutable: true });
    app.static('/plain', folder, { etag: false, lastModified: false });
    app.static('/own', folder, {
      headers: { 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'content-type': 'text/x-own' },
    });
  });
  const hashed = await ask(port, '/hashed/app.js');
  t.is(hashed.header('cache-control'), 'public, max-age=31536000, immutable');
  const plain = await ask(port, '/plain/app.js', { 'if-modified-since': LONG_AGO_TEXT, 'if-none-match': '"x"' });
  t.deepEqual([plain.status, plain.header('etag'), plain.header('last-modified')], [200, undefined, undefined]);
  const own = await ask(port, '/own/app.js');
  t.is(own.header('cache-control'), 'no-store');
  t.is(own.header('x-frame-options'), 'DENY');
  t.is(own.header('content-type'), 'text/x-own');
});

test('dotfiles are served where they are allowed', async (t) => {
  const folder = createFolder(t, SITE);
  const { port } = await serve(t, (app) => {
    app.static('/deny', folder);
    app.static('/allow', folder, { dotfiles: 'allow' });
  });
  for (const name of ['.hidden', '.well-known/security.txt', 'empty/.keep']) {
    t.is((await ask(port, `/deny/${name}`)).status, 404, name);
    t.is((await ask(port, `/allow/${name}`)).status, 200, name);
  }
  t.is((await ask(port, '/allow/empty/.keep')).header('content-length'), '0');
});

test('symbolic links by option', async (t) => {
  const outside = createFolder(t, { 'secret.txt': 'secret' });
  const folder = createFolder(t, SITE);
  symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'out.txt'));
  symlinkSync(outside, path.join(folder, 'out'));
  symlinkSync('app.js', path.join(folder, 'in.js'));
  symlinkSync('nowhere', path.join(folder, 'broken'));
  symlinkSync('loop', path.join(folder, 'loop'));
  const { port } = await serve(t, (app) => {
    for (const symlinks of ['inside', 'follow', 'refuse'] as const) app.static(`/${symlinks}`, folder, { symlinks });
    app.static('/default', folder);
  });
  for (const [target, status] of [
    ['/default/out.txt', 404],
    ['/default/in.js', 200],
    ['/inside/out.txt', 404],
    ['/inside/out/secret.txt', 404],
    ['/inside/in.js', 200],
    ['/follow/out.txt', 200],
    ['/follow/out/secret.txt', 200],
    ['/refuse/in.js', 404],
    ['/refuse/app.js', 200],
    ['/follow/broken', 404],
    ['/follow/loop', 404],
  ] as const) {
    t.is((await ask(port, target)).status, status, target);
  }
});

test('compressed forms beside a file are sent to clients that take them', async (t) => {
  const folder = createFolder(t, {
    'a.css': 'plain',
    'a.css.br': 'brotli',
    'a.css.zst': 'zstd',
    'a.css.gz': 'gzip',
    'old.css.br': 'stale',
    'only.css.gz': 'orphan',
  });
  writeFileSync(path.join(folder, 'old.css'), 'fresh');
  const { port } = await serve(t, (app) => {
    app.static('/s', folder, { precompressed: true });
    app.static('/off', folder);
  });
  const tags = new Set<string>();
  for (const [name, accepted, body, coding] of [
    ['a.css', undefined, 'plain', undefined],
    ['a.css', 'gzip, deflate, br, zstd', 'brotli', 'br'],
    ['a.css', 'br;q=0.5, zstd', 'zstd', 'zstd'],
    ['a.css', 'gzip', 'gzip', 'gzip'],
    ['a.css', 'identity', 'plain', undefined],
    ['a.css', '*;q=0', 'plain', undefined],
    ['old.css', 'br', 'fresh', undefined],
  ] as const) {
    const response = await ask(port, `/s/${name}`, accepted === undefined ? {} : { 'accept-encoding': accepted });
    t.is(response.text(), body, `${name} ${accepted}`);
    t.is(response.header('content-encoding'), coding);
    t.is(response.header('vary'), 'accept-encoding');
    t.is(response.header('content-type'), 'text/css; charset=utf-8');
    if (name === 'a.css') tags.add(response.header('etag')!);
  }
  t.is(tags.size, 4, 'a tag of its own for each form');
  t.is((await ask(port, '/s/only.css', { 'accept-encoding': 'gzip' })).status, 404);
  const off = await ask(port, '/off/a.css', { 'accept-encoding': 'br' });
  t.deepEqual([off.text(), off.header('vary')], ['plain', undefined]);
  const part = await ask(port, '/s/a.css', { 'accept-encoding': 'br', range: 'bytes=2-3' });
  t.deepEqual([part.status, part.text(), part.header('content-encoding')], [206, 'ot', 'br']);
});

test('mistakes are told where they are made', (t) => {
  const folder = createFolder(t, SITE);
  const add = (prefix: unknown, directory: unknown, options: unknown = {}): unknown =>
    t.throws(() =>
      new Covet({ logger: false }).static(prefix as string, directory as string, options as StaticOptions),
    );
  for (const [prefix, directory, options, message] of [
    ['assets', folder, {}, /prefix is a path without parameters, such as '\/assets', not "assets"/],
    ['/{name}', folder, {}, /prefix is a path without parameters/],
    ['/{*rest}', folder, {}, /prefix is a path without parameters/],
    ['/s', path.join(folder, 'none'), {}, /none", the folder under "\/s", is not there/],
    ['/s', path.join(folder, 'app.js'), {}, /app\.js", the folder under "\/s", is no folder/],
    ['/s', folder, { maxAge: -1 }, /maxAge of the folder under "\/s" is a whole number of seconds/],
    ['/s', folder, { maxAge: 1.5 }, /maxAge/],
    ['/s', folder, { maxAge: '1d' }, /maxAge/],
    ['/s', folder, { immutable: true }, /immutable of the folder under "\/s" needs maxAge/],
    ['/s', folder, { dotfiles: 'ignore' }, /dotfiles of the folder under "\/s" is 'allow' or 'deny', not "ignore"/],
    ['/s', folder, { symlinks: true }, /symlinks of the folder under "\/s"/],
    ['/s', folder, { index: '../index.html' }, /"\.\.\/index\.html" names no file below the folder/],
    ['/s', folder, { fallback: '/etc/passwd' }, /"\/etc\/passwd" names no file below the folder/],
    ['/s', folder, { extensions: ['.html'] }, /"\.html" is no ending of a file's name: leave out its dot/],
    ['/s', folder, { headers: { 'a b': 'c' } }, /is not a header name/],
    ['/s', folder, { headers: { a: 'b\r\nc: d' } }, /has a character no header may have/],
    ['/s', folder, { headers: { 'content-length': '1' } }, /is set by the server/],
  ] as const) {
    t.regex((add(prefix, directory, options) as Error).message, message);
  }
  const app = new Covet({ logger: false });
  app.static('/s', pathToFileURL(folder));
  t.throws(() => app.static('/s', folder), { code: 'ROUTE_CONFLICT' });
});
