/** Coded request bodies: what routes take, what becomes of the connection, and of others beside it. */
import zlib from 'node:zlib';

import test from 'ava';

import { Covet } from '../../src/index.ts';
import { code, head, send, sendAndGoOn, wire } from '../helpers/coded-requests.ts';
import { coded, codings, text } from '../helpers/coded.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';

const LIMIT = 4 * 1024 ** 2;
const decompress = true;

const register = (app: Covet): void => {
  app.post('/text', { decompress, bodyLimit: LIMIT }, async ({ req }) => req.text());
  app.post('/unread', { decompress }, () => 'unread');
  app.post('/plain', async ({ req }) => req.text());
};

test('a route without decompress refuses coded bodies and says what it takes', async (t) => {
  const { port } = await serve(t, (app) => {
    register(app);
    app.post('/some', { decompress: { encodings: ['br', 'gzip'] } }, async ({ req }) => req.text());
    app.post('/off', { decompress: false }, async ({ req }) => req.text());
    app.get('/', () => 'home');
  });
  const body = zlib.gzipSync('hello');
  for (const [path, coding, accepted] of [
    ['/plain', 'gzip', 'identity'],
    ['/plain', 'unknown', 'identity'],
    ['/off', 'br', 'identity'],
    ['/some', 'zstd', 'br, gzip'],
    ['/some', 'deflate', 'br, gzip'],
    ['/text', 'deflate', 'zstd, br, gzip'],
    ['/text', 'gzip, gzip, gzip', 'zstd, br, gzip'],
    ['/text', 'gzip;q=1', 'zstd, br, gzip'],
  ] as const) {
    const answer = await sendAndGoOn(port, path, body, { coding });
    t.deepEqual(code(answer), [415, 'UNSUPPORTED_MEDIA_TYPE'], `${path} ${coding}`);
    t.is(answer.header('accept-encoding'), accepted, `${path} ${coding}`);
    t.regex(answer.json().error.message, /Content-Encoding/);
  }
  for (const coding of ['', 'identity', 'IDENTITY, identity', ',']) {
    t.is((await send(port, '/plain', wire('as it is'), { coding })).text(), 'as it is', coding);
  }
  t.is((await send(port, '/some', body, { coding: 'X-GZip, identity' })).text(), 'hello');
  // Without a body there is nothing to decode.
  const bodiless = 'GET / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\r\n';
  t.is((await exchange(port, bodiless)).text(), 'home');
});

test('a body that was coded twice is decoded in reverse', async (t) => {
  const { port } = await serve(t, register);
  for (const inner of codings) {
    for (const outer of codings) {
      for (const size of [100, 500_000]) {
        const plain = text(size);
        const body = await coded(outer, await coded(inner, plain));
        for (const piece of [undefined, 500]) {
          const sent = { coding: `${inner}, ${outer}`, ...(piece !== undefined && { piece }) };
          t.true((await sendAndGoOn(port, '/text', body, sent)).text() === plain, `${inner}, ${outer} ${size}`);
        }
      }
    }
  }
  const wrongOrder = zlib.gzipSync(zlib.brotliCompressSync('x'));
  t.is((await send(port, '/text', wrongOrder, { coding: 'gzip, br' })).status, 400);
});

test('handlers see the headers that the client sent', async (t) => {
  const { port } = await serve(t, (app) =>
    app.post('/', { decompress }, async ({ req }) => {
      const length = (await req.bytes()).length;
      return [req.header('content-encoding'), req.header('content-length'), length];
    }),
  );
  const body = zlib.gzipSync(text(5000));
  t.deepEqual((await send(port, '/', body, { coding: 'gzip' })).json(), ['gzip', String(body.length), 5000]);
});

test('a client that waits for leave to send is asked when the handler reads', async (t) => {
  const { port } = await serve(t, register);
  const body = zlib.gzipSync(text(5000));
  const sized = { 'Content-Encoding': 'gzip', 'Content-Length': body.length, Expect: '100-continue' };
  const connection = await RawConnection.open(port);
  connection.send(head('/text', sized));
  t.true(await until(() => connection.unread.toString().includes('100 Continue')));
  connection.send(body);
  const answer = await connection.next();
  t.deepEqual([answer.text() === text(5000), answer.interim], [true, [100]]);
  // Refused before it was sent, and so never asked for.
  const refused = await connection.send(head('/plain', sized)).next();
  t.deepEqual([refused.status, refused.interim], [415, []]);
  connection.close();
});

test('an unread body is passed over undecoded, and the connection goes on', async (t) => {
  const { port } = await serve(t, register);
  for (const size of [1000, 500_000]) {
    t.is((await sendAndGoOn(port, '/unread', zlib.gzipSync(text(size)), { coding: 'gzip' })).text(), 'unread');
  }
  // More than 64 KiB when it is decoded, and no gzip at its end: nobody has looked.
  const bad = Buffer.concat([zlib.gzipSync(text(500_000)), wire('more')]);
  t.is((await send(port, '/unread', bad, { coding: 'gzip' })).text(), 'unread');
});

test('an upload that is aborted ends its request, and nothing else', async (t) => {
  const failed = createGate<unknown>();
  const { port } = await serve(t, (app) => {
    register(app);
    app.post('/watch', { decompress, bodyLimit: LIMIT }, async ({ req }) => {
      try {
        return await req.text();
      } catch (error) {
        failed.open((error as { status?: unknown }).status);
        throw error;
      }
    });
  });
  const body = zlib.gzipSync(text(2_000_000));
  const connection = await RawConnection.open(port);
  connection.send(head('/watch', { 'Content-Encoding': 'gzip', 'Content-Length': body.length }));
  connection.send(body.subarray(0, body.length >> 1));
  await sleep(50);
  connection.reset();
  t.is(await failed.promise, 400);
  t.is((await send(port, '/text', zlib.gzipSync('on'), { coding: 'gzip' })).text(), 'on');
});

// Alone, since it looks at the memory of the process.
test.serial('a reader that waits stops the decoding', async (t) => {
  const gate = createGate();
  let read = 0;
  const { port } = await serve(t, (app) =>
    app.post('/slow', { decompress: { maxRatio: 5000 }, bodyLimit: 2 ** 40 }, async ({ req }) => {
      const reader = req.stream.getReader();
      await reader.read();
      await gate.promise;
      const before = process.memoryUsage().rss;
      for (let next = await reader.read(); !next.done; next = await reader.read()) read += next.value.byteLength;
      return { before };
    }),
  );
  // 64 KiB on the wire are 60 MiB: all of it is at the server, and next to none of it decoded.
  const body = zlib.gzipSync(Buffer.alloc(60 * 1024 ** 2));
  t.true(body.length < 64 * 1024);
  const rss = process.memoryUsage().rss;
  const answer = send(port, '/slow', body, { coding: 'gzip' });
  await sleep(300);
  gate.open();
  const { before } = (await answer).json();
  t.true(before - rss < 20 * 1024 ** 2, `${before - rss} bytes more`);
  t.true(read > 59 * 1024 ** 2);
});

test('while one body is decoded others are answered', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.post('/big', { decompress: { maxRatio: 5000 }, bodyLimit: 2 ** 40 }, async ({ req }) => {
        let size = 0;
        for await (const piece of req.stream) size += piece.byteLength;
        return size;
      });
      app.get('/', () => 'home');
    },
    { listen: { ioThreads: 1 } },
  );
  const bomb = zlib.gzipSync(Buffer.alloc(256 * 1024 ** 2));
  const ended = new AbortController();
  const big = send(port, '/big', bomb, { coding: 'gzip' }).finally(() => ended.abort());
  let served = 0;
  while (!ended.signal.aborted) {
    t.is((await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).text(), 'home');
    served++;
  }
  t.is((await big).text(), String(256 * 1024 ** 2));
  t.true(served > 5, `${served} others`);
});

test('a miss is a miss, and whoever reads its coded body is told', async (t) => {
  const body = zlib.gzipSync('x');
  const { port } = await serve(t, () => undefined);
  t.is((await send(port, '/nowhere', body, { coding: 'gzip' })).status, 404);
  const { port: seen } = await serve(t, (app) => {
    app.post('/plain', async ({ req }) => req.text());
    app.notFound(({ req }) => (req.path === '/read' ? req.text() : 'nothing here'));
  });
  t.is((await sendAndGoOn(seen, '/nowhere', body, { coding: 'gzip' })).text(), 'nothing here');
  t.deepEqual(code(await send(seen, '/read', body, { coding: 'gzip' })), [415, 'UNSUPPORTED_MEDIA_TYPE']);
});

test('in memory it is the same', async (t) => {
  const app = new Covet({ logger: false });
  register(app);
  t.teardown(() => app.close(0));
  for (const coding of codings) {
    for (const size of [100, 500_000]) {
      const body = await coded(coding, text(size));
      const sent = { method: 'POST', url: '/text', headers: { 'content-encoding': coding } };
      t.true((await (await app.inject({ ...sent, body })).text()) === text(size));
      const cut = await app.inject({ ...sent, body: body.subarray(0, -1) });
      t.deepEqual([cut.status, (await cut.json()).error.code], [400, 'INVALID_CONTENT_ENCODING']);
      const refused = await app.inject({ ...sent, url: '/plain', body });
      t.deepEqual([refused.status, refused.headers['accept-encoding']], [415, 'identity']);
    }
  }
  const bomb = await app.inject({
    method: 'POST',
    url: '/text',
    headers: { 'content-encoding': 'gzip' },
    body: zlib.gzipSync(Buffer.alloc(LIMIT)),
  });
  t.deepEqual([bomb.status, (await bomb.json()).error.code], [413, 'COMPRESSION_RATIO_EXCEEDED']);
});

test('options that are none are told when the application is put together', async (t) => {
  for (const [spec, type, message] of [
    [{ decompress: 'gzip' }, TypeError, /The decompress of POST \/ is true, false or its options, not gzip/],
    [{ decompress: null }, TypeError, /is true, false or its options/],
    [{ decompress: { encodings: ['deflate'] } }, TypeError, /knows zstd, br, gzip, not 'deflate'/],
    [{ decompress: { encodings: [] } }, TypeError, /is empty: decompress: false/],
    [{ decompress: { ratio: 5 } }, TypeError, /has no option 'ratio'/],
    [{ decompress: { maxRatio: 0 } }, RangeError, /decompress.maxRatio of POST \/ is a whole number from 1/],
    [{ decompress: { maxRatio: 1.5 } }, RangeError, /not 1.5/],
    [{ decompress: { maxRatio: Infinity } }, RangeError, /not Infinity/],
    [{ compress: true }, TypeError, /The compress of POST \/ is false or left out, not true/],
  ] as const) {
    const app = new Covet({ logger: false });
    app.post('/', spec as object, () => 'never');
    await t.throwsAsync(app.inject('/'), { instanceOf: type, message });
    await app.close(0);
  }
});
