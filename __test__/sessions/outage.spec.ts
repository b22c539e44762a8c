/** A store that goes away: who needs the session is told to come again, all others notice nothing. */
import test, { type ExecutionContext } from 'ava';

import { createOwnPostgres } from '../../scripts/postgres.mjs';
import { database } from '../../src/data/index.ts';
import { Depends, type Dep } from '../../src/index.ts';
import { redis } from '../../src/redis/index.ts';
import { PostgresSessionStore, RedisSessionStore, sessions, type SessionStore } from '../../src/sessions/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { serve, sleep } from '../helpers/serve.ts';

interface Server {
  readonly url: string;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  close(): Promise<unknown>;
}

async function survives(t: ExecutionContext, server: Server, store: Dep<SessionStore>): Promise<void> {
  t.teardown(() => server.close());
  await server.start();
  const session = sessions<{ n: number }>({ store });
  const { url } = await serve(t, (app) => {
    app.get('/none', { deps: { session } }, () => ({}));
    app.get('/get', { deps: { session } }, async ({ session }) => ({ n: (await session.get())?.n ?? 0 }));
    app.post('/add', { deps: { session } }, ({ session }) => session.update((data) => ({ n: (data?.n ?? 0) + 1 })));
    app.post('/logout', { deps: { session } }, ({ session }) => session.destroy());
  });
  const [line = ''] = (await fetch(`${url}/add`, { method: 'POST' })).headers.getSetCookie();
  const headers = { cookie: line.split(';')[0]! };
  t.deepEqual(await (await fetch(`${url}/get`, { headers })).json(), { n: 1 });

  await server.stop();
  for (const [path, method] of [
    ['get', 'GET'],
    ['add', 'POST'],
    ['logout', 'POST'],
  ] as const) {
    const begin = performance.now();
    const answer = await fetch(`${url}/${path}`, { method, headers });
    t.is(answer.status, 503, path);
    t.regex(answer.headers.get('retry-after') ?? '', /^\d+$/);
    t.deepEqual(answer.headers.getSetCookie(), [], 'nobody is logged out by it');
    t.true(performance.now() - begin < 8000, 'nobody is kept waiting');
    await answer.arrayBuffer();
  }
  t.is((await fetch(`${url}/add`, { method: 'POST' })).status, 503, 'a session cannot begin');
  t.is((await fetch(`${url}/none`, { headers })).status, 200);
  t.deepEqual(await (await fetch(`${url}/get`)).json(), { n: 0 }, 'who has no cookie needs no store');

  await server.start();
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${url}/add`, { method: 'POST', headers });
    await answer.arrayBuffer();
    if (answer.status < 400) break;
    t.true(tries < 300, 'it comes back');
    await sleep(100);
  }
}

test('Redis', async (t) => {
  const server = await createOwnRedis();
  const main = redis('main', { url: server.url, maxRetryDelay: 200, logger: false });
  const store = Depends({ redis: main }, ({ redis }) => new RedisSessionStore(redis), { scope: 'singleton' });
  await survives(t, server, store);
});

test('PostgreSQL', async (t) => {
  const server = await createOwnPostgres();
  const main = database('main', { url: server.url, acquireTimeout: 2000 });
  const store = Depends(
    { db: main },
    async ({ db }) => {
      const store = new PostgresSessionStore(db);
      await store.ensureSchema();
      return store;
    },
    { scope: 'singleton' },
  );
  await survives(t, server, store);
});
