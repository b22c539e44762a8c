/** Slow peers: each limit has its time, its status, and its end of the connection. */
import test from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';
import type { Served } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const start = (t: Parameters<typeof serve>[0], limits: object): Promise<Served> =>
  serve(
    t,
    (app) => {
      app.get('/', () => 'home');
      app.post('/echo', async ({ req }) => req.text());
      app.get('/big', () => new Uint8Array(16 * 1024 * 1024));
    },
    { limits },
  );

const since = (begin: number): number => performance.now() - begin;

test('a head that does not come in time is 408 and ends the connection', async (t) => {
  const { port, logs } = await start(t, { headersTimeout: 300 });
  const begin = performance.now();
  const connection = await RawConnection.open(port);
  connection.send('GET / HTTP/1.1\r\nHost: ');
  const response = await connection.next();
  t.is(response.status, 408);
  t.is(response.header('connection'), 'close');
  t.is(response.json().error.code, 'REQUEST_TIMEOUT');
  t.true(since(begin) >= 290 && since(begin) < 2000);
  await connection.rest();
  const line = await logs.find(({ code }) => code === 'REQUEST_TIMEOUT');
  t.is(line['error_id'], response.header('x-error-id'));
  t.is((await exchange(port, GET)).status, 200);
});

test('bytes that trickle in do not prolong the time of a head', async (t) => {
  const { port } = await start(t, { headersTimeout: 400 });
  const begin = performance.now();
  const connection = await RawConnection.open(port);
  connection.send('GET / HTTP/1.1\r\nHost: a\r\nX: ');
  const trickle = setInterval(() => connection.send('a'), 50);
  const response = await connection.next();
  clearInterval(trickle);
  t.is(response.status, 408);
  t.true(since(begin) >= 390 && since(begin) < 2000);
  connection.close();
});

test('the head of a later request has its own time', async (t) => {
  const { port } = await start(t, { headersTimeout: 300, keepAliveTimeout: 5000 });
  const connection = await RawConnection.open(port);
  t.is((await connection.send(GET).next()).status, 200);
  await sleep(500);
  t.is((await connection.send(GET).next()).status, 200, 'between requests the keep-alive time counts');
  connection.send('GET /');
  t.is((await connection.next()).status, 408);
  await connection.rest();
});

test('a connection that never says anything is closed without a word', async (t) => {
  const { port } = await start(t, { headersTimeout: 300, keepAliveTimeout: 60_000 });
  const begin = performance.now();
  const connection = await RawConnection.open(port);
  t.is(await connection.rest(), '');
  t.true(since(begin) >= 290 && since(begin) < 2000);
});

test('an idle connection is closed after the keep-alive time', async (t) => {
  const { port } = await start(t, { keepAliveTimeout: 300 });
  const connection = await RawConnection.open(port);
  const begin = performance.now();
  t.is((await connection.send(GET).next()).status, 200);
  t.is(await connection.rest(), '');
  const took = since(begin);
  t.true(took >= 300 && took < 2500, `${took} ms`);
});

test('a request within the keep-alive time begins it anew', async (t) => {
  const { port } = await start(t, { keepAliveTimeout: 500 });
  const connection = await RawConnection.open(port);
  for (let count = 0; count < 4; count++) {
    t.is((await connection.send(GET).next()).status, 200);
    await sleep(250);
  }
  await connection.rest();
});

test('a body that stops coming is 408', async (t) => {
  const { port } = await start(t, { bodyRateGrace: 300, minBodyRate: 240 });
  const begin = performance.now();
  const connection = await RawConnection.open(port);
  connection.send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
  const response = await connection.next();
  t.is(response.status, 408);
  t.is(response.header('connection'), 'close');
  t.true(since(begin) >= 290 && since(begin) < 2000);
  await connection.rest();
  t.is((await exchange(port, GET)).status, 200);
});

test('a body below the least rate is 408, one above it is served however long it takes', async (t) => {
  const { port } = await start(t, { bodyRateGrace: 300, minBodyRate: 100 });
  const send = async (bytes: number, every: number): Promise<number> => {
    const connection = await RawConnection.open(port);
    connection.send(`POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n`);
    let left = 200;
    const timer = setInterval(() => {
      const now = Math.min(left, bytes);
      left -= now;
      if (now > 0) connection.send('x'.repeat(now));
    }, every);
    const { status } = await connection.next();
    clearInterval(timer);
    connection.close();
    return status;
  };
  const [slow, fast] = await Promise.all([send(1, 40), send(20, 80)]);
  t.is(slow, 408);
  t.is(fast, 200);
});

test('a body that pauses for long is 408, however fast it came before; a reader may pause', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.post('/read', async ({ req }) => (await req.bytes()).byteLength);
      app.post('/pauses', async ({ req }) => {
        let bytes = 0;
        let pauses = 0;
        for await (const piece of req.stream) {
          bytes += piece.byteLength;
          // Into how many pieces a body falls is nobody's promise.
          if (pauses++ < 4) await sleep(1500);
        }
        return bytes;
      });
    },
    { limits: { bodyRateGrace: 100, minBodyRate: 100 } },
  );
  const size = 1_000_000;
  const head = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`;
  const stops = await RawConnection.open(port);
  const begun = performance.now();
  stops.send(head('/read') + 'x'.repeat(size / 2));
  t.is((await stops.next()).status, 408);
  t.true(performance.now() - begun > 1000);
  await stops.rest();
  const slow = await RawConnection.open(port);
  slow.send(head('/pauses') + 'x'.repeat(size));
  t.is((await slow.next({ timeout: 20_000 })).text(), String(size));
  slow.close();
});

test('a whole body has its time where one is set', async (t) => {
  const { port } = await start(t, { bodyTimeout: 400, minBodyRate: 0 });
  const connection = await RawConnection.open(port);
  connection.send('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const trickle = setInterval(() => connection.send('5\r\nhello\r\n'), 60);
  const response = await connection.next();
  clearInterval(trickle);
  t.is(response.status, 408);
  await connection.rest();
});

test('a peer that takes nothing of its response is dropped, others are served meanwhile', async (t) => {
  const { port } = await start(t, { writeTimeout: 400 });
  const connection = await RawConnection.open(port);
  connection.socket.pause();
  connection.send('GET /big HTTP/1.1\r\nHost: a\r\n\r\n');
  await sleep(200);
  t.is((await exchange(port, GET)).status, 200);
  await sleep(800);
  connection.socket.resume();
  const received = await connection.rest();
  t.true(received.startsWith('HTTP/1.1 200'));
  t.true(received.length < 16 * 1024 * 1024, 'the response was cut off');
});

test('a peer that is slow but takes what it is sent gets all of it', async (t) => {
  const { port } = await start(t, { writeTimeout: 400 });
  const connection = await RawConnection.open(port);
  const toggle = setInterval(() => {
    connection.socket.pause();
    setTimeout(() => connection.socket.resume(), 60);
  }, 80);
  t.teardown(() => clearInterval(toggle));
  const { body } = await connection.send('GET /big HTTP/1.1\r\nHost: a\r\n\r\n').next({ timeout: 20_000 });
  t.is(body.byteLength, 16 * 1024 * 1024);
  connection.close();
});

test('a slow handler is not the client’s fault: no timeout of the connection applies', async (t) => {
  const { port } = await serve(t, (app) => app.get('/slow', () => sleep(900).then(() => 'late')), {
    limits: { headersTimeout: 200, keepAliveTimeout: 200, writeTimeout: 200, bodyRateGrace: 200 },
  });
  const connection = await RawConnection.open(port);
  t.is((await connection.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n').next()).text(), 'late');
  connection.close();
});
