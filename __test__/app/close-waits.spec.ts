/** Close waits for all that still uses the application, be it that nobody waits for its answer any more. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { z } from 'zod';

import { Covet, Depends, sse } from '../../src/index.ts';
import type { CovetOptions } from '../../src/index.ts';
import { runProgram } from '../helpers/child.ts';
import type { Child } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { LogLines, sleep, until } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** An application whose parts note their ends: routes with a dependency on a singleton. */
async function serveTraced(t: ExecutionContext, limits: CovetOptions['limits'] = {}) {
  const trail: string[] = [];
  const logs = new LogLines();
  const store = Depends(() => ({ [Symbol.dispose]: () => void trail.push('singleton') }), { scope: 'singleton' });
  const used = Depends({ store }, async function* () {
    try {
      yield 'used';
    } finally {
      await sleep(20);
      trail.push('dependency');
    }
  });
  const app = new Covet({ logger: { destination: logs }, limits });
  app.get('/events', { deps: { used }, response: sse(z.number()) }, async function* ({ req, afterResponse }) {
    afterResponse(async () => {
      await sleep(100);
      trail.push('task');
    });
    try {
      yield { data: 1 };
      await new Promise((resolve) => req.signal.addEventListener('abort', resolve));
    } finally {
      await sleep(400);
      trail.push('finally');
    }
  });
  app.get('/work/{id:int}', { deps: { used } }, async ({ params }) => {
    trail.push('begun');
    await sleep(params.id);
    trail.push('done');
    return 'late';
  });
  const { port } = await app.listen({ port: 0 });
  t.teardown(() => app.close(0));
  return { app, port, trail, errors: () => logs.lines.filter(({ level }) => level >= 50) };
}

async function openEvents(port: number): Promise<RawConnection> {
  const connection = (await RawConnection.open(port)).send(get('/events'));
  while (!connection.unread.includes('data: 1\n\n')) await sleep(5);
  return connection;
}

const ends = ['finally', 'dependency', 'task', 'singleton'];

test('close waits for the ends of event streams, their dependencies and their tasks', async (t) => {
  const { app, port, trail, errors } = await serveTraced(t);
  const connection = await openEvents(port);
  const begin = performance.now();
  const closing = app.close(5000);
  t.true((await connection.next()).isWhole);
  t.true(performance.now() - begin < 350, 'the client does not wait for them');
  await closing;
  t.deepEqual(trail, ends);
  t.deepEqual(errors(), []);
});

test('close waits for a stream whose client has just gone', async (t) => {
  const { app, port, trail, errors } = await serveTraced(t);
  const connection = await openEvents(port);
  connection.reset();
  await sleep(100);
  await app.close(5000);
  t.deepEqual(trail, ends);
  t.deepEqual(errors(), []);
});

test('close waits for a handler whose client has gone', async (t) => {
  const { app, port, trail, errors } = await serveTraced(t);
  const connection = (await RawConnection.open(port)).send(get('/work/500'));
  t.true(await until(() => trail.length > 0));
  connection.reset();
  await sleep(100);
  await app.close(5000);
  t.deepEqual(trail, ['begun', 'done', 'dependency', 'singleton']);
  t.deepEqual(errors(), []);
});

test('close waits for a handler that was timed out', async (t) => {
  const { app, port, trail, errors } = await serveTraced(t, { handlerTimeout: 100 });
  const connection = await RawConnection.open(port);
  t.is((await connection.send(get('/work/900')).next()).status, 504);
  await app.close(5000);
  t.deepEqual(trail, ['begun', 'done', 'dependency', 'singleton']);
  t.deepEqual(
    errors().filter(({ msg }) => /closed/.test(msg)),
    [],
  );
});

test('what does not end within the grace is told so, reported by its route, and waited for no longer', async (t) => {
  const { app, port, trail, errors } = await serveTraced(t, { handlerTimeout: 100 });
  const connection = await RawConnection.open(port);
  t.is((await connection.send(get('/work/2000')).next()).status, 504);
  const gone = (await RawConnection.open(port)).send(get('/work/2001'));
  t.true(await until(() => trail.length === 2));
  gone.reset();
  await openEvents(port);
  const begin = performance.now();
  await app.close(200);
  t.true(performance.now() - begin < 700);
  t.deepEqual(trail, ['begun', 'begun', 'singleton']);
  const cut = errors().filter(({ err }) => /The server closed before this ended/.test(err?.message ?? ''));
  t.deepEqual(cut.map(({ err, route }) => `${route}: ${err.message.split(': ')[1]}`).toSorted(), [
    '/events: the stream of GET /events',
    '/work/{id:int}: the handler of GET /work/{id:int}',
    '/work/{id:int}: the handler of GET /work/{id:int}',
  ]);
});

const trailOf = (child: Child): string[] =>
  child.output.filter((line) => line.startsWith('trail=')).map((line) => line.slice(6));

test('SIGTERM ends the process behind the ends of its event streams', async (t) => {
  const child = runProgram(t, 'app/programs/streaming.ts');
  await openEvents(Number(await child.report('port')));
  child.process.kill('SIGTERM');
  t.deepEqual(await child.exit, { code: 0, signal: null });
  t.deepEqual(trailOf(child), ['told', ...ends], child.output.join('\n'));
});

test('event streams of all threads hear of the close when it begins', async (t) => {
  const child = runProgram(t, 'app/programs/streaming.ts', '3');
  const port = Number(await child.report('port', 30_000));
  const connections = await Promise.all(Array.from({ length: 12 }, () => openEvents(port)));
  const begin = performance.now();
  child.process.kill('SIGTERM');
  for (const connection of connections) {
    const { isWhole, body } = await connection.next();
    t.deepEqual([isWhole, body.includes('data: 2\n\n')], [true, true]);
  }
  t.true(performance.now() - begin < 2000, 'long before the grace is over');
  t.deepEqual(await child.exit, { code: 0, signal: null });
  t.true(performance.now() - begin < 5000);
  const trail = trailOf(child);
  for (const end of ['told', ...ends.slice(0, 3)]) t.is(trail.filter((line) => line === end).length, 12, end);
  t.is(trail.filter((line) => line === 'singleton').length, 3, trail.join());
});
