/** Requests without a socket: inject and fetch, through the same server as those with one. */
import test from 'ava';

import { Depends, Covet, post, reply } from '../../src/index.ts';
import { createGate } from '../helpers/serve.ts';

const Clock = Depends(() => 'real');

function makeApp(): Covet {
  const app = new Covet({ logger: false, limits: { bodyLimit: 4_000_000 } });
  app.get('/users/{id:int}', ({ params, query, req }) => ({ id: params.id, query, ip: req.ip, cookies: req.cookies }));
  app.post('/echo', async ({ req }) => ({ type: req.header('content-type') ?? null, text: await req.text() }));
  app.post('/size', async ({ req }) => ({ size: (await req.bytes()).byteLength }));
  app.get('/big', () => new Uint8Array(3_000_000).fill(7));
  app.get('/clock', { deps: { clock: Clock } }, ({ clock }) => clock);
  app.get('/cookies', () => reply(201, { ok: true }).setCookie('a', '1').setCookie('b', '2'));
  app.get('/trailers', () =>
    reply(
      200,
      (async function* () {
        yield 'body';
      })(),
      { trailers: { 'x-sum': '4' } },
    ),
  );
  return app;
}

test('inject sends and reads without listening', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const response = await app.inject({
    url: '/users/7?a=1',
    query: { b: ['2', '3'], c: undefined },
    cookies: { s: 'x y' },
    remoteAddress: '2001:db8::1',
  });
  t.is(response.status, 200);
  t.deepEqual(await response.json(), { id: 7, query: { a: '1', b: '2' }, ip: '2001:db8::1', cookies: { s: 'x y' } });
  t.is((await app.inject('/nothing')).status, 404);
  const wrong = await app.inject({ method: 'DELETE', url: '/users/7' });
  t.is(wrong.status, 405);
  t.is(wrong.headers['allow'], 'GET, HEAD, OPTIONS');
  const head = await app.inject({ method: 'HEAD', url: '/big' });
  t.is(head.headers['content-length'], '3000000');
  t.is((await head.bytes()).byteLength, 0);
});

test('inject sends bodies of every kind', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const echo = async (body: unknown): Promise<unknown> =>
    (await app.inject({ method: 'POST', url: '/echo', body })).json();
  t.deepEqual(await echo({ a: 1 }), { type: 'application/json', text: '{"a":1}' });
  t.deepEqual(await echo('é'), { type: 'text/plain; charset=utf-8', text: 'é' });
  t.deepEqual(await echo(new Uint8Array([65])), { type: 'application/octet-stream', text: 'A' });
  t.deepEqual(await echo(new URLSearchParams({ a: 'b c' })), {
    type: 'application/x-www-form-urlencoded;charset=UTF-8',
    text: 'a=b+c',
  });
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 3; index++) yield new Uint8Array(1_000_000);
  };
  const sized = await app.inject({ method: 'POST', url: '/size', body: pieces() });
  t.deepEqual(await sized.json(), { size: 3_000_000 });
  const tooLarge = await app.inject({ method: 'POST', url: '/size', body: new Uint8Array(4_000_001) });
  t.is(tooLarge.status, 413);
});

test('inject reads large bodies, cookies and trailers, many at once', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const bodies = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => (await app.inject(`/users/${index}`)).json()),
  );
  t.deepEqual(
    bodies.map(({ id }) => id),
    Array.from({ length: 100 }, (_, index) => index),
  );
  t.is((await (await app.inject('/big')).bytes()).byteLength, 3_000_000);
  const cookies = await app.inject('/cookies');
  t.deepEqual(
    cookies.setCookies.map((line) => line.split(';')[0]),
    ['a=1', 'b=2'],
  );
  t.false('set-cookie' in cookies.headers);
  const trailed = await app.inject({ url: '/trailers', headers: { te: 'trailers' } });
  t.is(await trailed.text(), 'body');
  t.deepEqual(await trailed.trailers(), { 'x-sum': '4' });
});

test('inject sees overrides of dependencies', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const ask = async (): Promise<string> => (await app.inject('/clock')).text();
  t.is(await ask(), 'real');
  const takeBack = app.override(Clock, 'fake');
  t.is(await ask(), 'fake');
  takeBack();
  t.is(await ask(), 'real');
});

test('inject refuses clearly what cannot be sent', async (t) => {
  const app = makeApp();
  await t.throwsAsync(app.inject('users'), { instanceOf: TypeError, message: /starts with '\/', not "users"/ });
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  await t.throwsAsync(app.inject({ url: '/echo', body: cyclic }), { message: /cannot send this body/ });
  await t.throwsAsync(app.inject({ url: '/echo', body: () => 1 }), { message: /cannot send a function/ });
  await t.throwsAsync(app.inject({ url: '/clock', remoteAddress: 'here' }), { message: "'here' is no IP address" });
  await t.throwsAsync(app.inject({ url: '/a b' }), { code: 'ERR_UNESCAPED_CHARACTERS' });
  await app.close();
  await t.throwsAsync(app.inject('/clock'), { message: /The application is closed/ });
});

test('fetch answers web requests, streaming, with every cookie of its own', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const { fetch } = app;
  const cookies = await fetch(new Request('http://example.test/cookies'));
  t.is(cookies.status, 201);
  t.is(cookies.headers.getSetCookie().length, 2);
  t.false(cookies.headers.has('transfer-encoding'));
  const body = new Blob(['ping']).stream();
  const echoed = await fetch(new Request('http://a/echo', { method: 'POST', body, duplex: 'half' } as never));
  t.is(((await echoed.json()) as { text: string }).text, 'ping');
  t.is((await (await fetch(new Request('http://a/big'))).arrayBuffer()).byteLength, 3_000_000);
  await t.throwsAsync(fetch('/big' as never), { message: /takes a web Request/ });
});

test('an aborted request aborts req.signal', async (t) => {
  const app = new Covet({ logger: false });
  t.teardown(() => app.close(0));
  const [entered, gone] = [createGate(), createGate()];
  app.get('/wait', async ({ req }) => {
    req.signal.addEventListener('abort', () => gone.open());
    entered.open();
    await gone.promise;
  });
  const abort = new AbortController();
  const asked = app.fetch(new Request('http://a/wait', { signal: abort.signal }));
  await entered.promise;
  abort.abort();
  t.is(((await t.throwsAsync(asked, { any: true })) as DOMException).name, 'AbortError');
  await gone.promise;
  t.pass();
});

test('inject and fetch refuse what they would not send as it is meant', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  for (const [given, message] of [
    [null, /^inject\(\) takes an object of options, not null/],
    [{ url: '/', metod: 'POST' }, /^inject\(\) has no option 'metod'/],
    [{ url: '/', signal: 5 }, /an AbortSignal as 'signal', not 5/],
    [{ url: '/', cookies: 'a=b' }, /an object of names and values as 'cookies', not "a=b"/],
    [{ url: '/', headers: 'x' }, /an object of names and values as 'headers', not "x"/],
    [{ url: '/', headers: new Headers({ a: 'b' }) }, /as 'headers'/],
    [{ url: '/', query: [['a', 'b']] }, /as 'query'/],
    [{ url: '/', method: 5 }, /a text as 'method', not 5/],
    [{ url: '/', remoteAddress: 5 }, /a text as 'remoteAddress', not 5/],
    [{ url: '/', body: 'a', payload: 'b' }, /'body' or 'payload', not both/],
  ] as const) {
    await t.throwsAsync(app.inject(given as never), { instanceOf: TypeError, message });
  }
  const contract = post('/contract', {});
  for (const [inputs, message] of [
    [{ querry: {} }, /^inject\(\) of a contract has no option 'querry'/],
    [{ params: 'x' }, /as 'params', not "x"/],
    [null, /^inject\(\) of a contract takes an object of options, not null/],
  ] as const) {
    await t.throwsAsync(app.inject(contract as never, inputs as never), { instanceOf: TypeError, message });
  }
  const ask = (options: unknown): Promise<unknown> => app.fetch(new Request('http://a/clock'), options as never);
  await t.throwsAsync(ask({ remoteAddress: 5 }), { message: /^app\.fetch\(\) takes a text as 'remoteAddress', not 5/ });
  await t.throwsAsync(ask({ remote: '::1' }), { message: /^app\.fetch\(\) has no option 'remote'/ });
});
