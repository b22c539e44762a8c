/** Clients that go away while a handler works: it is told, its answer goes nowhere, its slot is free again. */
import test from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const SLOW = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n';

for (const way of ['close', 'reset'] as const) {
  test(`the signal fires when the client goes by ${way}, and only then`, async (t) => {
    const started = createGate();
    const aborted = createGate<boolean>();
    const { port } = await serve(t, (app) => {
      app.get('/', () => 'home');
      app.get('/slow', async ({ req: { signal } }) => {
        started.open();
        t.false(signal.aborted);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.open(signal.aborted);
        return 'nobody reads this';
      });
    });
    const connection = await RawConnection.open(port);
    connection.send(SLOW);
    await started.promise;
    connection[way]();
    t.true(await aborted.promise);
    t.is((await exchange(port, GET)).text(), 'home');
  });
}

test('the signal is aborted already for who asks after the client has gone', async (t) => {
  const started = createGate();
  const seen = createGate<boolean>();
  const { port } = await serve(t, (app) =>
    app.get('/slow', async ({ req }) => {
      started.open();
      await sleep(600);
      seen.open(req.signal.aborted);
    }),
  );
  const connection = await RawConnection.open(port);
  connection.send(SLOW);
  await started.promise;
  connection.reset();
  t.true(await seen.promise);
});

test('the signal never fires for a request that is answered', async (t) => {
  const signals: AbortSignal[] = [];
  const { port, app } = await serve(t, (application) => {
    application.get('/', ({ req }) => (signals.push(req.signal), 'sync'));
    application.get('/slow', async ({ req }) => (signals.push(req.signal), await sleep(5), 'async'));
  });
  for (let count = 0; count < 20; count++) {
    const connection = await RawConnection.open(port);
    connection.send(GET + SLOW);
    await connection.next();
    await connection.next();
    if (count % 2 === 0) connection.close();
    else connection.reset();
  }
  await sleep(300);
  await app.close();
  t.is(signals.length, 40);
  t.false(signals.some(({ aborted }) => aborted));
});

test('a client that goes is no fault of the server: the log says 499, and not as an error', async (t) => {
  const started = createGate();
  const { port, logs } = await serve(t, (app) =>
    app.get('/slow', async ({ req: { signal } }) => {
      started.open();
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }),
  );
  const connection = await RawConnection.open(port);
  connection.send(SLOW);
  await started.promise;
  connection.reset();
  const line = await logs.find(({ path }) => path === '/slow');
  t.is(line['status'], 499);
  t.is(line['level'], 30);
});

test('slots of clients that went are used again, 5,000 times with eight of them', async (t) => {
  let aborts = 0;
  const { port, logs } = await serve(
    t,
    (app) => {
      app.get('/', () => 'home');
      app.get('/slow/{id:int}', async ({ req, params: { id } }) => {
        req.signal.addEventListener('abort', () => aborts++);
        // Some end before the client goes, some by its going, some well after.
        if (id % 3 === 0) await sleep(id % 5);
        else if (id % 3 === 1) await new Promise((resolve) => req.signal.addEventListener('abort', resolve));
        else await new Promise((resolve) => req.signal.addEventListener('abort', () => setTimeout(resolve, 2)));
        return `${id} ${req.path} ${req.header('x-id')}`;
      });
    },
    { limits: { maxInFlight: 8 } },
  );
  const total = 5000;
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < total) {
      const id = next++;
      const connection = await RawConnection.open(port);
      connection.send(`GET /slow/${id} HTTP/1.1\r\nHost: a\r\nX-Id: ${id}\r\n\r\n`);
      await sleep(id % 4);
      connection.reset();
    }
  };
  await Promise.all(Array.from({ length: 24 }, runner));
  for (let count = 0; count < 50; count++) t.is((await exchange(port, GET)).text(), 'home');
  t.true(aborts > 100, `${aborts} handlers were told`);
  t.deepEqual(
    logs.lines.filter(({ level }) => level >= 50),
    [],
  );
});
