/** What dependencies add to a response before there is one. */
import test from 'ava';
import { z } from 'zod';

import { type Covet, Depends, HttpError, Res, ndjson, reply } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';

const tracked = Depends({ res: Res }, ({ res }) => {
  res.setCookie('__Host-seen', 'yes');
  res.headers.set('x-by', 'dependency');
  res.headers.append('vary', 'Cookie');
  return res;
});

test('cookies and headers of a dependency leave with whatever is answered', async (t) => {
  const { url } = await serve(t, (app) => {
    const deps = { tracked };
    app.get('/plain', { deps }, () => 'plain');
    app.get('/later', { deps }, async () => 'later');
    app.get('/reply', { deps }, () => reply(201, 'own', { headers: { 'x-by': 'handler', vary: 'Accept' } }));
    app.get('/thrown', { deps }, () => {
      throw new HttpError(404);
    });
    app.get('/response', { deps }, () => new Response('web', { headers: { 'set-cookie': 'other=1' } }));
    app.get('/stream', { deps, response: ndjson(z.number()) }, async function* () {
      yield 1;
    });
    app.get('/empty', { deps }, () => {});
  });
  for (const [path, status, by, vary, cookies] of [
    ['/plain', 200, 'dependency', 'Cookie', 1],
    ['/later', 200, 'dependency', 'Cookie', 1],
    ['/reply', 201, 'handler', 'Accept, Cookie', 1],
    ['/thrown', 404, 'dependency', 'Accept, Cookie', 1],
    ['/response', 200, 'dependency', 'Cookie', 2],
    ['/stream', 200, 'dependency', 'Cookie', 1],
    ['/empty', 204, 'dependency', 'Cookie', 1],
  ] as const) {
    const { status: got, headers } = await fetch(url + path);
    t.is(got, status, path);
    t.is(headers.get('x-by'), by, path);
    t.is(headers.get('vary'), vary, path);
    const lines = headers.getSetCookie();
    t.is(lines.length, cookies, path);
    t.is(lines.at(-1), '__Host-seen=yes; Path=/; HttpOnly; Secure; SameSite=Lax', path);
  }
});

for (const mode of ['development', 'production'] as const) {
  test(`they leave as well where middleware answers in the handler's place: ${mode}`, async (t) => {
    const register = (app: Covet): void => {
      app.use(async (_context, next) => {
        await next();
        return reply(202, 'instead');
      });
      app.get('/', { deps: { tracked } }, () => 'plain');
    };
    const { url } = await serve(t, register, { mode });
    const { status, headers } = await fetch(url);
    t.is(status, 202);
    t.is(headers.getSetCookie().length, 1);
  });
}

test('what middleware takes off the reply stays off', async (t) => {
  const { url } = await serve(t, (app) => {
    app.use(async (_context, next) => {
      const answer = await next();
      answer.headers.delete('set-cookie');
      return answer;
    });
    app.get('/', { deps: { tracked } }, () => 'plain');
  });
  t.deepEqual((await fetch(url)).headers.getSetCookie(), []);
});

test('tasks run behind dependencies and before the response, in order', async (t) => {
  const steps: string[] = [];
  const resource = Depends(async function* () {
    yield 'resource';
    steps.push('closed');
  });
  const tasks = Depends({ res: Res }, ({ res }) => {
    res.beforeSend(async () => {
      await Promise.resolve();
      steps.push('one');
      res.beforeSend(() => void steps.push('three'));
    });
    res.beforeSend(() => {
      steps.push('two');
      res.setCookie('a', '1');
    });
  });
  const { url } = await serve(t, (app) => {
    app.get('/', { deps: { resource, tasks } }, () => {
      steps.push('handler');
    });
    app.get('/stream', { deps: { resource, tasks } }, () => {
      steps.push('handler');
      return (async function* () {
        await Promise.resolve();
        yield 'piece';
        steps.push('streamed');
      })();
    });
  });
  const answer = await fetch(url);
  t.is(answer.headers.getSetCookie().length, 1);
  t.deepEqual(steps.splice(0), ['handler', 'closed', 'one', 'two', 'three']);
  const stream = await fetch(`${url}/stream`);
  t.is(stream.headers.getSetCookie().length, 1);
  t.is(await stream.text(), 'piece');
  // The head waited for the tasks, the end for the dependency.
  t.deepEqual(
    steps.filter((step) => step !== 'streamed'),
    ['handler', 'one', 'two', 'three', 'closed'],
  );
});

test('no task runs for a request that failed', async (t) => {
  let ran = false;
  const tasks = Depends({ res: Res }, ({ res }) => res.beforeSend(() => void (ran = true)));
  const { url } = await serve(t, (app) =>
    app.get('/', { deps: { tasks } }, () => {
      throw new HttpError(400);
    }),
  );
  t.is((await fetch(url)).status, 400);
  t.false(ran);
});

for (const kind of ['plain', 'stream'] as const) {
  test(`a task that fails takes the answer's place, and everything is closed: ${kind}`, async (t) => {
    const steps: string[] = [];
    const before = Depends(async function* () {
      try {
        yield 1;
      } finally {
        steps.push('before');
      }
    });
    const after = Depends(
      async function* () {
        try {
          yield 1;
        } finally {
          steps.push('after');
        }
      },
      { teardown: 'after' },
    );
    const tasks = Depends({ res: Res }, ({ res }) =>
      res.beforeSend(() => {
        throw new HttpError(409, 'Too late');
      }),
    );
    const { app, url } = await serve(t, (app) =>
      app.get('/', { deps: { before, after, tasks } }, () =>
        kind === 'plain' ? 'plain' : ReadableStream.from(['a', 'b']),
      ),
    );
    const answer = await fetch(url);
    t.is(answer.status, 409);
    t.regex(await answer.text(), /Too late/);
    await app.close();
    t.deepEqual(steps.toSorted(), ['after', 'before']);
  });
}

test('what comes after the response has left is refused', async (t) => {
  let late: unknown;
  const { app, url } = await serve(t, (app) =>
    app.get('/', { deps: { res: Res } }, ({ res }) => {
      res.afterResponse(() => {
        late = t.throws(() => res.setCookie('late', '1'), { message: /The response has left/ });
        t.throws(() => res.beforeSend(() => undefined), { message: /The response has left/ });
      });
    }),
  );
  t.is((await fetch(url)).status, 204);
  await app.close();
  t.true(late instanceof Error);
});

test('a singleton cannot keep the response of one request', async (t) => {
  const captive = Depends({ res: Res }, ({ res }) => res, { scope: 'singleton', name: 'captive' });
  const failure = await t.throwsAsync(serve(t, (app) => app.get('/', { deps: { captive } }, () => 'x')));
  t.regex(failure?.message ?? '', /captive.*Res/);
});
