/** Redirects: where they may go, and what is sent (RFC 9110, 15.4; CWE-601). */
import test from 'ava';
import { z } from 'zod';

import { HttpError, redirect, reply } from '../../src/index.ts';
import type { RedirectStatus } from '../../src/index.ts';
import { toLocation } from '../../src/internal/location.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

test('an address of this site is sent as it is, encoded where it must be', (t) => {
  for (const [given, sent = given] of [
    ['/'],
    ['/a/b?c=d&e=%20#f'],
    ['b'],
    ['../b'],
    ['?page=2'],
    ['#top'],
    ['./a:b'],
    ['/a//b'],
    ['/https://other.example'],
    ['/x?next=https://other.example/'],
    ['/é?ö=ü#ß', '/%C3%A9?%C3%B6=%C3%BC#%C3%9F'],
    ['/😀', '/%F0%9F%98%80'],
    ['/a b"<>^`{|}', '/a%20b%22%3C%3E%5E%60%7B%7C%7D'],
    ['/a\\b', '/a%5Cb'],
    ['/100%', '/100%25'],
    ['/%zz%41%4', '/%25zz%41%254'],
    ["/!$&'()*+,;=:@[]~-._"],
  ]) {
    t.is(toLocation(given!), sent!, given);
  }
});

const LEAVING = [
  '//evil.example',
  '///evil.example',
  '////evil.example/x',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  ' //evil.example',
  'https://evil.example',
  'HTTPS://evil.example/',
  'https:/evil.example',
  'https:evil.example',
  'http:evil.example',
  'http:/evil.example',
  'https:///evil.example',
  'https://user@evil.example',
  '//a.invalid',
  '//b.invalid/',
  'http://a.invalid/',
];

test('an address that leaves the site is refused, in whatever way it is written', (t) => {
  for (const address of LEAVING) {
    t.throws(() => toLocation(address), { instanceOf: HttpError, message: /address of a redirect/ }, address);
  }
  for (const address of [
    'javascript:alert(1)',
    'JaVaScript:alert(1)',
    'data:text/html,x',
    'mailto:a@example.org',
    'file:///etc/passwd',
    'x-app://open',
    'http://',
    'https://a b/',
    '//[::1',
  ]) {
    for (const external of [false, true, ['https://example.org']]) {
      t.throws(
        () => toLocation(address, external),
        { instanceOf: HttpError, message: /address of a redirect/ },
        address,
      );
    }
  }
});

test('control characters, half characters and nothing at all are refused', (t) => {
  for (const address of ['', '/a\r\nSet-Cookie: a=b', '/\t/evil.example', '/a\nb', '\u0000/a', '/a\u007f', '/\ud800']) {
    for (const external of [false, true]) {
      const error = t.throws(() => toLocation(address, external), { instanceOf: HttpError }, JSON.stringify(address));
      t.is(error.status, 400);
    }
  }
  t.throws(() => toLocation(5 as never), { message: /goes to a text or a URL, not to a number/ });
  t.throws(() => toLocation(undefined as never), { message: /not to a undefined/ });
});

test('external names the sites it may go to, by origin', (t) => {
  const own = ['https://sso.example.org', 'http://localhost:8080/'];
  t.is(toLocation('https://sso.example.org/a?b=é', own), 'https://sso.example.org/a?b=%C3%A9');
  t.is(toLocation(new URL('http://localhost:8080/x'), own), 'http://localhost:8080/x');
  t.is(toLocation('/here', own), '/here');
  t.is(toLocation('https://any.example', true), 'https://any.example/');
  t.is(toLocation('https:evil.example', true), 'https://evil.example/', 'written so that every browser reads the same');
  for (const address of [
    'https://sso.example.org.evil.example/',
    'https://sso.example.org@evil.example/',
    'http://sso.example.org/',
    'https://sso.example.org:444/',
    'https://example.org/',
    '//sso.example.org/',
    'https://evil.example/?https://sso.example.org',
  ]) {
    t.throws(() => toLocation(address, own), { instanceOf: HttpError }, address);
  }
  for (const bad of ['sso.example.org', 'https://sso.example.org/path', '*', 'https://*', 'mailto:a@b', '']) {
    t.throws(() => toLocation('https://x.example', [bad]), { message: /external takes origins/ }, bad);
  }
});

test('a status that does not redirect is refused', (t) => {
  for (const status of [200, 300, 304, 305, 306, 309, 400, '302', Number.NaN]) {
    t.throws(() => redirect('/', status as RedirectStatus), {
      instanceOf: RangeError,
      message: /301, 302, 303, 307, 308/,
    });
  }
});

test('a redirect has its status, its address and no body, whatever its route answers with', async (t) => {
  const User = z.object({ id: z.int() });
  const { port } = await serve(t, (app) => {
    app.get('/plain/{status:int}', ({ params }) => redirect('/é', params.status as RedirectStatus));
    app.get('/schema', { response: User }, () => redirect('/login'));
    app.get('/map', { response: { 200: User } }, async () => redirect('/login', 303));
    app.get('/described', { response: { 200: User, 302: User } }, () => reply(302, { id: 1 }));
    app.get('/headers', () =>
      redirect('/x', 302, { headers: { 'cache-control': 'no-store', location: 'https://evil.example' } }).setCookie(
        'a',
        '1',
      ),
    );
    app.get('/next', ({ query }) => redirect(query['to'] ?? '/'));
  });
  const get = (path: string, method = 'GET') => exchange(port, `${method} ${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
  for (const status of [301, 302, 303, 307, 308]) {
    const answer = await get(`/plain/${status}`);
    t.is(answer.status, status);
    t.is(answer.header('location'), '/%C3%A9');
    t.is(answer.header('content-type'), undefined);
    t.is(answer.header('content-length'), '0');
  }
  t.is((await get('/schema')).status, 302);
  t.is((await get('/map')).status, 303);
  t.deepEqual((await get('/described')).json(), { id: 1 });
  const full = await get('/headers');
  t.deepEqual(
    full.lines.filter(([name]) => ['location', 'cache-control', 'set-cookie'].includes(name)),
    [
      ['cache-control', 'no-store'],
      ['location', '/x'],
      ['set-cookie', 'a=1; Path=/; HttpOnly; Secure; SameSite=Lax'],
    ],
  );
  t.is((await get('/next?to=/a%2520b')).header('location'), '/a%20b');
  const refused = await get('/next?to=//evil.example');
  t.is(refused.status, 400);
  t.is(refused.header('location'), undefined);
  t.regex(refused.json().error.message, /neither one of this site/);
  t.regex((await get('/next?to=https://evil.example')).json().error.message, /on another site/);
});
