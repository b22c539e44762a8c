/** What sessions can be told, and what data they take. */
import test from 'ava';
import { z } from 'zod';

import { Covet } from '../../src/index.ts';
import { MemorySessionStore, SessionError, sessions, type SessionsOptions } from '../../src/sessions/index.ts';
import { LogLines, serve } from '../helpers/serve.ts';

const store = new MemorySessionStore();

const refused: readonly (readonly [what: string, options: object, message: RegExp])[] = [
  ['no store', { store: undefined }, /`store` is missing/],
  ['a schema that is none', { data: {} }, /`data` is no schema/],
  ['no time to be idle', { idleTimeout: 0 }, /`idleTimeout` is 1 to 34560000 seconds, not 0/],
  ['a lifetime that is no number', { lifetime: '1h' }, /`lifetime` is 1 to/],
  ['no room for data', { maxDataSize: 0 }, /`maxDataSize`/],
  ['a __Host- cookie with a domain', { cookie: { domain: 'example.com' } }, /__Host- cookie has no domain/],
  ['a __Host- cookie that is not secure', { cookie: { secure: false } }, /its name needs secure/],
  ['a cookie with an end of its own', { cookie: { maxAge: 1 } }, /set that/],
  ['a cookie that scripts read', { cookie: { httpOnly: false } }, /httpOnly always/],
];

for (const [what, options, message] of refused) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => sessions({ store, ...options } as SessionsOptions), { message });
  });
}

test('a store in memory has room for something', (t) => {
  t.throws(() => new MemorySessionStore({ maxSessions: 0 }), { code: 'INVALID_OPTION' });
});

test('data that cannot be kept is a mistake of the program, and told in the log', async (t) => {
  const session = sessions({ store, data: z.object({ n: z.int() }), maxDataSize: 100 });
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  const wrong: Readonly<Record<string, readonly [data: unknown, message: RegExp]>> = {
    schema: [{ n: 'x' }, /cannot be kept: n: /],
    undefined: [undefined, /undefined is no JSON; delete\(\) takes data away/],
    function: [() => 1, /function is no JSON/],
    loop: [loop, /it is no JSON/],
    large: [{ n: 1, more: 'x'.repeat(100) }, /it takes 117 bytes, and maxDataSize is 100/],
  };
  const { url, logs } = await serve(t, (app) => {
    app.post('/set/{what}', { deps: { session } }, ({ session, params }) =>
      session.set(wrong[params.what]![0] as never),
    );
    app.post('/update/{what}', { deps: { session } }, ({ session, params }) =>
      session.update(() => wrong[params.what]![0] as never),
    );
  });
  for (const [what, [, message]] of Object.entries(wrong)) {
    for (const path of ['set', 'update']) {
      logs.lines.length = 0;
      const answer = await fetch(`${url}/${path}/${what}`, { method: 'POST' });
      t.is(answer.status, 500);
      t.deepEqual(answer.headers.getSetCookie(), []);
      t.like(await answer.json(), { error: { code: 'SESSION_DATA_INVALID' } });
      t.regex(JSON.stringify(await logs.find((line) => line['code'] === 'SESSION_DATA_INVALID')), message);
    }
  }
  t.is(new SessionError('SESSION_CONFLICT', 'x').name, 'SessionError');
});

test('a change that takes time is refused: it may have to run again', async (t) => {
  const session = sessions({ store });
  const app = new Covet({ logger: { destination: new LogLines() } });
  t.teardown(() => app.close());
  let failure: unknown;
  app.post('/', { deps: { session } }, async ({ session }) => {
    failure = await session.update((async () => ({})) as never).catch((error: unknown) => error);
    return {};
  });
  t.is((await app.inject({ method: 'POST', url: '/' })).status, 200);
  t.true(failure instanceof TypeError && /answers at once/.test(failure.message));
});

test('what is read is what the schema makes of it; what an older program wrote is no data', async (t) => {
  const store = new MemorySessionStore();
  const old = sessions<{ old: boolean }>({ store });
  const session = sessions({ store, data: z.object({ at: z.coerce.date(), n: z.int().default(3) }) });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  app.post('/old', { deps: { session: old } }, ({ session }) => session.set({ old: true }));
  app.post('/new', { deps: { session } }, ({ session }) => session.set({ at: new Date(0) }));
  app.get('/', { deps: { session } }, async ({ session }) => {
    const data = await session.get();
    return { data: data ?? null, isDate: data?.at instanceof Date };
  });
  const cookieOf = async (url: '/old' | '/new', cookie = ''): Promise<string> => {
    const { setCookies } = await app.inject({ method: 'POST', url, headers: { cookie } });
    return setCookies[0]?.split(';')[0] ?? cookie;
  };
  const cookie = await cookieOf('/old');
  const read = async () => (await app.inject({ url: '/', headers: { cookie } })).json();
  t.deepEqual(await read(), { data: null, isDate: false });
  t.is(await cookieOf('/new', cookie), cookie);
  t.deepEqual(await read(), { data: { at: '1970-01-01T00:00:00.000Z', n: 3 }, isDate: true } as never);
});

test('login takes an id', async (t) => {
  const session = sessions({ store });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  const failures: unknown[] = [];
  app.post('/', { deps: { session } }, async ({ session }) => {
    for (const id of ['', 'x'.repeat(256), 1, undefined]) {
      failures.push(await session.login(id as string).catch((error: unknown) => error));
    }
    return {};
  });
  const { setCookies } = await app.inject({ method: 'POST', url: '/' });
  t.is(failures.filter((each) => each instanceof TypeError).length, 4);
  t.deepEqual(setCookies, []);
});

test('several changes in one request are one write, in their order', async (t) => {
  const store = new MemorySessionStore();
  const session = sessions<{ list: number[] }>({ store });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  app.post('/', { deps: { session } }, async ({ session }) => {
    const add = (n: number) => session.update((data) => ({ list: [...(data?.list ?? []), n] }));
    await Promise.all([session.login('ada'), add(1), add(2), session.rotate(), add(3)]);
    const [info, list] = await Promise.all([session.info(), session.list()]);
    await session.destroy();
    await session.set({ list: [0] });
    return { data: await session.get(), userId: info?.userId, isCurrent: list.map((each) => each.isCurrent) };
  });
  const answer = await app.inject({ method: 'POST', url: '/' });
  t.deepEqual(await answer.json(), { data: { list: [0] }, userId: 'ada', isCurrent: [true] } as never);
  t.is(answer.setCookies.length, 1, 'the cookie of the last');
  t.is(store.size, 1);
  t.deepEqual(await store.list('ada', Date.now()), []);
});

test('a cookie of another name is one for development over http', async (t) => {
  const session = sessions({ store, cookie: { name: 'sid', sameSite: 'strict' } });
  const { url } = await serve(
    t,
    (app) => app.post('/', { deps: { session } }, ({ session }) => session.set({ n: 1 })),
    {
      mode: 'development',
    },
  );
  const [line = ''] = (await fetch(url, { method: 'POST' })).headers.getSetCookie();
  t.regex(line, /^sid=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
});

test('a change behind the response is refused', async (t) => {
  const session = sessions({ store });
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  let failure: Promise<unknown> | undefined;
  const late = new Promise<void>((resolve) => {
    app.post('/', { deps: { session } }, ({ session, afterResponse }) => {
      afterResponse(() => {
        failure = session.set({ n: 1 }).catch((error: unknown) => error);
        resolve();
      });
      return {};
    });
  });
  t.is((await app.inject({ method: 'POST', url: '/' })).status, 200);
  await late;
  t.regex(String(await failure), /The response has left/);
});
