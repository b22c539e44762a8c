/** Handlers that misbehave: each gets its status, its line in the log, and the next request is served. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { HttpError, reply } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';
import type { Served } from '../helpers/serve.ts';

const get = (port: number, path = '/'): Promise<RawResponse> =>
  exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

/** Requests `path`, expects `status`, and finds the log line of that very answer. */
async function expectFailure(t: ExecutionContext, { port, logs }: Served, path: string, status = 500): Promise<void> {
  const response = await get(port, path);
  t.is(response.status, status, path);
  const { error } = response.json();
  const id = response.header('x-error-id');
  t.is(error.trace_id, id, path);
  if (status >= 500) t.false(response.text().includes('secret'), `${path}: internals stay inside`);
  const line = await logs.find(({ error_id: logged }) => logged === id);
  t.is(line['status'], status, path);
  t.is(line['level'], status >= 500 ? 50 : 40, path);
  t.is((await get(port)).text(), 'home', `the next request after ${path}`);
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const hostile = (): object =>
  new Proxy(new Error('secret'), {
    get() {
      throw new Error('secret trap');
    },
    getPrototypeOf() {
      throw new Error('secret trap');
    },
  });

const thrown: Record<string, () => unknown> = {
  error: () => new Error('secret'),
  string: () => 'secret',
  number: () => 42,
  undefined: () => undefined,
  null: () => null,
  symbol: () => Symbol('secret'),
  function: () => () => 'secret',
  frozen: () => Object.freeze(new Error('secret')),
  frozenObject: () => Object.freeze({ message: 'secret' }),
  noPrototype: () => Object.create(null) as object,
  revoked,
  hostile,
  response: () => new Response('secret'),
  promise: () => Promise.resolve('secret'),
  circular: () => {
    const error = new Error('secret') as Error & { cause: unknown };
    error.cause = error;
    return error;
  },
};

const home = (app: Covet): unknown => app.get('/', () => 'home');

test('whatever is thrown or rejected with is a 500 without internals', async (t) => {
  const served = await serve(t, (app) => {
    home(app);
    for (const [name, make] of Object.entries(thrown)) {
      app.get(`/sync/${name}`, () => {
        throw make();
      });
      app.get(`/async/${name}`, async () => {
        await sleep(0);
        throw make();
      });
      app.get(`/rejected/${name}`, () => Promise.reject(make()));
    }
  });
  for (const name in thrown) {
    for (const kind of ['sync', 'async', 'rejected']) await expectFailure(t, served, `/${kind}/${name}`);
  }
});

test('an HTTP error keeps its status and text', async (t) => {
  const served = await serve(t, (app) => {
    home(app);
    app.get('/teapot', () => {
      throw new HttpError(418, 'No coffee here', { headers: { 'x-pot': 'tea' } });
    });
  });
  await expectFailure(t, served, '/teapot', 418);
  const response = await get(served.port, '/teapot');
  t.is(response.json().error.message, 'No coffee here');
  t.is(response.header('x-pot'), 'tea');
});

test('values that cannot be sent are a 500', async (t) => {
  const served = await serve(t, (app) => {
    home(app);
    app.get('/bigint', () => ({ big: 1n }));
    app.get('/circular', () => {
      const value: { self?: unknown } = {};
      value.self = value;
      return value;
    });
    app.get('/function', () => () => 1);
    app.get('/symbol', () => Symbol('secret'));
    app.get('/getter', () => ({
      get secret() {
        throw new Error('secret');
      },
    }));
    app.get('/thenable', () => ({
      get then() {
        throw new Error('secret');
      },
    }));
    app.get('/used', async () => {
      const response = new Response('x');
      await response.text();
      return response;
    });
    app.get('/errored', () => Response.error());
    app.get(
      '/broken',
      () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('secret')) })),
    );
    app.get('/header', () => reply(200, 'x', { headers: { 'x-a': 'a\nb' } }));
  });
  for (const path of served.app.routes.map((route) => route.path).filter((path) => path !== '/')) {
    await expectFailure(t, served, path);
  }
});

test('bytes that were given away are no bytes, and no hanging request', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () => {
      const bytes = new Uint8Array(10);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    });
  });
  const response = await get(port);
  t.is(response.status, 200);
  t.is(response.body.byteLength, 0);
});

test('a handler that never answers is a 504; its own answer is too late, and harmless', async (t) => {
  const late = createGate<string>();
  const done = createGate();
  const served = await serve(
    t,
    (app) => {
      home(app);
      app.get('/never', () => new Promise(() => undefined));
      app.get('/late', async ({ req }) => {
        const value = await late.promise;
        setTimeout(done.open, 20);
        return `${value} ${req.path}`;
      });
      app.get('/lateError', async () => {
        await late.promise;
        throw new Error('too late');
      });
    },
    { limits: { handlerTimeout: 200 } },
  );
  const begin = performance.now();
  await Promise.all(['/never', '/late', '/lateError'].map((path) => expectFailure(t, served, path, 504)));
  const took = performance.now() - begin;
  t.true(took >= 200 && took < 2000, `${took} ms`);
  late.open('late');
  await done.promise;
  for (let count = 0; count < 20; count++) t.is((await get(served.port)).text(), 'home');
});

test('a handler is never timed out early, whenever it began', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', () => sleep(170).then(() => 'in time')), {
    limits: { handlerTimeout: 200 },
  });
  const runs = Array.from({ length: 12 }, async (_, index) => {
    await sleep(index * 23);
    return (await get(port)).text();
  });
  t.deepEqual(new Set(await Promise.all(runs)), new Set(['in time']));
});

test('handlerTimeout 0 waits for ever', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', () => sleep(400).then(() => 'slow')), {
    limits: { handlerTimeout: 0 },
  });
  t.is((await get(port)).text(), 'slow');
});

test('the signal fires with the reason when the time is up', async (t) => {
  const seen = createGate<unknown>();
  const { port } = await serve(
    t,
    (app) =>
      app.get('/', async ({ req: { signal } }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        seen.open(signal.reason);
      }),
    { limits: { handlerTimeout: 100 } },
  );
  t.is((await get(port)).status, 504);
  t.is(((await seen.promise) as { code?: string }).code, 'TIMEOUT_ERROR');
});
