/** What HTTP/1.1 promises beside plain requests: interim answers, HEAD, OPTIONS, 405, versions, connection options. */
import test from 'ava';

import { reply } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const register = (app: Covet): void => {
  app.get('/', () => 'home');
  app.get('/json', () => ({ a: 1 }));
  app.post('/echo', async ({ req }) => req.text());
  app.put('/echo', () => 'put');
  app.get('/empty', () => undefined);
  app.head('/own', () => reply(200, undefined, { headers: { 'x-own': 'head' } }));
  app.get('/own', () => 'get');
  app.options('/described', () => ({ described: true }));
  app.get('/described', () => 'get');
  app.any('/any', ({ req }) => req.method);
};

test('an expectation of 100-continue is answered before the body, and only then', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  connection.send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  while (connection.unread.byteLength === 0) await new Promise(setImmediate);
  t.is(connection.unread.toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
  connection.send('hello');
  const response = await connection.next();
  t.deepEqual(response.interim, [100]);
  t.is(response.text(), 'hello');
  connection.close();
});

test('no 100-continue invites a body that is too large, or that no route takes', async (t) => {
  const { port } = await serve(t, register);
  for (const [path, length, status] of [
    ['/echo', 2_000_000, 413],
    ['/nowhere', 5, 404],
    ['/json', 5, 405],
  ] as const) {
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
    const response = await exchange(port, head);
    t.is(response.status, status, path);
    t.deepEqual(response.interim, [], path);
  }
});

test('HEAD has the head of GET and no body', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  for (const path of ['/', '/json', '/empty']) {
    const get = await connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
    const head = await connection.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next({ head: true });
    t.is(head.status, get.status, path);
    const lines = ({ lines: all }: typeof get): unknown => all.filter(([name]) => name !== 'date');
    t.deepEqual(lines(head), lines(get), path);
  }
  // Had a body come, it would stand where this answer is expected.
  t.is((await connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').next()).text(), 'home');
  const missing = await connection.send('HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n').next({ head: true });
  t.is(missing.status, 404);
  const own = await connection.send('HEAD /own HTTP/1.1\r\nHost: a\r\n\r\n').next({ head: true });
  t.is(own.header('x-own'), 'head');
  t.is((await connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').next()).text(), 'home');
  connection.close();
});

test('OPTIONS names the methods of a path, of the server, or is the route’s own', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  const options = (target: string) => connection.send(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
  const path = await options('/echo');
  t.is(path.status, 204);
  t.is(path.header('allow'), 'POST, PUT, OPTIONS');
  t.is((await options('/')).header('allow'), 'GET, HEAD, OPTIONS');
  t.is((await options('*')).header('allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  t.deepEqual((await options('/described')).json(), { described: true });
  t.is((await options('/any')).text(), 'OPTIONS');
  t.is((await options('/nowhere')).status, 404);
  connection.close();
});

test('a method that a path has not is 405 with the ones it has; one that nobody has is 501', async (t) => {
  const { port } = await serve(t, register);
  const wrong = await exchange(port, 'DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is(wrong.status, 405);
  t.is(wrong.header('allow'), 'POST, PUT, OPTIONS');
  t.is(wrong.json().error.code, 'METHOD_NOT_ALLOWED');
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get', 'Get']) {
    const target = method === 'CONNECT' ? 'a:80' : '/';
    const response = await exchange(port, `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.true(response.status === 501 || response.status === 400, `${method}: ${response.status}`);
  }
});

test('a 404 or 405 keeps the connection, its body read or not', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  connection.send('POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  t.is((await connection.next()).status, 404);
  connection.send('PATCH /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  t.is((await connection.next()).status, 405);
  connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await connection.next()).text(), 'home');
  connection.close();
});

test('HTTP/1.0 closes unless asked to keep the connection', async (t) => {
  const { port } = await serve(t, register);
  const once = await RawConnection.open(port);
  t.is((await once.send('GET / HTTP/1.0\r\n\r\n').next()).text(), 'home');
  t.is(await once.rest(), '');
  const kept = await RawConnection.open(port);
  for (let count = 0; count < 3; count++) {
    const response = await kept.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n').next();
    t.is(response.text(), 'home');
    t.is(response.header('connection')?.toLowerCase(), 'keep-alive');
  }
  kept.close();
});

test('HTTP/1.0 never gets a chunked or an interim answer', async (t) => {
  const { port } = await serve(t, register);
  const head = 'POST /echo HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello';
  const response = await exchange(port, head);
  t.deepEqual(response.interim, []);
  t.is(response.text(), 'hello');
  t.is(response.header('transfer-encoding'), undefined);
});

test('Connection: close is obeyed, and said', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  connection.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await connection.next()).header('connection'), 'close');
  t.is(await connection.rest(), '', 'what came after the last request is not answered');
});

test('the absolute form names the host', async (t) => {
  const { port } = await serve(t, (app) =>
    app.get('/where', ({ req, headers }) => ({ url: req.url.href, host: headers['host'], path: req.path })),
  );
  const raw = 'GET http://named.example:81/where?q=1 HTTP/1.1\r\nHost: other.example\r\n\r\n';
  t.deepEqual((await exchange(port, raw)).json(), {
    url: 'http://named.example:81/where?q=1',
    host: 'named.example:81',
    path: '/where',
  });
});

test('every response has a date and a framing, and one of each', async (t) => {
  const { port } = await serve(t, register);
  for (const path of ['/', '/json', '/empty', '/nowhere']) {
    const { lines, status, version } = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.is(version, '1.1');
    const names = lines.map(([name]) => name);
    t.is(new Set(names).size, names.length, `${path}: ${names.join(' ')}`);
    t.true(names.includes('date'));
    t.is(names.includes('content-length'), status !== 204, path);
  }
});

test('an upgrade that nobody offers is passed over', async (t) => {
  const { port } = await serve(t, register);
  const raw =
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n';
  t.is((await exchange(port, raw)).text(), 'home');
});
