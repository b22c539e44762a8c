/** Middleware: the order of its layers, early answers, and a way out that is always walked. */
import test from 'ava';

import { HttpError, controller, get, reply } from '../../src/index.ts';
import type { MiddlewareContext, MiddlewareFunction, ReplyLike } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const ask = (port: number, path = '/', method = 'GET'): Promise<RawResponse> =>
  exchange(port, `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

/** Notes its way in and out. */
const noting =
  (trail: string[], name: string): MiddlewareFunction =>
  async (_ctx, next) => {
    trail.push(`>${name}`);
    const inner = await next();
    trail.push(`<${name} ${inner.status}`);
    return inner;
  };

test('layers run from the first to the last and back: app, controller, route', async (t) => {
  const trail: string[] = [];
  const Show = get('/x', { middleware: [noting(trail, 'route')] });
  class Shows {
    show(): string {
      trail.push('handler');
      return 'x';
    }
  }
  Show(Shows.prototype, 'show', Object.getOwnPropertyDescriptor(Shows.prototype, 'show')!);
  controller('/shows', { middleware: [noting(trail, 'controller')] })(Shows);
  const { port } = await serve(t, (app) => {
    app.use(noting(trail, 'app 1'));
    app.register(Shows);
    app.use(noting(trail, 'app 2'), noting(trail, 'app 3'));
  });
  t.is((await ask(port, '/shows/x')).text(), 'x');
  t.deepEqual(trail, [
    '>app 1',
    '>app 2',
    '>app 3',
    '>controller',
    '>route',
    'handler',
    '<route 200',
    '<controller 200',
    '<app 3 200',
    '<app 2 200',
    '<app 1 200',
  ]);
});

test('an early answer skips what is inside it and is seen by what is outside', async (t) => {
  const trail: string[] = [];
  const { port } = await serve(t, (app) => {
    app.use(noting(trail, 'outer'));
    app.use(() => reply(403, { no: true }));
    app.use(noting(trail, 'inner'));
    app.get('/', () => {
      trail.push('handler');
    });
  });
  const response = await ask(port);
  t.is(response.status, 403);
  t.deepEqual(response.json(), { no: true });
  t.deepEqual(trail, ['>outer', '<outer 403']);
});

test('an error inside is a reply with its error on the way out, and can be replaced', async (t) => {
  const seen: unknown[] = [];
  const boom = new Error('boom');
  const { port } = await serve(t, (app) => {
    app.use(async ({ req }, next) => {
      const inner = await next();
      seen.push(inner.error);
      inner.headers.set('x-out', '1');
      return req.path === '/replaced' ? reply(200, 'saved') : undefined;
    });
    app.get('/thrown', () => {
      throw boom;
    });
    app.get('/replaced', () => Promise.reject(boom));
    app.get('/refused', () => {
      throw new HttpError(418, 'tea');
    });
  });
  const thrown = await ask(port, '/thrown');
  t.is(thrown.status, 500);
  t.is(thrown.header('x-out'), '1');
  t.is((await ask(port, '/replaced')).text(), 'saved');
  t.is((await ask(port, '/refused')).status, 418);
  t.is(seen[0], boom);
  t.is(seen[1], boom);
  t.true(seen[2] instanceof HttpError);
});

test('errors of middleware itself are seen by the layers around it', async (t) => {
  const trail: string[] = [];
  const { port, logs } = await serve(t, (app) => {
    app.use(noting(trail, 'outer'));
    app.use(async ({ req }, next) => {
      if (req.path === '/before') throw new Error('before');
      await next();
      throw new Error('after');
    });
    app.get('/before', () => 'x');
    app.get('/after', () => 'x');
  });
  for (const path of ['/before', '/after']) {
    const response = await ask(port, path);
    t.is(response.status, 500);
    await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  }
  t.deepEqual(trail, ['>outer', '<outer 500', '>outer', '<outer 500']);
});

test('next() twice is an error, the handler runs once', async (t) => {
  let calls = 0;
  const { port, logs } = await serve(t, (app) => {
    app.use(async (_ctx, next) => {
      await next();
      return next();
    });
    app.get('/', () => ++calls);
  });
  const response = await ask(port);
  t.is(response.status, 500);
  t.is(calls, 1);
  const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  t.regex(String(line['msg']), /next\(\) was called twice/);
});

test('nothing returned keeps the inner reply; neither that nor next() is an error that names the middleware', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.use(async function keeps(_ctx, next) {
      await next();
    });
    app.use(function idle({ req }, next) {
      if (req.path !== '/idle') void next();
    });
    app.get('/', () => 'kept');
    app.get('/slow', () => sleep(20).then(() => 'slow'));
    app.get('/idle', () => 'never');
  });
  t.is((await ask(port)).text(), 'kept');
  t.is((await ask(port, '/slow')).text(), 'slow');
  const response = await ask(port, '/idle');
  t.is(response.status, 500);
  const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  t.regex(String(line['msg']), /'idle' neither returned an answer nor called next/);
});

test('objects and classes: onRequest may answer, onResponse sees every reply and may replace it', async (t) => {
  const trail: string[] = [];
  class Phases {
    onRequest({ req }: MiddlewareContext): unknown {
      trail.push(`in ${req.path}`);
      if (req.path === '/early') return reply(401, 'early');
      if (req.path === '/fails') throw new Error('in');
      return undefined;
    }
    async onResponse(inner: ReplyLike, { req }: MiddlewareContext): Promise<unknown> {
      await sleep(1);
      trail.push(`out ${req.path} ${inner.status} ${inner.error instanceof Error ? inner.error.message : ''}`);
      inner.headers.set('x-phases', 'yes');
      return req.path === '/replaced' ? reply(202, 'instead') : undefined;
    }
  }
  const { port } = await serve(t, (app) => {
    app.use(Phases);
    app.use({ onResponse: (inner: ReplyLike) => inner.headers.append('x-object', '1') });
    for (const path of ['/plain', '/early', '/fails', '/replaced']) app.get(path, () => 'plain');
    app.get('/error', () => {
      throw new Error('handler');
    });
  });
  for (const [path, status, hasHeader] of [
    ['/plain', 200, true],
    ['/early', 401, true],
    ['/fails', 500, true],
    ['/replaced', 202, false],
    ['/error', 500, true],
    ['/missing', 404, true],
  ] as const) {
    const response = await ask(port, path);
    t.is(response.status, status, path);
    t.is(response.header('x-phases'), hasHeader ? 'yes' : undefined, path);
  }
  t.deepEqual(trail, [
    'in /plain',
    'out /plain 200 ',
    'in /early',
    'out /early 401 ',
    'in /fails',
    'out /fails 500 in',
    'in /replaced',
    'out /replaced 200 ',
    'in /error',
    'out /error 500 handler',
    'in /missing',
    'out /missing 404 Not Found',
  ]);
});

test('a class is constructed once, with what it injects', async (t) => {
  let made = 0;
  class Counted {
    readonly #number = ++made;
    onResponse(inner: ReplyLike): void {
      inner.headers.set('x-made', String(this.#number));
    }
  }
  const { port } = await serve(t, (app) => {
    app.use(Counted);
    app.get('/', { middleware: [Counted] }, () => 'x');
    app.get('/other', { middleware: [Counted] }, () => 'x');
  });
  t.is((await ask(port)).header('x-made'), '1');
  t.is((await ask(port, '/other')).header('x-made'), '1');
  t.is(made, 1);
});
