/** Sessions that lie in their cookie, over sockets: encrypted, bound, ended by what is inside. */
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';

import { cookieJar } from '../../src/index.ts';
import { CookieSessionStore, sessions, type SessionsOptions } from '../../src/sessions/index.ts';
import { serve } from '../helpers/serve.ts';

const [old, fresh] = [
  '9b2c7de14f0a63855d1e0c7f4ab893d26ef5178a40bc92e3d7f61508ca3be947',
  'f'.repeat(8) + '0a63855d1e0c7f4ab893d26ef5178a40bc92e3d7f61508ca3be9471c',
] as const;

async function open(t: ExecutionContext, keys: readonly string[], options: Partial<SessionsOptions> = {}) {
  const store = new CookieSessionStore({ keys });
  const session = sessions({ ...options, store, data: z.object({ text: z.string() }) });
  const deps = { session };
  const { url, logs } = await serve(t, (app) => {
    app.get('/get', { deps }, async ({ session }) => ({
      text: (await session.get())?.text,
      user: await session.userId(),
    }));
    app.post('/set', { deps, body: z.object({ text: z.string() }) }, ({ session, body }) => session.set(body));
    app.post('/login', { deps }, ({ session }) => session.login('ada'));
    app.post('/logout', { deps }, ({ session }) => session.destroy());
    app.get('/list', { deps }, ({ session }) => session.list());
    app.post('/revoke', { deps }, async ({ session }) => ({ done: await session.revoke('x'.repeat(43)) }));
    app.post('/others', { deps }, async ({ session }) => ({ count: await session.revokeOthers() }));
  });
  let cookie = '';
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(url + path, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [line] = answer.headers.getSetCookie();
    if (line !== undefined) cookie = line.includes('Max-Age=0;') ? '' : line.slice(0, line.indexOf(';'));
    const text = await answer.text();
    return { status: answer.status, line, json: text === '' ? undefined : JSON.parse(text) };
  };
  return { ask, logs, cookie: { get: () => cookie, set: (value: string) => (cookie = value) } };
}

test('is kept, hidden, bound and forgotten', async (t) => {
  const { ask, cookie } = await open(t, [old]);
  const set = await ask('POST', '/set', { text: 'a secret' });
  t.regex(set.line!, /^__Host-sid=e1\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax$/);
  t.false(Buffer.from(set.line!.slice(14), 'base64url').includes('secret'));
  await ask('POST', '/login');
  t.deepEqual((await ask('GET', '/get')).json, { text: 'a secret', user: 'ada' });
  const good = cookie.get();
  for (const place of [15, 30, good.length - 2]) {
    cookie.set(good.slice(0, place) + (good[place] === 'A' ? 'B' : 'A') + good.slice(place + 1));
    t.deepEqual((await ask('GET', '/get')).json, {}, 'changed');
  }
  const jar = cookieJar({ keys: [old] }).encrypted('__Host-sid');
  let sealed = '';
  const setter = {
    setCookie: (_name: string, value: string) => {
      sealed = value;
      return setter;
    },
    deleteCookie: () => setter,
  };
  jar.set(setter, '{}\n');
  cookie.set(`__Host-sid=${sealed}`);
  t.deepEqual((await ask('GET', '/get')).json, {}, 'sealed for something else');
  cookie.set(good);
  await ask('POST', '/logout');
  t.is(cookie.get(), '');
});

test('ends when it was not seen for long, and in any case', async (t) => {
  const clock = { now: Date.now() };
  const { ask, cookie } = await open(t, [old], { idleTimeout: 100, lifetime: 250, clock: () => clock.now });
  await ask('POST', '/set', { text: 'a' });
  const first = cookie.get();
  for (let seen = 0; seen < 3; seen += 1) {
    clock.now += 80_000;
    t.is((await ask('GET', '/get')).json.text, 'a');
  }
  t.not(cookie.get(), first, 'the visit is noted in it');
  const last = cookie.get();
  cookie.set(first);
  t.deepEqual((await ask('GET', '/get')).json, {}, 'idle');
  cookie.set(last);
  clock.now += 11_000;
  t.deepEqual((await ask('GET', '/get')).json, {}, 'its lifetime is over');
});

test('secrets are changed without a logout', async (t) => {
  const before = await open(t, [old]);
  await before.ask('POST', '/set', { text: 'a' });
  const both = await open(t, [fresh, old]);
  both.cookie.set(before.cookie.get());
  t.is((await both.ask('GET', '/get')).json.text, 'a');
  const after = await open(t, [fresh]);
  after.cookie.set(both.cookie.get());
  t.is((await after.ask('GET', '/get')).json.text, 'a');
  after.cookie.set(before.cookie.get());
  t.deepEqual((await after.ask('GET', '/get')).json, {});
  t.throws(() => new CookieSessionStore({ keys: ['short'] }), { code: 'INVALID_OPTION' });
});

test('what it cannot do is refused, and says why', async (t) => {
  const { ask, logs, cookie } = await open(t, [old]);
  t.is((await ask('POST', '/set', { text: 'x'.repeat(2030) })).status, 204);
  t.true(`${cookie.get()}; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax`.length <= 4096);
  t.is((await ask('POST', '/set', { text: 'x'.repeat(2040) })).status, 500);
  await logs.find((line) => /does not fit into a cookie: 2\d{3} bytes of data, and 2048/.test(JSON.stringify(line)));
  t.is((await ask('GET', '/get')).json.text.length, 2030, 'the one before stays');
  await ask('POST', '/login');
  for (const [method, path] of [
    ['GET', '/list'],
    ['POST', '/revoke'],
    ['POST', '/others'],
  ] as const) {
    t.is((await ask(method, path)).status, 500, path);
  }
  await logs.find((line) => JSON.stringify(line).includes('need a store, such as PostgresSessionStore'));
});
