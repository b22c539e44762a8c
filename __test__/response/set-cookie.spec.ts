/** Cookies on the way out: every attribute, every rule browsers drop a cookie for without a word (S2). */
import test from 'ava';
import { z } from 'zod';

import { CovetError, HttpError, reply } from '../../src/index.ts';
import type { CookieOptions } from '../../src/index.ts';
import { parseCookies } from '../../src/internal/cookies.ts';
import { isLoopbackRequest } from '../../src/internal/loopback.ts';
import { toSetCookie } from '../../src/internal/set-cookie.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const SAFE = 'HttpOnly; Secure; SameSite=Lax';

/** Name, value, options, header value. */
const lines: readonly (readonly [string, string, CookieOptions | undefined, string])[] = [
  ['sid', 'abc', undefined, `sid=abc; Path=/; ${SAFE}`],
  ['sid', '', {}, `sid=; Path=/; ${SAFE}`],
  ["!#$%&'*+-.^_`|~09azAZ", 'x', {}, `!#$%&'*+-.^_\`|~09azAZ=x; Path=/; ${SAFE}`],
  ['a', 'x', { path: '/admin' }, `a=x; Path=/admin; ${SAFE}`],
  ['a', 'x', { domain: 'Example.ORG' }, `a=x; Path=/; Domain=example.org; ${SAFE}`],
  ['a', 'x', { domain: '.example.org' }, `a=x; Path=/; Domain=example.org; ${SAFE}`],
  ['a', 'x', { domain: 'xn--bcher-kva.example' }, `a=x; Path=/; Domain=xn--bcher-kva.example; ${SAFE}`],
  ['a', 'x', { maxAge: 0 }, `a=x; Path=/; Max-Age=0; ${SAFE}`],
  ['a', 'x', { maxAge: 31_536_000 }, `a=x; Path=/; Max-Age=31536000; ${SAFE}`],
  ['a', 'x', { expires: new Date(0) }, `a=x; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ${SAFE}`],
  [
    'a',
    'x',
    { maxAge: 1, expires: new Date(Date.UTC(2030, 0, 2, 3, 4, 5)) },
    `a=x; Path=/; Max-Age=1; Expires=Wed, 02 Jan 2030 03:04:05 GMT; ${SAFE}`,
  ],
  ['a', 'x', { httpOnly: false, secure: false }, 'a=x; Path=/; SameSite=Lax'],
  ['a', 'x', { httpOnly: false, secure: true, sameSite: 'strict' }, 'a=x; Path=/; Secure; SameSite=Strict'],
  ['a', 'x', { sameSite: 'none' }, 'a=x; Path=/; HttpOnly; Secure; SameSite=None'],
  ['a', 'x', { partitioned: true }, `a=x; Path=/; ${SAFE}; Partitioned`],
  ['a', 'x', { partitioned: false, priority: 'high' }, `a=x; Path=/; ${SAFE}; Priority=High`],
  ['__Host-a', 'x', {}, `__Host-a=x; Path=/; ${SAFE}`],
  ['__Host-a', 'x', { path: '/', secure: true }, `__Host-a=x; Path=/; ${SAFE}`],
  ['__Secure-a', 'x', { domain: 'a.b', path: '/x' }, `__Secure-a=x; Path=/x; Domain=a.b; ${SAFE}`],
  ['a', 'x', { path: undefined, maxAge: undefined } as never, `a=x; Path=/; ${SAFE}`],
];

test('defaults are safe, and every attribute is written as browsers read it', (t) => {
  for (const [name, value, options, line] of lines) t.is(toSetCookie(name, value, options).line, line);
});

test('any text comes back as it was, and nothing in it begins an attribute', (t) => {
  for (const value of [
    '',
    'plain',
    'a b',
    ' padded ',
    '"quoted"',
    'a;b=c; Domain=evil.example',
    'a,b',
    '100%',
    '%41',
    '%zz',
    'back\\slash',
    'line\r\nSet-Cookie: evil=1',
    '\u0000\u007f',
    'né😀',
    '{"a":[1,"x"]}',
    'a=b==',
  ]) {
    const { line } = toSetCookie('v', value);
    const pair = line.slice(0, line.indexOf('; '));
    // RFC 6265, 4.1.1: cookie-octet.
    t.regex(pair, /^v=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/, JSON.stringify(value));
    t.is(line.slice(pair.length), `; Path=/; ${SAFE}`);
    t.is(parseCookies(`other=1; ${pair}`)['v'], value);
  }
  t.is(toSetCookie('v', '{"a":1}').line.slice(0, 18), 'v={%22a%22:1}; Pat', 'what may stand as it is, does');
});

/** Name, value, options, what the error says. */
const faults: readonly (readonly [unknown, unknown, unknown, RegExp])[] = [
  ...['', 'a b', 'a=b', 'a;b', 'a,b', 'a\r\nb', 'a\nb', 'é', '"a"', 'a\u0000', undefined, 5].map(
    (name) => [name, 'x', {}, /is not a cookie's name/] as const,
  ),
  ['a', 5, {}, /'a' cannot be set: its value is a number, not text/],
  ['a', undefined, {}, /its value is a undefined, not text/],
  ['a', '\ud800', {}, /half of a surrogate pair/],
  ['a', 'x', { httponly: true }, /no option 'httponly'/],
  ['a', 'x', { 'max-age': 1 }, /no option 'max-age'/],
  ...['', 'admin', '/a;b', '/a; Domain=evil.example', '/a\r\nb', '/é', `/${'a'.repeat(1024)}`, 5].map(
    (path) => ['a', 'x', { path }, /the path .* must begin with '\/'/] as const,
  ),
  ...['', 'a b', 'a;b', 'a.example; Path=/x', 'a\r\n', 'bücher.example', '-a', 'a..b', 'a_b', 'a:80', 'a/b', 5].map(
    (domain) => ['a', 'x', { domain }, /the domain .* is no host name/] as const,
  ),
  ...[-1, 1.5, Number.NaN, Infinity, '60', '1; Secure', 2 ** 53].map(
    (maxAge) => ['a', 'x', { maxAge }, /maxAge is whole seconds of at least 0, not /] as const,
  ),
  ...[new Date(Number.NaN), new Date(8.64e15), new Date(-1e14), 0, '1; Secure', new Date(Date.UTC(10_000, 0))].map(
    (expires) => ['a', 'x', { expires }, /expires is a Date of the years 1601 to 9999/] as const,
  ),
  ...['Lax', 'x', 'lax; Domain=evil.example', true, 'toString'].map(
    (sameSite) => ['a', 'x', { sameSite }, /sameSite is 'strict', 'lax', 'none', not /] as const,
  ),
  ['a', 'x', { priority: 'High' }, /priority is 'low', 'medium', 'high', not "High"/],
  ['a', 'x', { sameSite: 'none', secure: false }, /sameSite: 'none' needs secure/],
  ['a', 'x', { partitioned: true, secure: false }, /partitioned needs secure/],
  ['__Secure-a', 'x', { secure: false }, /its name needs secure/],
  ['__Host-a', 'x', { secure: false }, /its name needs secure/],
  ['__hOsT-a', 'x', { secure: false }, /its name needs secure/],
  ['__Host-a', 'x', { domain: 'a.b' }, /a __Host- cookie has no domain/],
  ['__host-a', 'x', { path: '/x' }, /a __Host- cookie has the path '\/'/],
  ['__Http-a', 'x', { httpOnly: false }, /its name needs httpOnly/],
  ['__Host-Http-a', 'x', { httpOnly: false }, /its name needs httpOnly/],
  ['a', 'x'.repeat(4100), {}, /it takes 41\d\d bytes, and browsers keep at most 4096/],
  ['a', '"'.repeat(1400), {}, /browsers keep at most 4096/],
];

test('what a browser would drop, or read otherwise, is refused by name', (t) => {
  for (const [name, value, options, message] of faults) {
    const where = JSON.stringify([name, value, options]).slice(0, 100);
    t.throws(
      () => reply(200).setCookie(name as string, value as string, options as CookieOptions),
      { instanceOf: CovetError, message },
      where,
    );
  }
  t.throws(() => reply(200).deleteCookie('__Host-a', { path: '/x' }), { message: /has the path '\/'/ });
  t.throws(() => reply(200).deleteCookie('a\nb'), { message: /is not a cookie's name/ });
});

const cookiesOf = (answer: { readonly lines: readonly (readonly [string, string])[] }): string[] =>
  answer.lines.filter(([name]) => name === 'set-cookie').map(([, value]) => value);

const get = (port: number, path: string, host = 'example.org', more = '') =>
  exchange(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);

test('each cookie is a line of its own; the same again takes its place', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () =>
      reply(200, 'x', { headers: { 'set-cookie': ['raw=1; path=/', 'kept=1; Path=/'] } })
        .setCookie('a', '1')
        .setCookie('b', '2', { path: '/b' })
        .setCookie('a', '3', { httpOnly: false })
        .setCookie('b', '4')
        .setCookie('A', '5')
        .setCookie('b', '6', { path: '/b', domain: 'Example.org' })
        .setCookie('b', '7', { path: '/b', domain: '.example.org' })
        .setCookie('raw', '8'),
    );
    app.get('/gone', () =>
      reply(200, 'x').setCookie('a', '1', { maxAge: 60 }).deleteCookie('a').deleteCookie('b', { path: '/b' }),
    );
  });
  t.deepEqual(cookiesOf(await get(port, '/')), [
    'kept=1; Path=/',
    'b=2; Path=/b; HttpOnly; Secure; SameSite=Lax',
    'a=3; Path=/; Secure; SameSite=Lax',
    'b=4; Path=/; HttpOnly; Secure; SameSite=Lax',
    'A=5; Path=/; HttpOnly; Secure; SameSite=Lax',
    'b=7; Path=/b; Domain=example.org; HttpOnly; Secure; SameSite=Lax',
    'raw=8; Path=/; HttpOnly; Secure; SameSite=Lax',
  ]);
  const gone = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax';
  t.deepEqual(cookiesOf(await get(port, '/gone')), [`a=; Path=/; ${gone}`, `b=; Path=/b; ${gone}`]);
});

test('middleware sets cookies on whatever comes from inside: values, errors, misses, web responses', async (t) => {
  const { port } = await serve(t, (app) => {
    app.use(async (_context, next) => {
      const inner = await next();
      return inner.setCookie('seen', '1');
    });
    app.get('/value', { response: z.object({ a: z.int() }) }, () => ({ a: 1 }));
    app.get('/reply', () => reply(201, 'x').setCookie('own', '2'));
    app.get('/web', () => new Response('x', { headers: { 'set-cookie': 'seen=0; Path=/' } }));
    app.get('/error', () => {
      throw new HttpError(403);
    });
  });
  const seen = `seen=1; Path=/; ${SAFE}`;
  for (const path of ['/value', '/web', '/error', '/miss']) t.deepEqual(cookiesOf(await get(port, path)), [seen], path);
  t.deepEqual(cookiesOf(await get(port, '/reply')), [`own=2; Path=/; ${SAFE}`, seen]);
});

test('a reply that is a constant gives each client its own cookies', async (t) => {
  const constant = reply(200, 'x').setCookie('shared', '1');
  const { port } = await serve(t, (app) => {
    app.use(async ({ req }, next) => (await next()).setCookie('mine', req.query['me'] ?? ''));
    app.get('/', () => constant);
  });
  for (const [me, host] of [
    ['ann', 'localhost'],
    ['bob', 'example.org'],
  ] as const) {
    const secure = host === 'localhost' ? '' : ' Secure;';
    t.deepEqual(cookiesOf(await get(port, `/?me=${me}`, host)), [
      `shared=1; Path=/; HttpOnly;${secure} SameSite=Lax`,
      `mine=${me}; Path=/; HttpOnly;${secure} SameSite=Lax`,
    ]);
  }
});

test('in development a loopback request gets default cookies without Secure, and no other', async (t) => {
  for (const mode of ['development', 'production'] as const) {
    const { port } = await serve(
      t,
      (app) =>
        app.get('/', () =>
          reply(200)
            .setCookie('a', '1')
            .setCookie('said', '1', { secure: true })
            .setCookie('__Host-a', '1')
            .setCookie('none', '1', { sameSite: 'none' })
            .setCookie('chips', '1', { partitioned: true })
            .setCookie('a2', '1; Secure'),
        ),
      { mode },
    );
    const secure = async (host: string, more = ''): Promise<string[]> =>
      cookiesOf(await get(port, '/', host, more))
        .filter((line) => /; Secure(;|$)/.test(line))
        .map((line) => line.slice(0, line.indexOf('=')));
    const all = ['a', 'said', '__Host-a', 'none', 'chips', 'a2'];
    const forced = ['said', '__Host-a', 'none', 'chips'];
    t.deepEqual(await secure('localhost:3000'), mode === 'development' ? forced : all, mode);
    t.deepEqual(await secure('example.org'), all);
    t.deepEqual(await secure('localhost', 'X-Forwarded-Proto: https\r\n'), all, 'a proxy names us as it likes');
  }
});

test('loopback is what can be nowhere else', (t) => {
  const from = (host: string | undefined, more: Record<string, string> = {}) =>
    isLoopbackRequest((name) => (name === 'host' ? host : more[name]));
  for (const host of ['localhost', 'LOCALHOST:80', 'a.localhost:1', '127.0.0.1', '127.9.9.9:3000', '[::1]:3000']) {
    t.true(from(host), host);
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'via']) {
      t.false(from(host, { [name]: 'x' }), name);
    }
  }
  for (const host of [
    undefined,
    '',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example.org',
    '1.127.0.0.1',
    '10.0.0.1',
    '[::2]',
    'localhost@evil.example',
    'evil.example/localhost',
  ]) {
    t.false(from(host), host);
  }
});

test('a cookie and one of its name in a partition are two, and either can be deleted', (t) => {
  const answer = reply(204);
  answer.setCookie('a', 'new', { partitioned: true }).deleteCookie('a');
  const lines = (): string[] => [...answer.headers.entries()].flatMap(([, values]) => values);
  t.is(lines().length, 2);
  answer.deleteCookie('a', { partitioned: true });
  t.deepEqual(
    lines().map((line) => [line.startsWith('a=;'), line.includes('Partitioned')]),
    [
      [true, false],
      [true, true],
    ],
  );
});
