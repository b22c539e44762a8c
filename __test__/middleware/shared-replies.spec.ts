/** Replies that a program keeps and gives again: what is done to one answer must not show in another. */
import test from 'ava';

import { reply } from '../../src/index.ts';
import type { ReplyLike } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const cookies = ({ lines }: { lines: readonly (readonly [string, string])[] }): string[] =>
  lines.filter(([name]) => name === 'set-cookie').map(([, value]) => value);

const ask = (port: number, path: string, user: string) =>
  exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nX-User: ${user}\r\n\r\n`);

test('a reply made once and returned by every request carries only its own request’s headers', async (t) => {
  const constant = reply(200, { ok: true }, { headers: { 'x-own': 'constant' } });
  const forbidden = reply(403, 'no');
  const { port } = await serve(t, (app) => {
    app.use(async ({ req }, next) => {
      const inner = await next();
      inner.headers.append('set-cookie', `session=${req.header('x-user')}`);
      return inner;
    });
    app.use(({ req }, next) => (req.path === '/forbidden' ? forbidden : next()));
    app.get('/constant', () => constant);
  });
  for (const path of ['/constant', '/forbidden']) {
    for (const user of ['ann', 'bob', 'eve']) {
      const response = await ask(port, path, user);
      t.deepEqual(cookies(response), [`session=${user}`], path);
      if (path === '/constant') t.is(response.header('x-own'), 'constant');
      t.is(response.status, path === '/forbidden' ? 403 : 200);
    }
  }
  t.is(constant.headers.get('set-cookie'), null);
});

test('a reply that another request was answered with is refused: it may carry that client’s cookies', async (t) => {
  let cached: ReplyLike | undefined;
  const { port, logs } = await serve(t, (app) => {
    app.use(async ({ req }, next) => {
      const inner = await next();
      inner.headers.append('set-cookie', `session=${req.header('x-user')}`);
    });
    app.use(async (_ctx, next) => (cached ??= await next()));
    app.get('/', () => ({ made: 'once' }));
  });
  t.deepEqual(cookies(await ask(port, '/', 'ann')), ['session=ann']);
  const response = await ask(port, '/', 'eve');
  t.is(response.status, 500);
  t.deepEqual(cookies(response), ['session=eve']);
  const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  t.regex(String(line['msg']), /belongs to one request/);
});

test('a content type set on the way out takes the place of the usual one', async (t) => {
  const { port } = await serve(t, (app) => {
    app.use(async (_ctx, next) => {
      (await next()).headers.set('content-type', 'application/vnd.x+json');
    });
    app.get('/', () => ({ a: 1 }));
  });
  const { lines } = await ask(port, '/', 'ann');
  t.deepEqual(
    lines.filter(([name]) => name === 'content-type').map(([, value]) => value),
    ['application/vnd.x+json'],
  );
});

test('one reply returned by routes of different schemas is written by each of them', async (t) => {
  const { z } = await import('zod');
  const user = reply(200, { name: 'ann', password: 'secret' });
  const { port } = await serve(
    t,
    (app) => {
      app.get('/full', () => user);
      app.get('/public', { response: z.object({ name: z.string() }) }, () => user as never);
    },
    { mode: 'production' },
  );
  t.deepEqual((await ask(port, '/full', 'x')).json(), { name: 'ann', password: 'secret' });
  t.deepEqual((await ask(port, '/public', 'x')).json(), { name: 'ann' });
});
