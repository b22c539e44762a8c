/** From listen to close: what is answered, what is refused, and what is told when something fails. */
import net from 'node:net';

import test from 'ava';

import { Covet, CovetError } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const isRefused = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => resolve(true));
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });

test('listen gives the address that was bound', async (t) => {
  const { app, port, url } = await serve(t, (application) => application.get('/', () => 'home'));
  t.true(port > 0);
  t.is(url, `http://127.0.0.1:${port}`);
  t.is(await (await fetch(url)).text(), 'home');
  await app.close();
  t.true(await isRefused(port));
});

test('close lets requests in flight end and refuses new connections meanwhile', async (t) => {
  const gate = createGate();
  const started = createGate();
  const { app, port } = await serve(t, (application) => {
    application.get('/', () => 'home');
    application.get('/slow', () => {
      started.open();
      return gate.promise.then(() => 'slow');
    });
  });
  const slow = await RawConnection.open(port);
  const idle = await RawConnection.open(port);
  const fresh = await RawConnection.open(port);
  t.is((await idle.send(GET).next()).status, 200);
  slow.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await started.promise;
  let hasClosed = false;
  const closing = app.close().then(() => (hasClosed = true));
  t.is(await idle.rest(), '', 'an idle connection is closed at once');
  t.is(await fresh.rest(), '', 'one without a request as well');
  t.true(await isRefused(port));
  t.false(hasClosed);
  gate.open();
  const response = await slow.next();
  t.is(response.text(), 'slow');
  t.is(response.header('connection'), 'close');
  await slow.rest();
  await closing;
  t.true(hasClosed);
});

test('close answers the request in flight of a pipeline, and says that the others were not served', async (t) => {
  const gate = createGate();
  const started = createGate();
  const { app, port } = await serve(t, (application) => {
    application.get('/', () => {
      started.open();
      return gate.promise.then(() => 'answered');
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(GET + GET + GET);
  await started.promise;
  const closing = app.close();
  await sleep(20);
  gate.open();
  const response = await connection.next();
  t.is(response.text(), 'answered');
  t.is(response.header('connection'), 'close');
  t.is(await connection.rest(), '');
  await closing;
});

test('close cuts off what does not end within the grace', async (t) => {
  const { app, port } = await serve(t, (application) => application.get('/', () => new Promise(() => undefined)));
  const connection = await RawConnection.open(port);
  connection.send(GET);
  await sleep(50);
  const begin = performance.now();
  await app.close(200);
  const took = performance.now() - begin;
  t.true(took >= 190 && took < 3000, `${took} ms`);
  await connection.rest();
  t.is(connection.unread.byteLength, 0);
});

test('a second close waits for the first', async (t) => {
  let closed = 0;
  const started = createGate();
  const { app, port } = await serve(t, (application) => {
    application.get('/', () => {
      started.open();
      return sleep(50).then(() => 'home');
    });
    application.onClose(() => ++closed);
  });
  const answer = exchange(port, GET);
  await started.promise;
  await Promise.all([app.close(), app.close(), app.close(0)]);
  await app.close();
  t.is(closed, 1);
  t.is((await answer).text(), 'home');
});

test('an address in use is a CovetError, and another can be tried', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', () => 'first'));
  const app = new Covet({ logger: false });
  app.get('/', () => 'second');
  t.teardown(() => app.close(0));
  const error = await t.throwsAsync(app.listen({ port }), { instanceOf: CovetError });
  t.is(error?.code, 'EADDRINUSE');
  t.true(error?.message.includes(`127.0.0.1:${port}`), error?.message);
  const other = await app.listen({ port: 0 });
  t.is((await exchange(other.port, GET)).text(), 'second');
  t.is((await exchange(port, GET)).text(), 'first');
});

test('hosts that cannot be bound are told by Node’s names', async (t) => {
  for (const [host, codes] of [
    ['host.invalid', ['ENOTFOUND']],
    ['192.0.2.1', ['EADDRNOTAVAIL']],
  ] as const) {
    const app = new Covet({ logger: false });
    const error = await t.throwsAsync(app.listen({ port: 0, host }), { instanceOf: CovetError });
    t.true(
      codes.some((code) => code === error?.code),
      `${host}: ${error?.code}`,
    );
    await app.close();
  }
});

test('ports and workers that are none are refused before anything is bound', async (t) => {
  const app = new Covet({ logger: false });
  t.teardown(() => app.close(0));
  for (const port of [-1, 65_536, 1.5, Number.NaN, '80' as never]) {
    await t.throwsAsync(app.listen({ port }), { instanceOf: RangeError, message: /A port is/ });
  }
  for (const workers of [0, -1, 1.5, 257]) {
    await t.throwsAsync(app.listen({ port: 0, workers }), { instanceOf: RangeError, message: /number of workers/ });
  }
  for (const ioThreads of [0, -1, 1.5, 1e9]) {
    await t.throwsAsync(app.listen({ port: 0, ioThreads }), { instanceOf: RangeError, message: /I\/O threads/ });
  }
  t.true((await app.listen({ port: 0 })).port > 0);
});

test('listening twice is refused, and so is listening after close', async (t) => {
  const { app } = await serve(t, (application) => application.get('/', () => 'home'));
  await t.throwsAsync(app.listen({ port: 0 }), { instanceOf: CovetError, message: /listening already/ });
  await app.close();
  await t.throwsAsync(app.listen({ port: 0 }), { instanceOf: CovetError, message: /closed/ });
  await t.throwsAsync(app.ready(), { instanceOf: CovetError, message: /closed/ });
});

test('close without listen runs its hooks, and nothing can be started then', async (t) => {
  const trail: string[] = [];
  const app = new Covet({ logger: false });
  app.onStart(() => trail.push('start')).onClose(() => trail.push('close'));
  await app.close();
  t.deepEqual(trail, ['close']);
  await t.throwsAsync(app.listen({ port: 0 }), { instanceOf: CovetError, message: /closed/ });
});

test('close while it starts leaves nothing listening', async (t) => {
  const gate = createGate();
  const app = new Covet({ logger: false });
  app.get('/', () => 'home');
  app.onStart(() => gate.promise);
  const listening = app.listen({ port: 0 });
  const closing = app.close(0);
  gate.open();
  await t.throwsAsync(listening, { instanceOf: CovetError, message: /closed/ });
  await closing;
});

test('hooks run in order at start, in reverse at close, each waited for', async (t) => {
  const trail: string[] = [];
  const noting = (name: string, ms: number) => async (): Promise<void> => {
    await sleep(ms);
    trail.push(name);
  };
  const app = new Covet({ logger: false });
  app.onStart(noting('start 1', 20)).onStart(noting('start 2', 1));
  app.onClose(noting('close 1', 1)).onClose(noting('close 2', 20));
  await app.listen({ port: 0 });
  trail.push('listening');
  await app.close();
  t.deepEqual(trail, ['start 1', 'start 2', 'listening', 'close 2', 'close 1']);
});

test('a hook that fails at start keeps the application from listening', async (t) => {
  const app = new Covet({ logger: false });
  const boom = new Error('boom');
  app.onStart(() => Promise.reject(boom));
  const after: string[] = [];
  app.onStart(() => after.push('never'));
  t.is(await t.throwsAsync(app.listen({ port: 0 })), boom);
  t.is(await t.throwsAsync(app.listen({ port: 0 })), boom, 'the second try says the same');
  t.deepEqual(after, []);
  await app.close();
});

test('everything is closed although parts of it fail, and all failures are told', async (t) => {
  const trail: string[] = [];
  const { app, port } = await serve(t, (application) => {
    application.onClose(() => trail.push('last'));
    application.onClose(() => {
      throw new Error('two');
    });
    application.onClose(() => Promise.reject(new Error('one')));
  });
  const error = await t.throwsAsync<AggregateError>(app.close(), { instanceOf: AggregateError });
  t.deepEqual(
    error?.errors.map(({ message }) => message),
    ['one', 'two'],
  );
  t.deepEqual(trail, ['last']);
  t.true(await isRefused(port));
  // The teardown closes again, and gets the same failure.
  Object.defineProperty(app, 'close', { value: () => Promise.resolve() });
});

test('two applications in one process do not disturb each other', async (t) => {
  const one = await serve(t, (app) => app.get('/', () => 'one'));
  const two = await serve(t, (app) => app.get('/', () => 'two'));
  t.is((await exchange(one.port, GET)).text(), 'one');
  t.is((await exchange(two.port, GET)).text(), 'two');
  await one.app.close();
  t.is((await exchange(two.port, GET)).text(), 'two');
});
