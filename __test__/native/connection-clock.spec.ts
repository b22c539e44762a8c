/** A connection's clock runs for what the peer owes, never for what the server has not come to yet. */
import test from 'ava';

import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Milliseconds of processor this process uses while `ms` pass. */
async function processorTime(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test('an answer that is read slowly, but read, outlives the keep-alive time', async (t) => {
  const size = 24_000_000;
  const { port } = await serve(t, (app) => app.get('/', () => Buffer.alloc(size, 'a')), {
    limits: { keepAliveTimeout: 200 },
  });
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  const { socket } = connection;
  const begin = performance.now();
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 2);
  });
  connection.send(get('/'));
  const response = await connection.next({ timeout: 20_000 });
  t.is(response.body.byteLength, size);
  t.true(performance.now() - begin > 400, 'read slowly enough to prove something');
  // From then on the connection is idle, and ends as such.
  t.is(await connection.closed, 'end');
});

test('a body behind a slow answer is not too slow: nobody has read it', async (t) => {
  const gate = createGate();
  const { port } = await serve(
    t,
    (app) => {
      app.get('/slow', () => gate.promise.then(() => 'slow'));
      app.get('/fast', () => 'fast');
      app.post('/echo', ({ req }) => req.text());
    },
    { limits: { bodyRateGrace: 100, minBodyRate: 1000 } },
  );
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  connection.send(`${get('/slow')}${get('/fast')}POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
  const used = await processorTime(700);
  t.true(used < 350, `waiting takes no processor time, not ${used} ms`);
  gate.open();
  t.is((await connection.next()).text(), 'slow');
  t.is((await connection.next()).text(), 'fast');
  connection.send('def');
  const echoed = await connection.next();
  t.deepEqual([echoed.status, echoed.text()], [200, 'abcdef']);
});

test('a body whose turn has come is too slow as ever', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.get('/fast', () => sleep(150).then(() => 'fast'));
      app.post('/echo', ({ req }) => req.text());
    },
    { limits: { bodyRateGrace: 100, minBodyRate: 1000 } },
  );
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  connection.send(`${get('/fast')}POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
  t.is((await connection.next()).status, 200);
  t.is((await connection.next()).status, 408);
  t.is(await connection.closed, 'end');
});

test('a head behind slow answers has its time once they are out', async (t) => {
  const gate = createGate();
  const { port } = await serve(
    t,
    (app) => {
      app.get('/slow', () => gate.promise.then(() => 'slow'));
      app.get('/fast', () => 'fast');
    },
    { limits: { headersTimeout: 700 } },
  );
  const whole = await RawConnection.open(port);
  const broken = await RawConnection.open(port);
  t.teardown(() => {
    whole.close();
    broken.close();
  });
  for (const connection of [whole, broken]) connection.send(`${get('/slow')}${get('/fast')}GET /fa`);
  const used = await processorTime(1000);
  t.true(used < 500, `waiting takes no processor time, not ${used} ms`);
  gate.open();
  for (const connection of [whole, broken]) {
    t.is((await connection.next()).text(), 'slow');
    t.is((await connection.next()).text(), 'fast');
  }
  whole.send('st HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await whole.next()).text(), 'fast');
  t.is((await broken.next()).status, 408);
});
