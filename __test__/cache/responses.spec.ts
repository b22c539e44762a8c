/** Answers kept in front of handlers, through a socket. */
import test from 'ava';

import { cache, cacheResponses } from '../../src/cache/index.ts';
import { HttpError, reply } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { ask, start } from './ask-cached.ts';
import { open } from './open-cache.ts';

test('an answer is kept with its status, type and headers, and told its age', async (t) => {
  const { url, calls } = await start(t, (n) => reply(203, { n }, { headers: { 'x-own': 'mine' } }));
  const first = await ask(`${url}/a`);
  const second = await ask(`${url}/a`);
  t.is(calls(), 1);
  t.is(second.body, '{"n":1}');
  t.is(second.status, 203);
  for (const name of ['content-type', 'etag', 'x-own']) t.is(second.headers[name], first.headers[name], name);
  t.is(first.headers['age'], undefined);
  t.regex(second.headers['age'], /^\d+$/);
  const head = await ask(`${url}/a`, {}, 'HEAD');
  t.is(head.status, 203);
  t.is(head.body, '');
  t.is(calls(), 1);
});

test('a cache that is a dependency is the application’s to give', async (t) => {
  const main = cache('answers', { ttl: 60 });
  let calls = 0;
  const { url, app } = await serve(t, (app) => {
    const keep = cacheResponses({ cache: () => app.resolve(main), tags: ({ path }) => [path] });
    app.get('/a', { middleware: [keep] }, () => (calls += 1));
  });
  t.is((await ask(`${url}/a`)).body, '1');
  t.is((await ask(`${url}/a`)).body, '1');
  await (await app.resolve(main)).deleteByTag('/a');
  t.is((await ask(`${url}/a`)).body, '2');
});

test('a client that has it gets 304, at the first time and later', async (t) => {
  const { url, calls } = await start(t, () => 'same');
  const { headers } = await ask(`${url}/a`);
  const known = { 'if-none-match': `"other", ${headers['etag']}` };
  const again = await ask(`${url}/a`, known);
  t.is(again.status, 304);
  t.is(again.body, '');
  t.is(again.headers['etag'], headers['etag']);
  t.is((await ask(`${url}/a`, { 'if-none-match': '"other"' })).status, 200);
  t.is((await ask(`${url}/a`, { ...known, 'cache-control': 'no-cache' })).status, 304);
  t.is(calls(), 2);
});

test('query and what Vary names make other answers', async (t) => {
  const { url, calls } = await start(t, (n) => reply(200, n, { headers: { vary: 'Accept-Language' } }), {
    vary: ['x-plan'],
  });
  const body = async (path: string, headers: Record<string, string> = {}) => (await ask(url + path, headers)).body;
  t.is(await body('/a'), '1');
  t.is(await body('/a?x=1'), '2');
  t.is(await body('/a', { 'accept-language': 'de' }), '3');
  t.is(await body('/a', { 'x-plan': 'pro' }), '4');
  t.is(await body('/a', { 'accept-language': 'de' }), '3');
  t.is(await body('/a'), '1');
  t.is(calls(), 4);
  t.is((await ask(`${url}/a`)).headers['vary'].toLowerCase(), 'accept-language, x-plan');
});

const unkept: Record<string, (n: number) => unknown> = {
  'no-store': (n) => reply(200, n, { headers: { 'cache-control': 'no-store' } }),
  private: (n) => reply(200, n, { headers: { 'cache-control': 'max-age=60, Private' } }),
  'no-cache': (n) => reply(200, n, { headers: { 'cache-control': 'no-cache="x"' } }),
  'max-age=0': (n) => reply(200, n, { headers: { 'cache-control': 'max-age=0' } }),
  'a max-age that is none': (n) => reply(200, n, { headers: { 'cache-control': 'max-age=soon' } }),
  'Vary: *': (n) => reply(200, n, { headers: { vary: '*' } }),
  'a cookie': (n) => reply(200, n).setCookie('id', String(n)),
  'status 201': (n) => reply(201, n),
  'an error': (n) => {
    throw new HttpError(404, `no ${n}`);
  },
  'a stream': (n) => ReadableStream.from([new Uint8Array([n])]),
};
for (const [what, answer] of Object.entries(unkept)) {
  test(`${what} is not kept`, async (t) => {
    const { url, calls } = await start(t, answer);
    await ask(`${url}/a`);
    await ask(`${url}/a`);
    t.is(calls(), 2);
  });
}

test('other methods and requests with no-store pass by', async (t) => {
  const { url, calls } = await start(t, (n) => n);
  await ask(`${url}/a`, {}, 'POST');
  await ask(`${url}/a`, {}, 'POST');
  await ask(`${url}/a`, { 'cache-control': 'no-store' });
  await ask(`${url}/a`);
  t.is(calls(), 4);
});

test('what was made for somebody is given to nobody else', async (t) => {
  const { url, calls } = await start(t, (n) => n);
  for (const headers of [{ authorization: 'Bearer 1' }, { cookie: 'id=1' }]) {
    await ask(`${url}/a`, headers);
    await ask(`${url}/a`, headers);
  }
  t.is(calls(), 4);
  t.is((await ask(`${url}/a`)).body, '5');
  t.is((await ask(`${url}/a`, { cookie: 'id=1' })).body, '6', 'nor is what was made for nobody given to somebody');
});

test('what says public is for all, and keyed answers are for the same credentials', async (t) => {
  const all = await start(t, (n) => reply(200, n, { headers: { 'cache-control': 'public, max-age=60' } }));
  t.is((await ask(`${all.url}/a`, { cookie: 'id=1' })).body, '1');
  t.is((await ask(`${all.url}/a`, { cookie: 'id=2' })).body, '1');
  const keyed = await start(t, (n) => n, { private: 'keyed' });
  t.is((await ask(`${keyed.url}/a`, { authorization: 'Bearer 1' })).body, '1');
  t.is((await ask(`${keyed.url}/a`, { authorization: 'Bearer 2' })).body, '2');
  t.is((await ask(`${keyed.url}/a`, { authorization: 'Bearer 1' })).body, '1');
  t.is((await ask(`${keyed.url}/a`)).body, '3');
});

test('answers are deleted by tag', async (t) => {
  const { url, cache } = await start(t, (n) => n, { tags: () => ['rates'] });
  await ask(`${url}/a`);
  t.is((await ask(`${url}/a`)).body, '1');
  await cache.deleteByTag('rates');
  t.is((await ask(`${url}/a`)).body, '2');
});

test('a kept answer is compressed for whom it may be, and 304 says what it depends on', async (t) => {
  const { cache } = await open(t, 'memory');
  const text = 'compressed '.repeat(1000);
  let calls = 0;
  const { url } = await serve(
    t,
    (app) => {
      app.get('/a', { middleware: [cacheResponses({ cache, vary: ['x-plan'] })] }, () => {
        calls += 1;
        return text;
      });
    },
    { compression: true },
  );
  const varies = (headers: Record<string, any>): string[] =>
    String(headers['vary'])
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .sort();
  for (const round of ['made', 'kept']) {
    const zipped = await ask(`${url}/a`, { 'accept-encoding': 'gzip' });
    t.is(zipped.headers['content-encoding'], 'gzip', round);
    t.deepEqual(varies(zipped.headers), ['accept-encoding', 'x-plan'], round);
    const plain = await ask(`${url}/a`);
    t.is(plain.headers['content-encoding'], undefined, round);
    t.is(plain.body, text, round);
    t.deepEqual(varies(plain.headers), ['accept-encoding', 'x-plan'], round);
    for (const { etag } of [zipped.headers, plain.headers] as { etag: string }[]) {
      const again = await ask(`${url}/a`, { 'accept-encoding': 'gzip', 'if-none-match': etag });
      t.is(again.status, 304, round);
      t.is(again.body, '', round);
      t.true(varies(again.headers).includes('x-plan'), round);
      t.is(again.headers['content-encoding'], undefined, round);
    }
  }
  t.is(calls, 1);
});
