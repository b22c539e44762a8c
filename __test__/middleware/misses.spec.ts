/** Requests without a route, and errors that the application answers itself. */
import test from 'ava';

import { CovetError, HttpError, reply } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const ask = (port: number, path = '/', method = 'GET'): Promise<RawResponse> =>
  exchange(port, `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

test('misses walk through the middleware: 404, 405 with Allow, OPTIONS, and notFound', async (t) => {
  const seen: string[] = [];
  const register = (app: Covet): void => {
    app.use(async ({ req }, next) => {
      const inner = await next();
      seen.push(`${req.method} ${req.route} ${inner.status}`);
      inner.headers.set('x-out', '1');
    });
    app.get('/known', () => 'x');
  };
  const { port } = await serve(t, register);
  const missing = await ask(port, '/missing');
  t.is(missing.status, 404);
  t.is(missing.json().error.code, 'NOT_FOUND');
  const wrong = await ask(port, '/known', 'POST');
  t.is(wrong.status, 405);
  t.is(wrong.header('allow'), 'GET, HEAD, OPTIONS');
  const options = await ask(port, '/known', 'OPTIONS');
  t.is(options.status, 204);
  t.is(options.header('allow'), 'GET, HEAD, OPTIONS');
  for (const response of [missing, wrong, options]) t.is(response.header('x-out'), '1');
  t.deepEqual(seen, ['GET * 404', 'POST * 405', 'OPTIONS * 204']);
});

test('notFound answers what no route has, and only that', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/known', () => 'x');
    app.notFound(({ req }) =>
      req.path === '/boom' ? Promise.reject(new Error('x')) : reply(404, { path: req.path, host: req.url.host }),
    );
  });
  t.deepEqual((await ask(port, '/nowhere')).json(), { path: '/nowhere', host: 'a' });
  t.deepEqual((await ask(port, '//other.example/x')).json(), { path: '//other.example/x', host: 'a' });
  t.is((await ask(port, '/boom')).status, 500);
  t.is((await ask(port, '/known')).text(), 'x');
  t.is((await ask(port, '/known', 'POST')).status, 405);
});

test('onError answers in the order of registration; what it does not answer gets the usual body', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.onError((error) => (error.status === 418 ? reply(418, { first: error.code }) : undefined));
    app.onError(async (error, { req }) => {
      await sleep(1);
      if (req.path === '/broken') throw new Error('the handler of errors');
      return (error.cause as Error | undefined)?.message === 'second'
        ? { second: error instanceof CovetError }
        : undefined;
    });
    for (const message of ['second', 'usual', 'broken']) {
      app.get(`/${message}`, () => {
        throw new Error(message);
      });
    }
    app.get('/tea', () => {
      throw new HttpError(418);
    });
  });
  const tea = await ask(port, '/tea');
  t.is(tea.status, 418);
  t.truthy(tea.json().first);
  const second = await ask(port, '/second');
  t.is(second.status, 200);
  t.deepEqual(second.json(), { second: true });
  t.is((await ask(port, '/usual')).json().error.code, 'SYSTEM_ERROR');
  t.is((await ask(port, '/broken')).status, 500);
  for (const message of ['second', 'usual', 'broken', 'the handler of errors']) {
    await logs.find(({ msg }) => String(msg).includes(message));
  }
  t.pass();
});

test('everything is registered before the application starts', async (t) => {
  const { app } = await serve(t, (application) => application.get('/', () => 'x'));
  const late: (() => unknown)[] = [
    () => app.use(() => undefined),
    () => app.get('/late', () => 'x'),
    () => app.onError(() => undefined),
    () => app.notFound(() => 'x'),
    () => app.onStart(() => undefined),
  ];
  for (const register of late) t.throws(register, { instanceOf: CovetError, message: /has started/ });
});
