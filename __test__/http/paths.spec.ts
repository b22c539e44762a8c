/** Paths: one canonical form, decoded once, for the router, the handler and the log alike. */
import test from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const send = (port: number, target: string) =>
  exchange(port, Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, 'utf8'));

test('a path is decoded once', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/p/{name}', ({ req, params }) => ({ name: params.name, path: req.path, raw: req.params['name'] }));
  });
  for (const [target, name, path] of [
    ['/p/plain', 'plain', '/p/plain'],
    ['/p/a%20b', 'a b', '/p/a b'],
    ['/p/a+b', 'a+b', '/p/a+b'],
    ['/p/%C3%A9t%C3%A9', 'été', '/p/été'],
    ['/p/%F0%9F%98%80', '😀', '/p/😀'],
    ['/p/%E6%97%A5%2F%E6%9C%AC', '日/本', '/p/日%2F本'],
    ['/p/a%2Fb', 'a/b', '/p/a%2Fb'],
    ['/p/a%2fb', 'a/b', '/p/a%2Fb'],
    ['/p/100%25', '100%', '/p/100%25'],
    ['/p/%252F', '%2F', '/p/%252F'],
    ['/p/%2541', '%41', '/p/%2541'],
    ['/p/%3F%23', '?#', '/p/?#'],
    ['/p/%5C', '\\', '/p/\\'],
    ['/p/x/../y', 'y', '/p/y'],
    ['/p/%2e%2e/p/z', 'z', '/p/z'],
    ['/./p/%2E/w', 'w', '/p/w'],
  ] as const) {
    const response = await send(port, target);
    t.is(response.status, 200, `${target}: ${response.text()}`);
    t.deepEqual(response.json(), { name, path, raw: name }, target);
  }
});

test('bytes beyond ASCII must be written as escapes (RFC 3986, 2.1)', async (t) => {
  const { port } = await serve(t, (app) => app.get('/{*rest}', () => 'ok'));
  t.is((await send(port, '/été')).status, 400);
  t.is((await send(port, '/?q=é')).status, 400);
});

test('a path that has no canonical form is 400, without the handler', async (t) => {
  let calls = 0;
  const { port } = await serve(t, (app) => app.get('/{*rest}', () => ++calls));
  for (const target of [
    '/%',
    '/%4',
    '/%zz',
    '/%00',
    '/a%0Ab',
    '/a%0D%0Ab',
    '/%7F',
    '/%C2%85',
    '/%FF',
    '/%C3',
    '/%ED%A0%80',
  ]) {
    const response = await send(port, target);
    t.is(response.status, 400, target);
    t.is(response.json().error.code, 'BAD_REQUEST', target);
  }
  t.is(calls, 0);
});

test('an encoded dot segment or slash never reaches another route', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/public/{*rest}', () => 'public');
    app.get('/admin/{*rest}', () => 'admin');
  });
  t.is((await send(port, '/public/../admin/x')).text(), 'admin');
  t.is((await send(port, '/public/%2e%2e/admin/x')).text(), 'admin');
  t.is((await send(port, '/public/..%2Fadmin/x')).text(), 'public');
  t.is((await send(port, '/public/%2e%2e%2fadmin/x')).text(), 'public');
  t.is((await send(port, '/public/..%5Cadmin/x')).text(), 'public');
  t.is((await send(port, '//admin/x')).status, 404);
  t.is((await send(port, '/public%2Fx')).status, 404);
});

test('url says what the router saw: a decoded path cannot become another one', async (t) => {
  const { port } = await serve(t, (app) =>
    app.get('/{*rest}', ({ req }) => ({ href: req.url.href, path: req.url.pathname })),
  );
  for (const [target, pathname] of [
    ['/a/b?c=d', '/a/b'],
    ['/a//other.example/x', '/a//other.example/x'],
    ['/a%3Fb', '/a%3Fb'],
    ['/a%23b', '/a%23b'],
    ['/a%5Cb', '/a%5Cb'],
    ['/a/..%5C..%5Cb', '/a/..%5C..%5Cb'],
    ['/a%2Fb', '/a%2Fb'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/%C3%A9t%c3%a9', '/%C3%A9t%C3%A9'],
    ['/a%20b', '/a%20b'],
  ] as const) {
    const url = (await send(port, target)).json();
    t.is(url.path, pathname, target);
    t.true(url.href.startsWith(`http://a${pathname}`), url.href);
  }
});

test('redirects to the other form of a slash keep the query and encode the path', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.get('/with/', () => 'with');
      app.post('/without/{name}', () => 'without');
    },
    { trailingSlash: 'redirect' },
  );
  const connection = await RawConnection.open(port);
  const ask = (method: string, target: string) =>
    connection.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
  for (const [method, target, location] of [
    ['GET', '/with?a=1&b=%20', '/with/?a=1&b=%20'],
    ['POST', '/without/%C3%A9/', '/without/%C3%A9'],
    ['POST', '/without/a%20b%3F/?x', '/without/a%20b%3F?x'],
    ['POST', '/without/a%2Fb/', '/without/a%2Fb'],
    ['POST', '/without/100%25/', '/without/100%25'],
  ] as const) {
    const response = await ask(method, target);
    t.is(response.status, 308, target);
    t.is(response.header('location'), location, target);
  }
  t.is((await ask('GET', '/with/')).text(), 'with');
  t.not((await ask('POST', '//other.example//')).status, 308, 'never to another host');
  connection.close();
});
