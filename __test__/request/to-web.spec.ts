/** The request as a web `Request`: what is in it, over the wire. */
import { setImmediate } from 'node:timers/promises';

import test from 'ava';

import { Covet } from '../../src/index.ts';
import type { CovetRequest, Middleware } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';

const serveReading = (t: Parameters<typeof serve>[0], read: (req: CovetRequest) => unknown, options = {}) =>
  serve(t, (app) => void app.any('/{*rest}', ({ req }) => read(req)), options);

test('every header is there, lines of one name in order, whatever its bytes', async (t) => {
  const { port } = await serveReading(t, (req) => [...req.toWeb().headers]);
  const response = await exchange(
    port,
    Buffer.from(
      'GET /a HTTP/1.1\r\nHost: example.com:8080\r\nX-A: 1\r\nx-a:2\r\nX-A:   3  \r\nX-Empty:\r\n__proto__: evil\r\n' +
        'constructor: c\r\nCookie: a=1\r\nCookie: b=2\r\nX-Latin: caf\u00E9 \u00FF\r\nX-Tab: a\tb\r\nReferer: no url\r\n' +
        'Origin: null\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n\r\n',
      'latin1',
    ),
  );
  const sent = [
    ['__proto__', 'evil'],
    ['accept-encoding', 'gzip'],
    ['connection', 'keep-alive'],
    ['constructor', 'c'],
    ['cookie', 'a=1; b=2'],
    ['host', 'example.com:8080'],
    ['origin', 'null'],
    ['referer', 'no url'],
    ['x-a', '1, 2, 3'],
    ['x-empty', ''],
    ['x-latin', 'caf\u00E9 \u00FF'],
    ['x-tab', 'a\tb'],
  ];
  t.deepEqual(response.json(), sent);
});

test('it is one of the platform’s, made once, with the address that req.url has', async (t) => {
  const { port } = await serveReading(t, (req) => {
    const web = req.toWeb();
    return [web instanceof Request, web === req.toWeb(), web.url === req.url.href, web.url, web.method];
  });
  for (const [target, url] of [
    ['/a/b?c=d&e', 'http://example.com:8080/a/b?c=d&e'],
    ['/100%2525/x%2Fy?%2525', 'http://example.com:8080/100%2525/x%2Fy?%2525'],
    ['/%C3%A9', 'http://example.com:8080/%C3%A9'],
  ]) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await exchange(port, `${method} ${target} HTTP/1.1\r\nHost: example.com:8080\r\n\r\n`);
      t.deepEqual(answer.json(), [true, true, true, url, method]);
    }
  }
});

test('a host that no URL can have is a 400, and what no web request can be never comes here', async (t) => {
  let calls = 0;
  const { port, logs } = await serveReading(t, (req) => {
    calls += 1;
    return req.toWeb().url;
  });
  const answer = await exchange(port, 'GET /a HTTP/1.1\r\nHost: xn--\r\n\r\n');
  t.is(answer.status, 400);
  t.is(answer.json().error.message, 'The Host of the request is no valid host name');
  t.is(calls, 1);
  for (const line of ['TRACE /a', 'CONNECT a:80', 'TRACK /a', 'get /a']) {
    t.is((await exchange(port, `${line} HTTP/1.1\r\nHost: a\r\n\r\n`)).status, 501, line);
  }
  // A Request is not made of an address with a user in it.
  t.is((await exchange(port, 'GET /a HTTP/1.1\r\nHost: me:secret@a\r\n\r\n')).status, 400);
  t.is(calls, 1);
  t.deepEqual(
    logs.lines.filter(({ level, status }) => level >= 50 && status !== 501),
    [],
  );
});

test('GET and HEAD have no body, nor has what came without one', async (t) => {
  const { port } = await serveReading(t, async (req) => [
    req.toWeb().body === null,
    await req.toWeb().text(),
    await req.text(),
  ]);
  const withBody = (method: string, body: string): string =>
    `${method} /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  t.deepEqual((await exchange(port, withBody('GET', 'ab'))).json(), [true, '', 'ab']);
  t.deepEqual((await exchange(port, withBody('POST', ''))).json(), [true, '', '']);
  t.deepEqual((await exchange(port, 'DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n')).json(), [true, '', '']);
});

test('middleware may make it and leave the body to a schema, or to a library behind it', async (t) => {
  const seen: unknown[] = [];
  const look: Middleware = ({ req }, next) => {
    seen.push(req.toWeb().headers.get('x-user'));
    return next();
  };
  const { port } = await serve(t, (app) => {
    app.use(look);
    app.post('/json', async ({ req }) => ({ got: await req.json() }));
    app.post('/web', async ({ req }) => ({ got: await req.toWeb().json() }));
    app.post('/clone', async ({ req }) => {
      const web = req.toWeb();
      return [await web.clone().text(), await new Request(web, { method: 'PUT' }).text()];
    });
  });
  const send = async (path: string): Promise<unknown> =>
    (
      await exchange(
        port,
        `POST ${path} HTTP/1.1\r\nHost: a\r\nX-User: 7\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}`,
      )
    ).json();
  t.deepEqual(await send('/json'), { got: { a: 1 } });
  t.deepEqual(await send('/web'), { got: { a: 1 } });
  t.deepEqual(await send('/clone'), ['{"a":1}', '{"a":1}']);
  t.deepEqual(seen, ['7', '7', '7']);
});

test('a client that waits for leave to send gets it when the body is read, not before', async (t) => {
  const gate = createGate();
  const { port } = await serveReading(
    t,
    async (req) => {
      const web = req.toWeb();
      await gate.promise;
      return (await web.arrayBuffer()).byteLength;
    },
    { limits: { bodyLimit: 200_000 } },
  );
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  connection.send('PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n');
  await sleep(200);
  t.is(connection.unread.byteLength, 0);
  gate.open();
  t.true(await until(() => connection.unread.includes('HTTP/1.1 100')));
  connection.send(Buffer.alloc(100_000));
  t.is((await connection.next()).text(), '100000');
});

test('what is read of it comes as the client sends it, and the answer as it is made', async (t) => {
  const { port } = await serveReading(
    t,
    (req) => {
      const body = req.toWeb().body!.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (piece, controller) => controller.enqueue(Uint8Array.of(piece.byteLength)),
        }),
      );
      return new Response(body);
    },
    { limits: { bodyLimit: 1_000_000 } },
  );
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  connection.send('PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  let received = '';
  connection.socket.on('data', (data) => (received += data.toString('latin1')));
  for (let count = 1; count <= 3; count++) {
    connection.send('3\r\nabc\r\n');
    const wanted = count;
    while (received.split('1\r\n\x03\r\n').length - 1 < wanted) await setImmediate();
  }
  connection.send('0\r\n\r\n');
  while (!received.endsWith('0\r\n\r\n')) await setImmediate();
  t.pass();
});

test('its signal fires when the client goes, with the reason that req.signal has', async (t) => {
  const begun = createGate();
  const over = createGate<unknown>();
  const { port } = await serveReading(t, async (req) => {
    const { signal } = req.toWeb();
    begun.open();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    over.open([signal.aborted, signal.reason === req.signal.reason]);
  });
  const connection = await RawConnection.open(port);
  connection.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await begun.promise;
  connection.close();
  t.deepEqual(await over.promise, [true, true]);
});

test('by app.fetch what goes in comes out', async (t) => {
  const app = new Covet({ logger: false });
  t.teardown(() => app.close(0));
  app.any('/{*rest}', async ({ req }) => {
    const web = req.toWeb();
    return Response.json([web.method, web.url, web.headers.get('x-a'), await web.text()]);
  });
  const request = new Request('https://example.org/a?b', { method: 'PATCH', headers: { 'x-a': '1' }, body: 'text' });
  t.deepEqual(await (await app.fetch(request)).json(), ['PATCH', 'https://example.org/a?b', '1', 'text']);
});

test('it may be asked for after the answer, without its body', async (t) => {
  const gate = createGate<() => Promise<unknown>>();
  const { port } = await serveReading(t, (req) => {
    gate.open(async () => {
      const { method, url, headers } = req.toWeb();
      return [method, url, headers.get('x-a')];
    });
    return 'ok';
  });
  const send = (method: string) => exchange(port, `${method} /a?b HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n`);
  await send('GET');
  await send('GET');
  t.deepEqual(await (await gate.promise)(), ['GET', 'http://a/a?b', '1']);
});
