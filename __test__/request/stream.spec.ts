/** Bodies that come in pieces: read as they come, paced by their reader, within their limits (Q4). */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { z } from 'zod';

import type { Covet } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, until } from '../helpers/serve.ts';

const MIB = 1024 * 1024;
const big = 64 * MIB;

const chunked = (path: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${headers}\r\n`;
const sized = (path: string, length: number, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${headers}\r\n`;
const chunk = (data: string): string => `${Buffer.byteLength(data).toString(16)}\r\n${data}\r\n`;

/** Writes until the socket has taken all, waiting where it does not. */
async function pour(connection: RawConnection, bytes: number, piece = Buffer.alloc(MIB, 'x')): Promise<void> {
  for (let left = bytes; left > 0; left -= piece.byteLength) {
    const next = left < piece.byteLength ? piece.subarray(0, left) : piece;
    if (!connection.socket.write(next)) await new Promise((resolve) => connection.socket.once('drain', resolve));
  }
}

const register = (app: Covet): void => {
  app.post('/count', { bodyLimit: 2 ** 40 }, async ({ req }) => {
    let bytes = 0;
    let pieces = 0;
    for await (const piece of req.stream) {
      bytes += piece.byteLength;
      pieces++;
    }
    return { bytes, isInPieces: pieces > 1 };
  });
  app.post('/hash', { bodyLimit: 2 ** 40 }, async ({ req }) =>
    createHash('sha256')
      .update(await req.bytes())
      .digest('hex'),
  );
  app.post('/text', async ({ req }) => (await req.text()).length);
  app.post('/json', { body: z.object({ text: z.string() }) }, ({ body }) => body.text.length);
  app.post('/unread', () => 'unread');
  app.get('/', () => 'home');
};

test('a large body is streamed, or gathered where it is asked for whole', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  connection.send(sized('/count', big));
  await pour(connection, big);
  t.deepEqual((await connection.next({ timeout: 20_000 })).json(), { bytes: big, isInPieces: true });
  connection.send(sized('/hash', 3 * MIB));
  await pour(connection, 3 * MIB);
  const expected = createHash('sha256')
    .update('x'.repeat(3 * MIB))
    .digest('hex');
  t.is((await connection.next()).text(), expected, 'the connection goes on');
  const text = 'é'.repeat(200_000);
  t.is((await exchange(port, sized('/text', 400_000) + Buffer.from(text).toString('latin1'))).text(), '200000');
  const json = JSON.stringify({ text: 'y'.repeat(300_000) });
  const type = 'Content-Type: application/json\r\n';
  t.is((await exchange(port, sized('/json', json.length, type) + json)).text(), '300000');
  connection.close();
});

test('small bodies stream too, and none is an empty stream', async (t) => {
  const { port } = await serve(t, register);
  t.deepEqual((await exchange(port, `${sized('/count', 5)}hello`)).json(), { bytes: 5, isInPieces: false });
  t.deepEqual((await exchange(port, sized('/count', 0))).json(), { bytes: 0, isInPieces: false });
  t.deepEqual((await exchange(port, `${chunked('/count')}${chunk('hello')}0\r\n\r\n`)).json().bytes, 5);
});

test('a reader that waits slows the sender: little is taken ahead of it', async (t) => {
  const gate = createGate();
  const { port } = await serve(t, (app) =>
    app.post('/slow', { bodyLimit: 2 ** 40 }, async ({ req }) => {
      const reader = req.stream.getReader();
      await reader.read();
      await gate.promise;
      let bytes = 0;
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.byteLength;
      return bytes > 0;
    }),
  );
  const connection = await RawConnection.open(port);
  connection.send(sized('/slow', big));
  const poured = pour(connection, big);
  await sleep(700);
  const sent = connection.socket.bytesWritten - connection.socket.writableLength;
  // The window, hyper's buffer and the kernel's two: some megabytes, far from all.
  t.true(sent < big / 2, `${sent} bytes were taken`);
  gate.open();
  await poured;
  t.is((await connection.next({ timeout: 20_000 })).text(), 'true');
  connection.close();
});

test('the time a reader takes is not the client’s: no body timeout applies', async (t) => {
  const { port } = await serve(
    t,
    (app) =>
      app.post('/slow', { bodyLimit: 2 ** 40 }, async ({ req }) => {
        const reader = req.stream.getReader();
        await sleep(900);
        let bytes = 0;
        for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.byteLength;
        return bytes;
      }),
    { limits: { bodyTimeout: 500, bodyRateGrace: 300, minBodyRate: 1000 } },
  );
  const connection = await RawConnection.open(port);
  connection.send(sized('/slow', MIB));
  await pour(connection, MIB);
  t.is((await connection.next()).text(), String(MIB));
  connection.close();
});

test('a client that stops in a streamed body gets 408, one that goes ends the handler', async (t) => {
  const ended: string[] = [];
  const { port, logs } = await serve(
    t,
    (app) =>
      app.post('/read', { bodyLimit: 2 ** 40 }, async ({ req }) => {
        try {
          return (await req.bytes()).byteLength;
        } catch (error) {
          ended.push((error as { code: string }).code);
          throw error;
        }
      }),
    { limits: { bodyRateGrace: 300, minBodyRate: 1000 } },
  );
  const stops = await exchange(port, `${sized('/read', MIB)}begin`);
  t.is(stops.status, 408);
  t.is(stops.json().error.code, 'REQUEST_TIMEOUT');
  const goes = await RawConnection.open(port);
  goes.send(`${sized('/read', MIB)}begin`);
  await sleep(50);
  goes.reset();
  await logs.find(({ status }) => status === 400 || status === 499);
  t.is(ended.length, 2);
});

test('beyond its limit a body is 413: by its length at once, else as it comes', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.post('/small', { bodyLimit: 100 }, async ({ req }) => (await req.bytes()).byteLength);
      app.post('/large', { bodyLimit: 300_000 }, async ({ req }) => (await req.bytes()).byteLength);
      app.post('/none', { bodyLimit: 0 }, () => 'none');
      app.post('/app', async ({ req }) => (await req.bytes()).byteLength);
    },
    { limits: { bodyLimit: 1000 } },
  );
  const limits = { '/small': 100, '/app': 1000, '/large': 300_000, '/none': 0 };
  for (const [path, limit] of Object.entries(limits)) {
    const fits = await exchange(port, sized(path, limit) + 'x'.repeat(limit));
    t.is(fits.status, 200, path);
    const over = await exchange(port, sized(path, limit + 1));
    t.is(over.status, 413, path);
    t.is(over.json().error.code, 'PAYLOAD_TOO_LARGE');
    if (limit === 0) continue;
    const piece = chunk('y'.repeat(Math.ceil(limit / 3)));
    const streamed = await exchange(port, `${chunked(path)}${piece.repeat(4)}`);
    t.is(streamed.status, 413, path);
    t.is(streamed.header('connection'), 'close');
  }
});

test('a bodyLimit that is no size is refused when the route is compiled', async (t) => {
  for (const bodyLimit of [-1, 1.5, Number.NaN, '1' as never, 2 ** 60]) {
    await t.throwsAsync(
      serve(t, (app) => app.post('/a', { bodyLimit }, () => 'a')),
      { message: /bodyLimit of POST \/a/ },
    );
  }
});

test('100 Continue is sent when the handler reads, and not where it does not', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  const expects = 'Expect: 100-continue\r\n';
  connection.send(sized('/count', 5, expects));
  t.true(await until(() => connection.unread.toString().startsWith('HTTP/1.1 100 ')));
  const response = await connection.send('hello').next();
  t.deepEqual(response.interim, [100]);
  t.is(response.json().bytes, 5);
  connection.send(sized('/unread', 5, expects));
  const unasked = await connection.next();
  t.deepEqual(unasked.interim, []);
  t.is(unasked.text(), 'unread');
  const refused = await exchange(port, sized('/text', 10 * MIB, expects));
  t.deepEqual([refused.status, refused.interim], [413, []]);
  connection.close();
});

test('an unread body is read away where it is small, and ends the connection where it is not', async (t) => {
  const { port } = await serve(t, register);
  const small = await RawConnection.open(port);
  small.send(sized('/unread', 100_000) + 'x'.repeat(100_000));
  t.is((await small.next()).text(), 'unread');
  t.is((await small.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').next()).text(), 'home');
  small.close();
  const large = await RawConnection.open(port);
  large.send(sized('/unread', MIB));
  t.is((await large.next()).text(), 'unread');
  await large.rest();
});

test('a body is a stream once, and else as often as asked', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/streamed', async ({ req }) => {
      const stream = req.stream;
      const again = req.stream === stream;
      const refused = await req.text().catch((error: Error) => error.message);
      let bytes = 0;
      for await (const piece of stream) bytes += piece.byteLength;
      return { again, refused, bytes };
    });
    app.post('/read', async ({ req }) => {
      const text = await req.text();
      let refused = '';
      try {
        void req.stream;
      } catch (error) {
        refused = (error as Error).message;
      }
      return { length: text.length, again: (await req.bytes()).byteLength, refused };
    });
  });
  for (const size of [0, 10, 200_000]) {
    const body = 'x'.repeat(size);
    const streamed = (await exchange(port, sized('/streamed', size) + body)).json();
    t.deepEqual(streamed, {
      again: true,
      refused: 'The body is read as a stream: nothing else can read it',
      bytes: size,
    });
    const read = (await exchange(port, sized('/read', size) + body)).json();
    t.deepEqual([read.length, read.again], [size, size]);
  }
});

test('a close without grace ends whoever reads, and whoever writes', async (t) => {
  const ended: string[] = [];
  const { port, app } = await serve(t, (covet) => {
    covet.post('/reads', { bodyLimit: 2 ** 40 }, async ({ req }) => {
      try {
        return (await req.bytes()).byteLength;
      } finally {
        ended.push('reads');
      }
    });
    covet.get('/writes', async function* () {
      try {
        for (;;) yield Buffer.alloc(64 * 1024);
      } finally {
        ended.push('writes');
      }
    });
  });
  const [reads, writes] = [await RawConnection.open(port), await RawConnection.open(port)];
  reads.send(`${sized('/reads', MIB)}begin`);
  writes.socket.pause();
  writes.send('GET /writes HTTP/1.1\r\nHost: a\r\n\r\n');
  await sleep(200);
  await app.close(0);
  t.true(await until(() => ended.length === 2), `only ${ended.join()} ended`);
  reads.close();
  writes.close();
});

test('a body can be read while the answer is sent: an echo of any length', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/echo', { bodyLimit: 2 ** 40 }, ({ req }) => req.stream);
    app.post('/upper', { bodyLimit: 2 ** 40 }, async function* ({ req }) {
      yield 'begin ';
      const decoder = new TextDecoder();
      for await (const piece of req.stream) yield decoder.decode(piece, { stream: true }).toUpperCase();
    });
  });
  const connection = await RawConnection.open(port);
  for (const path of ['/echo', '/upper']) {
    connection.send(chunked(path));
    for (const word of ['one ', 'two ', 'three']) {
      connection.send(chunk(word));
      await sleep(20);
    }
    connection.send('0\r\n\r\n');
    const response = await connection.next();
    t.is(response.text(), path === '/echo' ? 'one two three' : 'begin ONE TWO THREE');
  }
  connection.close();
});
