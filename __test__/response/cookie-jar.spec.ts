/** Sealed cookies: what comes back is what was sealed, or nothing (S2). */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

import test from 'ava';

import { CovetError, cookieJar, reply } from '../../src/index.ts';
import type { CookieJar, CookieOptions, SealedCookie } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const NEW = 'f3a1c95be07d42861d7e5c0b9a38f4627be1d05c8f94a3625e7b1d0c3f8a9647';
const OLD = '0c7b5e2d91fa8346c08d7e1b5f2a9c3d4e6f80717a5b2c9d3e1f4a6b8c0d2e4f';

const kinds = ['signed', 'encrypted'] as const;

/** The text that `set` puts on a reply, decoded as a browser's request brings it back. */
function textOf(cookie: SealedCookie, value: string): string {
  const answer = reply(200);
  cookie.set(answer, value);
  const [pair = ''] = answer.headers.get('set-cookie')!.split(';');
  return decodeURIComponent(pair.slice(pair.indexOf('=') + 1));
}

const open = (cookie: SealedCookie, text: string, name = cookie.name): string | undefined =>
  cookie.get({ cookies: { [name]: text } });

const make = (kind: (typeof kinds)[number], keys: string[] = [NEW], options?: CookieOptions): SealedCookie =>
  cookieJar({ keys })[kind]('user', options);

test('any text comes back as it was', (t) => {
  for (const kind of kinds) {
    for (const value of ['', '42', 'a;b, c="d"', 'né😀', '%41', '.', 'a.b.c', '\u0000\r\n', 'x'.repeat(2000)]) {
      t.is(open(make(kind), textOf(make(kind), value)), value, `${kind} ${JSON.stringify(value)}`);
    }
    t.is(make(kind).get({ cookies: {} }), undefined);
  }
  t.true(textOf(make('signed'), 'visible').endsWith('.visible'));
  t.false(Buffer.from(textOf(make('encrypted'), 'visible').slice(3), 'base64url').includes('visible'));
  t.not(textOf(make('encrypted'), 'x'), textOf(make('encrypted'), 'x'), 'a nonce for each');
});

test('a text with any one character changed, cut off or added is undefined', (t) => {
  const alphabet = 'ABab01-_.,~ %é\u0000';
  for (const kind of kinds) {
    const cookie = make(kind, [NEW, OLD], { maxAge: 3600 });
    const text = textOf(cookie, 'admin=false');
    t.is(open(cookie, text), 'admin=false');
    for (let at = 0; at < text.length; at++) {
      for (const character of alphabet) {
        if (character === text[at]) continue;
        t.is(open(cookie, text.slice(0, at) + character + text.slice(at + 1)), undefined, `${kind} ${at} ${character}`);
        t.is(open(cookie, text.slice(0, at) + character + text.slice(at)), undefined);
      }
      t.is(open(cookie, text.slice(0, at)), undefined);
      t.is(open(cookie, text.slice(0, at) + text.slice(at + 1)), undefined);
    }
    for (const character of alphabet) t.is(open(cookie, text + character), undefined);
    for (const other of [
      '',
      's1',
      's1.',
      's1...',
      'e1.',
      'e1.AAAA',
      `e1.${'A'.repeat(40)}`,
      `s1..${'A'.repeat(43)}.x`,
    ]) {
      t.is(open(cookie, other), undefined, other);
    }
  }
});

test('a cookie is bound to its name and its form', (t) => {
  const jar: CookieJar = cookieJar({ keys: [NEW] });
  for (const kind of kinds) {
    const text = textOf(jar[kind]('role'), 'admin');
    t.is(open(jar[kind]('user'), text), undefined, kind);
    t.is(open(jar[kind]('role'), text), 'admin');
    t.is(open(jar[kind === 'signed' ? 'encrypted' : 'signed']('role'), text), undefined);
  }
});

test('the last character of a signature, whose low bits mean nothing, still has to be the one that was sent', (t) => {
  const cookie = make('signed');
  const text = textOf(cookie, 'x');
  const at = text.length - '.x'.length - 1;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const opened = Array.from(alphabet).filter(
    (end) => open(cookie, text.slice(0, at) + end + text.slice(at + 1)) === 'x',
  );
  t.deepEqual(opened, [text[at]]);
});

test('the signature is HMAC-SHA-256 under a key of its own, so that others can make and check it', (t) => {
  const text = textOf(make('signed'), 'value');
  const key = Buffer.from(hkdfSync('sha256', NEW, '', 'covet cookie signature 1', 32));
  const mac = createHmac('sha256', key).update('s1\0user\0.value').digest('base64url');
  t.is(text, `s1..${mac}.value`);
});

test('keys rotate: the first seals, all open, and what an older one sealed is stale', (t) => {
  for (const kind of kinds) {
    const old = make(kind, [OLD]);
    const both = make(kind, [NEW, OLD]);
    const fresh = make(kind, [NEW]);
    const text = textOf(old, 'x');
    t.is(open(both, text), 'x');
    t.true(both.isStale({ cookies: { user: text } }));
    t.is(open(fresh, text), undefined);
    t.false(fresh.isStale({ cookies: { user: text } }), 'what does not open is not stale');
    t.is(open(fresh, textOf(both, 'x')), 'x');
    t.false(both.isStale({ cookies: { user: textOf(both, 'x') } }));
    t.false(both.isStale({ cookies: {} }));
  }
});

test('its end is inside: a client that keeps it longer gains nothing', async (t) => {
  for (const kind of kinds) {
    const brief = make(kind, [NEW], { expires: new Date(Date.now() + 60) });
    const text = textOf(brief, 'x');
    t.is(open(brief, text), 'x');
    t.is(open(make(kind), text), 'x', 'whoever reads it');
    await sleep(80);
    t.is(open(brief, text), undefined);
    t.is(open(make(kind), text), undefined);
    t.is(open(make(kind), textOf(make(kind, [NEW], { maxAge: 0 }), 'x')), undefined);
    t.is(open(make(kind), textOf(make(kind, [NEW], { maxAge: 60, expires: new Date(0) }), 'x')), 'x', 'maxAge wins');
  }
});

test('weak keys, no keys and too many are refused, without a word of the key', (t) => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [[], /takes a list of 1 to 16 keys/],
    [undefined, /takes a list of 1 to 16 keys/],
    [NEW, /takes a list of 1 to 16 keys/],
    [Array.from({ length: 17 }, () => NEW), /takes a list of 1 to 16 keys/],
    [['changeme'], /Key 1 of 1 of a cookie jar has 8 characters/],
    [[NEW, 'changemechangemechangemechangeme'], /Key 2 of 2 of a cookie jar is too regular/],
    [[NEW, undefined], /Key 2 of 2 of a cookie jar is no text/],
    [[randomBytes(32)], /Key 1 of 1 of a cookie jar is no text/],
  ];
  for (const [keys, message] of bad) {
    const error = t.throws(() => cookieJar({ keys: keys as string[] }), { instanceOf: CovetError, message });
    t.is(error.code, 'INVALID_OPTION');
    t.false(error.message.includes('changeme'));
  }
  const cookie = make('signed');
  t.throws(() => cookie.set(reply(200), 42 as never), { message: /'user' is no text that can be sealed/ });
  t.throws(() => cookie.set(reply(200), '\ud800'), { message: /no text that can be sealed/ });
  t.throws(() => make('encrypted').set(reply(200), 'x'.repeat(3100)), { message: /browsers keep at most 4096/ });
  t.throws(
    () =>
      cookieJar({ keys: [NEW] })
        .signed('a b')
        .set(reply(200), 'x'),
    { message: /is not a cookie's name/ },
  );
});

test('over the wire: set, read, forged, deleted', async (t) => {
  const jar = cookieJar({ keys: [NEW] });
  const { port } = await serve(t, (app) => {
    for (const kind of kinds) {
      const user = jar[kind](`__Host-${kind}`, { maxAge: 60, sameSite: 'strict' });
      app.post(`/${kind}`, () => user.set(reply(200, { ok: true }), 'né; 42'));
      app.get(`/${kind}`, ({ req }) => ({ user: user.get(req) ?? null }));
      app.delete(`/${kind}`, () => user.delete(reply(204)));
    }
  });
  for (const kind of kinds) {
    const send = (method: string, cookie = '') =>
      exchange(port, `${method} /${kind} HTTP/1.1\r\nHost: a.example\r\n${cookie}\r\n`);
    const line = (await send('POST')).header('set-cookie')!;
    t.regex(line, /; Path=\/; Max-Age=60; HttpOnly; Secure; SameSite=Strict$/);
    const [pair] = line.split(';');
    t.deepEqual((await send('GET', `Cookie: ${pair}\r\n`)).json(), { user: 'né; 42' });
    t.deepEqual((await send('GET', `Cookie: ${pair}x\r\n`)).json(), { user: null });
    t.deepEqual((await send('GET', `Cookie: __Host-${kind}=42\r\n`)).json(), { user: null });
    t.deepEqual((await send('GET')).json(), { user: null });
    t.is(
      (await send('DELETE')).header('set-cookie'),
      `__Host-${kind}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict`,
    );
  }
});
