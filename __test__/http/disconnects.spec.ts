/** Connections that end at any moment of a request, and requests that come many at a time. */
import test from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('a client that closes its half gets the answers to what it has sent, then the connection ends', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/now', () => 'now');
    app.get('/slow', () => sleep(10).then(() => 'slow'));
  });
  const connection = await RawConnection.open(port, { allowHalfOpen: true });
  connection.send(get('/now') + get('/slow')).end();
  t.is((await connection.next()).text(), 'now');
  t.is((await connection.next()).text(), 'slow');
  t.is(await connection.rest(), '');
  connection.close();
});

test('half a head or half a body and then the end is answered or closed, and never taken for a whole', async (t) => {
  let calls = 0;
  const { port } = await serve(t, (app) =>
    app.post('/', async ({ req }) => {
      await req.bytes();
      return ++calls;
    }),
  );
  const half = [
    'P',
    'POST / HTTP/1.1\r\nHost: a\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ];
  for (const raw of half) {
    const connection = await RawConnection.open(port, { allowHalfOpen: true });
    connection.send(raw).end();
    t.regex(await connection.rest(), /^(HTTP\/1\.1 400 |$)/, JSON.stringify(raw));
    connection.close();
  }
  t.is(calls, 0);
  t.is((await exchange(port, 'POST / HTTP/1.1\r\nHost: a\r\n\r\n')).text(), '1');
});

test('a reset at any moment leaves the server serving', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', () => sleep(20).then(() => new Uint8Array(100_000)));
    app.get('/', () => 'home');
  });
  const raw = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`;
  await Promise.all(
    Array.from({ length: raw.length + 1 }, async (_, cut) => {
      const connection = await RawConnection.open(port);
      connection.send(raw.slice(0, cut));
      await sleep(cut % 40);
      connection.reset();
    }),
  );
  t.is((await exchange(port, get('/'))).text(), 'home');
});

test('pipelined requests are answered in order, slow ones among them', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/{id:int}', ({ params: { id } }) => (id % 7 === 0 ? sleep(30 - (id % 30)).then(() => `${id}`) : `${id}`));
  });
  const connection = await RawConnection.open(port);
  const ids = Array.from({ length: 50 }, (_, id) => id);
  connection.send(ids.map((id) => get(`/${id}`)).join(''));
  for (const id of ids) t.is((await connection.next()).text(), `${id}`);
  connection.close();
});

test('pipelined requests with bodies keep each its own', async (t) => {
  const { port } = await serve(t, (app) => app.post('/', async ({ req }) => req.text()));
  const bodies = Array.from({ length: 40 }, (_, index) => `${index}:${'x'.repeat((index * 97) % 5000)}`);
  const requests = bodies.map((body, index) =>
    index % 2 === 0
      ? `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      : `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  );
  const connection = await RawConnection.open(port);
  connection.send(requests.join(''));
  for (const body of bodies) t.is((await connection.next()).text(), body);
  connection.close();
});

test('an answer that is ready does not wait for the next one, however many requests lie behind it', async (t) => {
  const gate = createGate();
  const { port } = await serve(t, (app) => {
    app.get('/now', () => 'now');
    app.get('/slow', () => gate.promise.then(() => 'slow'));
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/now') + get('/slow') + get('/now') + get('/now'));
  t.is((await connection.next()).text(), 'now');
  gate.open();
  t.is((await connection.next()).text(), 'slow');
  t.is((await connection.next()).text(), 'now');
  t.is((await connection.next()).text(), 'now');
  connection.close();
});

test('a flood of pipelined requests waits in the connection, and all are answered', async (t) => {
  const { port } = await serve(t, (app) => app.get('/{id:int}', ({ params }) => params.id));
  const connection = await RawConnection.open(port);
  const count = 5000;
  connection.send(Array.from({ length: count }, (_, id) => get(`/${id}`)).join(''));
  for (let id = 0; id < count; id++) {
    const { body } = await connection.next();
    if (body.toString() !== `${id}`) t.fail(`${body.toString()} came in the place of ${id}`);
  }
  t.pass();
  connection.close();
});

test('requests behind a refused one are never served', async (t) => {
  const served: string[] = [];
  const { port } = await serve(t, (app) => app.get('/{name}', ({ params }) => (served.push(params.name), 'ok')));
  const connection = await RawConnection.open(port);
  connection.send(`${get('/one')}GET /two HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${get('/three')}`);
  t.is((await connection.next()).status, 200);
  t.is((await connection.next()).status, 400);
  t.is(await connection.rest(), '');
  t.deepEqual(served, ['one']);
});

test('a refusal waits for the slow answer before it', async (t) => {
  const gate = createGate<string>();
  const { port } = await serve(t, (app) => app.get('/slow', () => gate.promise));
  const connection = await RawConnection.open(port);
  connection.send(`${get('/slow')}BREW / HTTP/1.1\r\nHost: a\r\n\r\n`);
  await sleep(50);
  t.is(connection.unread.byteLength, 0);
  gate.open('slow');
  t.is((await connection.next()).text(), 'slow');
  t.is((await connection.next()).status, 501);
  await connection.rest();
});
