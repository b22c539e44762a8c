/** What a request tells about itself, over the wire. */
import test from 'ava';

import { Covet } from '../../src/index.ts';
import type { CovetRequest } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const get = (port: number, target: string, headers = '') =>
  exchange(port, `GET ${target} HTTP/1.1\r\nHost: example.com:8080\r\n${headers}\r\n`);

const serveReading = (t: Parameters<typeof serve>[0], read: (req: CovetRequest) => unknown) =>
  serve(t, (app) => {
    app.get('/{*rest}', ({ req }) => ({ value: read(req) }));
    app.get('/', ({ req }) => ({ value: read(req) }));
  });

test('url is the whole address as the client named it', async (t) => {
  const { port } = await serveReading(t, ({ url }) => url.href);
  const cases = [
    ['/a/b?c=d&e', 'http://example.com:8080/a/b?c=d&e'],
    ['/?', 'http://example.com:8080/'],
    ['/a%20b?x=%20', 'http://example.com:8080/a%20b?x=%20'],
  ] as const;
  for (const [target, href] of cases) t.is((await get(port, target)).json().value, href);
  const old = await exchange(port, 'GET /old HTTP/1.0\r\n\r\n');
  t.is(old.json().value, 'http://localhost/old');
  const v6 = await exchange(port, 'GET /v6 HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n');
  t.is(v6.json().value, 'http://[::1]:3000/v6');
});

test('query: decoded once, first values, no prototype', async (t) => {
  const { port } = await serveReading(t, ({ query }) => [
    Object.entries(query),
    Object.getPrototypeOf(query) === null || Object.getPrototypeOf(Object.getPrototypeOf(query)) === null,
    (query as Record<string, unknown>)['toString'] ?? null,
  ]);
  const cases: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['', []],
    ['?', []],
    [
      '?a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['?a=1&a=2&a=3', [['a', '1']]],
    ['?a', [['a', '']]],
    ['?a=', [['a', '']]],
    ['?=1', [['', '1']]],
    ['?&&a=1&&', [['a', '1']]],
    ['?a=b=c', [['a', 'b=c']]],
    ['?a+b=c+d', [['a b', 'c d']]],
    ['?a=%2B%26%3D', [['a', '+&=']]],
    ['?a=%2541', [['a', '%41']]],
    ['?%C3%A9=%F0%9F%98%80', [['é', '😀']]],
    [
      '?__proto__=x&constructor=y',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
    [
      '?a[]=1&a[b]=2',
      [
        ['a[]', '1'],
        ['a[b]', '2'],
      ],
    ],
  ];
  for (const [query, entries] of cases) {
    const { value } = (await get(port, `/${query}`)).json();
    t.deepEqual(value, [entries, true, null], query);
  }
});

test('a malformed query is 400 for whoever reads it', async (t) => {
  const { port } = await serveReading(t, ({ query }) => Object.keys(query).length);
  for (const query of ['?a=%', '?a=%4', '?a=%zz', '?a=%FF', '?%C3=1', '?a=%ED%A0%80']) {
    const response = await get(port, `/${query}`);
    t.is(response.status, 400, query);
    t.is(response.json().error.code, 'BAD_REQUEST');
  }
  const many = (count: number): string => `/?${Array.from({ length: count }, (_, index) => `p${index}`).join('&')}`;
  t.is((await get(port, many(1000))).json().value, 1000);
  t.is((await get(port, many(1001))).status, 400);
  const { port: unread } = await serveReading(t, () => 'never looked');
  t.is((await get(unread, '/?a=%')).status, 200, 'who does not ask is not bothered');
});

test('headers: lower case, joined, no prototype', async (t) => {
  const { port } = await serveReading(t, (req) => ({
    all: Object.entries(req.headers),
    hasPrototype: 'toString' in req.headers,
    one: [req.header('X-A'), req.header('x-a'), req.header('missing') ?? null, req.header('X') ?? null],
    proto: [Object.hasOwn(req.headers, '__proto__'), req.header('__proto__') ?? null],
  }));
  const block =
    'X-A: 1\r\nx-a:2\r\nX-A:   3  \r\nX-Empty:\r\n__proto__: evil\r\nconstructor: c\r\nCookie: a=1\r\nCookie: b=2\r\n';
  const { value } = (await get(port, '/', block)).json();
  t.deepEqual(value.all, [
    ['host', 'example.com:8080'],
    ['x-a', '1, 2, 3'],
    ['x-empty', ''],
    ['__proto__', 'evil'],
    ['constructor', 'c'],
    ['cookie', 'a=1; b=2'],
  ]);
  t.false(value.hasPrototype);
  t.deepEqual(value.one, ['1, 2, 3', '1, 2, 3', null, null]);
  t.deepEqual(value.proto, [true, 'evil']);
});

test('cookies: decoded, first of a name, no prototype', async (t) => {
  const { port } = await serveReading(t, ({ cookies }) => [Object.entries(cookies), 'toString' in cookies]);
  const cases: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['', []],
    [
      'Cookie: a=1; b=2\r\n',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'Cookie: a=1\r\nCookie: b=2\r\n',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['Cookie: a=1; a=2\r\n', [['a', '1']]],
    [
      'Cookie: a="quoted"; b=%C3%A9; c=%zz; d=x=y; e; =f\r\n',
      [
        ['a', 'quoted'],
        ['b', 'é'],
        ['c', '%zz'],
        ['d', 'x=y'],
      ],
    ],
    [
      'Cookie: __proto__=x; constructor=y\r\n',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
  ];
  for (const [header, entries] of cases)
    t.deepEqual((await get(port, '/', header)).json().value, [entries, false], header);
});

test('ip is the peer’s, in its usual form', async (t) => {
  const ipOf = async (listen: string, connect: string): Promise<unknown> => {
    const app = new Covet({ logger: false });
    app.get('/', ({ req }) => req.ip);
    const { port } = await app.listen({ port: 0, host: listen });
    t.teardown(() => app.close(0));
    const connection = await RawConnection.open(port, { host: connect });
    const response = await connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').next();
    connection.close();
    return response.text();
  };
  t.is(await ipOf('127.0.0.1', '127.0.0.1'), '127.0.0.1');
  t.is(await ipOf('0.0.0.0', '127.0.0.1'), '127.0.0.1');
  t.is(await ipOf('::1', '::1'), '::1');
  t.is(await ipOf('::', '127.0.0.1'), '127.0.0.1', 'an IPv4 peer of a dual-stack socket is an IPv4 peer');
});

test('method, path, route and params are those of the match', async (t) => {
  const { port } = await serve(t, (app) => {
    app.any('/n/{id:int}/{name}', ({ req }) => reading(req));
    app.get('/own', ({ req, params }) => [reading(req), params]);
  });
  const reading = (req: CovetRequest): unknown => [req.method, req.path, req.route, req.params];
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const response = await exchange(port, `${method} /n/-5/a%2Fb?x HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.deepEqual(response.json(), [method, '/n/-5/a%2Fb', '/n/{id:int}/{name}', { id: -5, name: 'a/b' }]);
  }
});

test('the parts are read once: what was changed in them stays', async (t) => {
  const { port } = await serveReading(t, (req) => [
    req.headers === req.headers,
    req.query === req.query,
    req.params === req.params,
    req.cookies === req.cookies,
    req.signal === req.signal,
  ]);
  t.deepEqual((await get(port, '/')).json().value, [true, true, true, true, true]);
});

test('white space that browsers take for part of a name is not taken off it', async (t) => {
  const { app } = await serve(t, (app) => app.get('/', ({ req }) => Object.keys(req.cookies)));
  const namesOf = async (cookie: string): Promise<unknown> =>
    (await app.inject({ url: '/', headers: { cookie } })).json();
  t.deepEqual(await namesOf(' \t__Host-id\t=1'), ['__Host-id']);
  t.deepEqual(await namesOf('\u00A0__Host-id=1; \u00A0a\u00A0=2'), ['\u00A0__Host-id', '\u00A0a\u00A0']);
});

test('a host that no URL can have is a 400 where the address is asked for, whoever named it', async (t) => {
  const { port, logs } = await serve(
    t,
    (app) => {
      app.get('/url', ({ req }) => req.url.href);
      app.get('/plain', () => 'ok');
    },
    { trustProxy: 1 },
  );
  for (const host of ['xn--', 'xn--a', 'a.xn--0', 'xn--zzzzzz', 'xn--a:80']) {
    for (const head of [`Host: ${host}`, `Host: a\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: ${host}`]) {
      const answer = await exchange(port, `GET /url HTTP/1.1\r\n${head}\r\n\r\n`);
      t.is(answer.status, 400, head);
      t.is(answer.json().error.message, 'The Host of the request is no valid host name');
      t.is((await exchange(port, `GET /plain HTTP/1.1\r\n${head}\r\n\r\n`)).text(), 'ok');
    }
  }
  const named = await exchange(port, 'GET /url HTTP/1.1\r\nHost: xn--mnchen-3ya.de\r\n\r\n');
  t.is(named.text(), 'http://xn--mnchen-3ya.de/url');
  t.deepEqual(
    logs.lines.filter(({ level }) => level >= 50),
    [],
  );
});
