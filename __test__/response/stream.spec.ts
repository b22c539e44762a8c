/** Replies that come in pieces: as they are made, paced by the client, ended by whoever stops first. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { Depends, HttpError, reply } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, until, untilStill } from '../helpers/serve.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

test('web streams, Node streams and generators are sent as they come', async (t) => {
  const words = ['one ', 'two ', 'three'];
  const { port } = await serve(t, (app) => {
    app.get('/web', () => ReadableStream.from(words));
    app.get('/node', () => Readable.from(words.map((word) => Buffer.from(word))));
    app.get('/generator', async function* () {
      for (const word of words) {
        await sleep(1);
        yield word;
      }
    });
    app.get('/mixed', async function* () {
      yield 'one ';
      yield Buffer.from('two ');
      yield new TextEncoder().encode('three').buffer;
    });
    app.get('/reply', () => reply(203, ReadableStream.from(words), { headers: { 'content-type': 'text/plain' } }));
    app.get('/response', () => new Response(ReadableStream.from(words.map((word) => Buffer.from(word)))));
    app.get('/empty', async function* () {});
  });
  for (const path of ['/web', '/node', '/generator', '/mixed', '/reply', '/response', '/empty']) {
    const response = await exchange(port, get(path));
    t.is(response.text(), path === '/empty' ? '' : 'one two three', path);
    // What has ended before its head is sent has a length.
    if (path !== '/empty') t.is(response.header('transfer-encoding'), 'chunked', path);
    const type = path === '/reply' ? 'text/plain' : path === '/response' ? undefined : 'application/octet-stream';
    t.is(response.header('content-type'), type, path);
  }
  t.is((await exchange(port, get('/reply'))).status, 203);
});

test('pieces leave when their source waits, and together when it does not', async (t) => {
  const gate = createGate();
  const { port } = await serve(t, (app) => {
    app.get('/slow', async function* () {
      yield 'first';
      await gate.promise;
      yield 'second';
    });
    app.get('/quick', async function* () {
      for (let count = 0; count < 1000; count++) yield 'x';
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/slow'));
  t.true(await until(() => connection.unread.toString().endsWith('first\r\n')));
  gate.open();
  t.is((await connection.next()).text(), 'firstsecond');
  connection.send(get('/quick'));
  t.true(await until(() => connection.unread.toString().endsWith('0\r\n\r\n')));
  const chunks = connection.unread.toString().match(/^[0-9a-f]+\r$/gm) ?? [];
  t.true(chunks.length < 20, `${chunks.length} chunks for a thousand pieces`);
  connection.close();
});

test('a client that takes nothing stops the source: little is made ahead of it', async (t) => {
  let made = 0;
  let isEnded = false;
  const piece = Buffer.alloc(64 * 1024);
  const { port } = await serve(t, (app) => {
    app.get('/endless', async function* () {
      try {
        for (;;) {
          made += piece.byteLength;
          yield piece;
        }
      } finally {
        isEnded = true;
      }
    });
  });
  const connection = await RawConnection.open(port);
  connection.socket.pause();
  connection.send(get('/endless'));
  const isStill = await untilStill(() => made, 500);
  t.true(isStill, 'nothing is made for a client that takes nothing');
  t.true(made < 32 * 1024 * 1024, `${made} bytes were made`);
  connection.reset();
  t.true(await until(() => isEnded), 'the source was ended');
});

test('the signal tells a source that waits of its client’s going, and never fires for one that ends well', async (t) => {
  const reasons: string[] = [];
  const { port } = await serve(t, (app) => {
    app.get('/waits', async function* ({ req }) {
      yield 'begin';
      await new Promise((resolve) => req.signal.addEventListener('abort', resolve));
      reasons.push((req.signal.reason as Error).name);
    });
    app.get('/ends', async function* ({ req }) {
      req.signal.addEventListener('abort', () => reasons.push('ended'));
      yield 'all';
    });
  });
  const connection = await RawConnection.open(port);
  t.is((await connection.send(get('/ends')).next()).text(), 'all');
  connection.send(get('/waits'));
  t.true(await until(() => connection.unread.toString().endsWith('begin\r\n')));
  connection.reset();
  await until(() => reasons.length > 0);
  t.deepEqual(reasons, ['AbortError']);
});

test('a source that fails breaks the answer off, and is logged', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.get('/fails', async function* () {
      yield 'begin';
      await sleep(10);
      throw new Error('the source failed');
    });
    app.get('/objects', async function* () {
      await sleep(10);
      yield { a: 1 };
    });
    app.get('/at-once', async function* () {
      yield await Promise.reject(new HttpError(409, 'not now'));
    });
    app.get('/', () => 'home');
  });
  const atOnce = await exchange(port, get('/at-once'));
  t.deepEqual([atOnce.status, atOnce.json().error.message], [409, 'not now'], 'nothing was sent yet');
  for (const [path, message] of [
    ['/fails', 'the source failed'],
    ['/objects', 'A stream gives text or bytes, not an object: ndjson() sends values'],
  ] as const) {
    const connection = await RawConnection.open(port);
    connection.send(get(path));
    const raw = await connection.rest();
    t.regex(raw, path === '/fails' ? /^HTTP\/1\.1 200 OK/ : /^(HTTP\/1\.1 200 OK|$)/);
    t.false(raw.endsWith('0\r\n\r\n'), 'the client can tell that it is not whole');
    const line = await logs.find(({ err }) => JSON.stringify(err ?? '').includes(message));
    t.true(JSON.stringify(line).includes(`GET ${path}`));
  }
  t.is((await exchange(port, get('/'))).text(), 'home');
});

test('HEAD and bodiless statuses end the source and send nothing of it', async (t) => {
  let ended = 0;
  const source = (): ReadableStream => new ReadableStream({ cancel: () => void ended++ });
  const { port } = await serve(t, (app) => {
    app.get('/head', source);
    app.get('/204', () => reply(204, source()));
    app.get('/304', () => reply(304, source()));
  });
  const connection = await RawConnection.open(port);
  const head = await connection.send('HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n').next({ head: true });
  t.is(head.status, 200);
  for (const status of [204, 304]) t.is((await connection.send(get(`/${status}`)).next()).status, status);
  t.true(await until(() => ended === 3));
  connection.close();
});

test('trailers follow the body, for clients that take them', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/trailers', () => {
      let bytes = 0;
      const body = (async function* () {
        for (const word of ['one', 'two']) {
          bytes += word.length;
          yield word;
        }
      })();
      return reply(200, body, { trailers: { 'x-bytes': () => String(bytes), 'x-fixed': 'a' } });
    });
    app.get('/whole', () => reply(200, { a: 1 }, { trailers: { 'x-fixed': 'a' } }));
    app.get('/bad', () => reply(200, 'a', { trailers: { 'content-type': 'a' } }));
    app.get('/inject', () => reply(200, 'a', { trailers: { 'x-a': () => 'a\r\nb: c' } }));
  });
  const raw = async (path: string, headers = ''): Promise<string> => {
    const connection = await RawConnection.open(port);
    return connection.send(get(path, `Connection: close\r\n${headers}`)).rest();
  };
  const whole = await raw('/trailers', 'TE: trailers\r\n');
  t.regex(whole, /\r\ntrailer: ?x-bytes, x-fixed\r\n/i);
  t.true(whole.endsWith('\r\n0\r\nx-bytes: 6\r\nx-fixed: a\r\n\r\n'), JSON.stringify(whole));
  t.true((await raw('/trailers')).endsWith('\r\n0\r\n\r\n'));
  t.true((await raw('/whole', 'TE: trailers\r\n')).endsWith('{"a":1}\r\n0\r\nx-fixed: a\r\n\r\n'));
  t.is((await exchange(port, get('/bad'))).status, 500);
  t.false((await raw('/inject', 'TE: trailers\r\n')).includes('b: c'));
});

test('dependencies live as long as what streams with them, and their failure breaks it off', async (t) => {
  const order: string[] = [];
  const connection = Depends(async function* () {
    order.push('open');
    yield { rows: ['a', 'b'] };
    order.push('close');
  });
  const failing = Depends(async function* () {
    yield 1;
    throw new Error('the commit failed');
  });
  const { port, logs } = await serve(t, (app) => {
    app.get('/rows', { deps: { connection } }, async function* ({ connection: { rows } }) {
      for (const row of rows) {
        order.push(row);
        yield row;
      }
    });
    app.get('/failing', { deps: { failing } }, async function* () {
      yield 'all';
    });
  });
  t.is((await exchange(port, get('/rows'))).text(), 'ab');
  t.deepEqual(order, ['open', 'a', 'b', 'close']);
  const broken = await RawConnection.open(port);
  t.false((await broken.send(get('/failing')).rest()).endsWith('0\r\n\r\n'));
  await logs.find(({ err }) => JSON.stringify(err ?? '').includes('the commit failed'));
});

test('endless streams are told of the close, others cut off at its deadline', async (t) => {
  const { port, app } = await serve(t, (covet) => {
    const listen = async function* (signal: AbortSignal): AsyncGenerator<string> {
      yield 'begin';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield ' end';
    };
    covet.get('/listens', ({ req }) => reply(200, listen(req.signal), { endless: true }));
    covet.get('/deaf', async function* () {
      yield 'begin';
      await new Promise(() => undefined);
    });
  });
  const [listens, deaf] = [await RawConnection.open(port), await RawConnection.open(port)];
  listens.send(get('/listens'));
  deaf.send(get('/deaf'));
  t.true(await until(() => [listens, deaf].every(({ unread }) => unread.toString().endsWith('begin\r\n'))));
  const closing = app.close(500);
  t.true((await listens.rest()).endsWith('5\r\nbegin\r\n4\r\n end\r\n0\r\n\r\n'));
  t.false((await deaf.rest()).endsWith('0\r\n\r\n'));
  await closing;
});
