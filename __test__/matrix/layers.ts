/** What runs around handlers and after them: middleware, dependencies, tasks, time. */
import assert from 'node:assert/strict';

import { Depends, Header, HttpError, reply } from '../../src/index.ts';
import type { BehaviourGroup } from './behaviour.ts';

/** What happened in the applications, by the `x-id` of the request. */
const trails = new Map<string, string[]>();

function note(id: string | undefined, what: string): void {
  const trail = trails.get(id ?? '');
  if (trail === undefined) trails.set(id ?? '', [what]);
  else trail.push(what);
}

let last = 0;
const newId = (): string => String(++last);

async function trailOf(id: string, length: number): Promise<readonly string[]> {
  // What follows a response may do so a little later.
  for (let turn = 0; turn < 200 && (trails.get(id)?.length ?? 0) < length; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return trails.get(id) ?? [];
}

const Session = Depends({ id: Header('x-id') }, async function* ({ id }) {
  note(id, 'open');
  try {
    yield 'session';
  } catch (error) {
    note(id, 'rollback');
    throw error;
  }
  note(id, 'commit');
});

const middleware: BehaviourGroup = {
  name: 'middleware',
  register(app) {
    app.use(async ({ req }, next) => {
      note(req.header('x-id'), 'in');
      const answer = await next();
      answer.headers.set('x-outer', String(answer.status));
      note(req.header('x-id'), 'out');
      return answer;
    });
    app.get('/open', () => 'open');
    app.get('/guarded', { middleware: [() => reply(401, { error: 'no' })] }, () => 'never');
    app.get('/session', { deps: { session: Session } }, ({ session }) => session);
    app.get('/failing', { deps: { session: Session } }, () => {
      throw new HttpError(409, 'No');
    });
    app.get('/streamed', { deps: { session: Session } }, async function* ({ session, req }) {
      note(req.header('x-id'), 'first');
      yield session;
    });
    app.get('/task', ({ req, afterResponse }) => {
      afterResponse(() => note(req.header('x-id'), 'task'));
      return 'answered';
    });
    app.notFound(({ req }) => reply(404, { own: req.path }));
  },
  behaviours: {
    async 'layers are around every answer, misses included'(send) {
      for (const [url, method, status] of [
        ['/open', 'GET', 200],
        ['/open', 'HEAD', 200],
        ['/guarded', 'GET', 401],
        ['/nowhere', 'GET', 404],
        ['/open', 'DELETE', 405],
      ] as const) {
        const id = newId();
        const response = await send({ url, method, headers: { 'x-id': id } });
        assert.deepEqual([response.status, response.headers['x-outer']], [status, String(status)], `${method} ${url}`);
        assert.deepEqual(await trailOf(id, 2), ['in', 'out']);
      }
      assert.deepEqual((await send('/nowhere')).json, { own: '/nowhere' });
    },
    async 'dependencies are closed before the answer, in success and failure'(send) {
      for (const [url, trail] of [
        ['/session', ['in', 'open', 'commit', 'out']],
        ['/failing', ['in', 'open', 'rollback', 'out']],
      ] as const) {
        const id = newId();
        await send({ url, headers: { 'x-id': id } });
        assert.deepEqual(await trailOf(id, 4), trail, url);
      }
    },
    async 'a stream keeps its dependencies open until its end'(send) {
      const id = newId();
      assert.equal((await send({ url: '/streamed', headers: { 'x-id': id } })).text, 'session');
      const trail = await trailOf(id, 5);
      assert.ok(trail.indexOf('first') < trail.indexOf('commit'), trail.join());
    },
    async 'tasks run after the response'(send) {
      const id = newId();
      assert.equal((await send({ url: '/task', headers: { 'x-id': id } })).text, 'answered');
      assert.deepEqual(await trailOf(id, 3), ['in', 'out', 'task']);
    },
  },
};

const Name = Depends(() => 'real');

const overrides: BehaviourGroup = {
  name: 'overrides',
  register(app) {
    app.get('/', { deps: { name: Name } }, ({ name }) => name);
    app.override(Name, 'fake');
  },
  behaviours: {
    async 'an override stands in the place of a dependency'(send) {
      assert.equal((await send('/')).text, 'fake');
    },
  },
};

export const layers: readonly BehaviourGroup[] = [middleware, overrides];

export const timeouts: BehaviourGroup = {
  name: 'timeouts',
  options: { limits: { handlerTimeout: 150 } },
  register(app) {
    app.get('/slow', ({ req }) => {
      const id = req.header('x-id');
      req.signal.addEventListener('abort', () => note(id, (req.signal.reason as Error).name));
      return new Promise(() => undefined);
    });
    app.get('/upstream', async () => {
      await new Promise((_, reject) => {
        const signal = AbortSignal.timeout(20);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    });
    app.get('/quick', () => 'quick');
  },
  behaviours: {
    async 'a handler that takes too long is 504, and hears of it'(send) {
      const id = newId();
      const response = await send({ url: '/slow', headers: { 'x-id': id } });
      assert.deepEqual([response.status, response.json.error.code], [504, 'TIMEOUT_ERROR']);
      assert.deepEqual(await trailOf(id, 1), ['TimeoutError']);
      assert.equal((await send('/quick')).text, 'quick');
    },
    async 'a time that has run out elsewhere is 504, too'(send) {
      assert.equal((await send('/upstream')).status, 504);
    },
  },
};
