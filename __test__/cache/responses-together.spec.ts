/** Requests that ask for the same answer at once, while it is made, made anew or invalidated. */
import test from 'ava';

import { cacheResponses } from '../../src/cache/index.ts';
import { HttpError, reply } from '../../src/index.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';
import { ask, start } from './ask-cached.ts';
import { open } from './open-cache.ts';

// By itself: it leaves nothing for others to run on.
test.serial('500 requests for a cold answer run the handler once', async (t) => {
  const { url, calls } = await start(t, async (n) => {
    await sleep(100);
    return { n };
  });
  const all = await Promise.all(Array.from({ length: 500 }, () => ask(`${url}/a`)));
  t.deepEqual([...new Set(all.map(({ status, body }) => `${status} ${body}`))], ['200 {"n":1}']);
  t.is(calls(), 1);
});

const unshared: Record<string, (n: number) => unknown> = {
  'a cookie': (n) => reply(200, n).setCookie('id', String(n)),
  private: (n) => reply(200, n, { headers: { 'cache-control': 'private' } }),
  'an error': (n) => {
    throw new HttpError(404, `no ${n}`);
  },
  'a failure': (n) => {
    throw new HttpError(503, `not ${n}`);
  },
};
for (const [what, answer] of Object.entries(unshared)) {
  test(`${what} is not given to those who waited for it`, async (t) => {
    const { url, calls } = await start(t, async (n) => {
      await sleep(50);
      return answer(n);
    });
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(`${url}/a`)));
    t.is(calls(), 10);
    t.is(new Set(all.map(({ headers, body }) => `${String(headers['set-cookie'])} ${body}`)).size, 10);
  });
}

test('those who waited for an answer that depends on a header get their own', async (t) => {
  const { cache } = await open(t, 'memory and Redis');
  let calls = 0;
  const { url } = await serve(t, (app) => {
    app.get('/a', { middleware: [cacheResponses({ cache })] }, async ({ req }) => {
      calls += 1;
      await sleep(50);
      return reply(200, req.header('accept-language'), { headers: { vary: 'accept-language' } });
    });
  });
  const languages = ['de', 'en', 'de', 'fr', 'en'];
  const all = await Promise.all(languages.map((language) => ask(`${url}/a`, { 'accept-language': language })));
  t.deepEqual(
    all.map(({ body }) => body),
    languages,
  );
  const before = calls;
  for (const language of languages) t.is((await ask(`${url}/a`, { 'accept-language': language })).body, language);
  t.is(calls, before, 'each is kept');
});

test('what somebody asks for does not wait, and is not given to those who do', async (t) => {
  const { url, calls } = await start(t, async (n) => {
    await sleep(50);
    return n;
  });
  const asked = [{ cookie: 'id=1' }, { cookie: 'id=2' }, {}, {}].map((headers) => ask(`${url}/a`, headers as {}));
  const bodies = (await Promise.all(asked)).map(({ body }) => body);
  t.is(calls(), 3);
  t.is(new Set(bodies).size, 3);
  t.is(bodies[2], bodies[3]);
});

for (const how of ['tag', 'clear'] as const) {
  test(`an answer that is invalidated while it is made is not kept (${how})`, async (t) => {
    const gate = createGate();
    const { url, cache, calls } = await start(
      t,
      async (n) => {
        if (n === 1) await gate.promise;
        return n;
      },
      { tags: () => ['rates'] },
    );
    const first = ask(`${url}/a`);
    t.true(await until(() => calls() === 1));
    if (how === 'tag') await cache.deleteByTag('rates');
    else await cache.clear();
    gate.open();
    t.is((await first).body, '1');
    t.is((await ask(`${url}/a`)).body, '2');
    t.is((await ask(`${url}/a`)).body, '2');
  });
}

test('in its grace an answer is given while one request makes the next, and where the handler fails', async (t) => {
  let gate = createGate();
  let isDown = false;
  const { cache, pass } = await open(t, 'memory and Redis');
  let calls = 0;
  const { url } = await serve(t, (app) => {
    app.get('/a', { middleware: [cacheResponses({ cache, ttl: 10, grace: 100 })] }, async () => {
      calls += 1;
      if (calls > 1) await gate.promise;
      if (isDown) throw new HttpError(503, 'down');
      return calls;
    });
  });
  t.is((await ask(`${url}/a`)).body, '1');
  pass(11);
  const maker = ask(`${url}/a`);
  t.true(await until(() => calls === 2));
  const others = await Promise.all(Array.from({ length: 20 }, () => ask(`${url}/a`)));
  t.true(others.every(({ body, headers }) => body === '1' && /^\d+$/.test(headers['age'])));
  t.is(calls, 2);
  gate.open();
  t.is((await maker).body, '2');
  t.is((await ask(`${url}/a`)).body, '2');
  pass(11);
  isDown = true;
  gate = createGate();
  gate.open();
  const { status, body, headers } = await ask(`${url}/a`);
  t.deepEqual([status, body], [200, '2']);
  t.regex(headers['age'], /^\d+$/);
  pass(101);
  t.is((await ask(`${url}/a`)).status, 503);
});

test('what must be revalidated has no grace', async (t) => {
  const { cache, pass } = await open(t, 'memory');
  let calls = 0;
  const { url } = await serve(t, (app) => {
    app.get('/a', { middleware: [cacheResponses({ cache, grace: 100 })] }, () => {
      if ((calls += 1) > 1) throw new HttpError(503, 'down');
      return reply(200, 1, { headers: { 'cache-control': 'max-age=10, must-revalidate' } });
    });
  });
  await ask(`${url}/a`);
  pass(11);
  t.is((await ask(`${url}/a`)).status, 503);
});
