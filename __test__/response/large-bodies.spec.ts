/** Large bodies that are whole: they are sent from where they are, so what becomes of them meanwhile matters. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';

import test from 'ava';

import { Covet } from '../../src/index.ts';
import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** More than two sockets hold between them. */
const HUGE = 16 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Machines that build something beside the tests are slow. */
const patience = { timeout: 30_000 };

/** A client that has asked for `target` and takes nothing yet, once the server has sent what goes. */
async function stalled(port: number, target: string): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  connection.socket.pause();
  connection.send(get(target));
  // Node reads a little all the same.
  await until(() => connection.socket.bytesRead > 0);
  await sleep(100);
  return connection;
}

test.serial('bodies of every length and kind come as they are, on one connection', async (t) => {
  const bytes = randomBytes(5_000_000);
  const lengths = [262_143, 262_144, 262_145, 1_048_576, 1_048_577, 4_999_990];
  const text = 'é€😀a'.repeat(100_000);
  const { port } = await serve(t, (app) => {
    app.get('/bytes/{length:int}', ({ params }) => bytes.subarray(3, 3 + params.length));
    app.get('/buffer', () => new Uint8Array(bytes).buffer);
    app.get('/text', () => text);
    app.get('/small', () => 'small');
  });
  const connection = await RawConnection.open(port);
  for (const length of lengths) {
    const { body, header } = await connection.send(get(`/bytes/${length}`)).next(patience);
    t.is(header('content-length'), `${length}`);
    t.is(hash(body), hash(bytes.subarray(3, 3 + length)), `${length} bytes`);
    t.is((await connection.send(get('/small')).next(patience)).text(), 'small');
  }
  t.is(hash((await connection.send(get('/buffer')).next(patience)).body), hash(bytes));
  t.true((await connection.send(get('/text')).next(patience)).text() === text);
  connection.close();
});

test.serial('pipelined, they come in order among small ones, and their heads come without them', async (t) => {
  const bodies = Array.from({ length: 4 }, (_, index) => randomBytes(300_000 * (index + 1)));
  const { port } = await serve(t, (app) => {
    app.get('/{id:int}', ({ params }) => bodies[params.id]!);
    app.get('/slow/{id:int}', ({ params }) => sleep(20).then(() => bodies[params.id]!));
    app.get('/small', () => 'small');
  });
  const connection = await RawConnection.open(port);
  const order = [0, 1, 2, 3, 3, 0];
  const head = (id: number): string => get(`/${id}`).replace('GET', 'HEAD');
  connection.send(
    order.map((id) => get(`/${id}`) + get('/small') + head(id) + get(`/slow/${id}`) + get('/small')).join(''),
  );
  for (const id of order) {
    const expected = hash(bodies[id]!);
    t.is(hash((await connection.next(patience)).body), expected);
    t.is((await connection.next(patience)).text(), 'small');
    t.is((await connection.next({ head: true, ...patience })).header('content-length'), `${bodies[id]!.length}`);
    t.is(hash((await connection.next(patience)).body), expected);
    t.is((await connection.next(patience)).text(), 'small');
  }
  connection.close();
});

test.serial('slow clients get all of it, hold nobody up and time nobody out, and no copy of it is kept', async (t) => {
  const bytes = randomBytes(HUGE);
  const { port } = await serve(
    t,
    (app) => {
      app.get('/huge', () => bytes);
      app.get('/large', () => bytes.subarray(0, 1_000_000));
      app.get('/small', () => 'small');
    },
    { limits: { keepAliveTimeout: 100 } },
  );
  const exchangeOthers = async (): Promise<void> => {
    t.is((await exchange(port, get('/large'))).body.length, 1_000_000);
    t.is((await exchange(port, get('/small'))).text(), 'small');
    // What the client of this process received counts as well, until it is collected.
    collectGarbage();
  };
  await exchangeOthers();
  const before = process.memoryUsage.rss();
  const slow = await Promise.all(Array.from({ length: 4 }, () => stalled(port, '/huge')));
  for (let count = 0; count < 20; count++) await exchangeOthers();
  t.true(process.memoryUsage.rss() - before < HUGE, 'the server holds none of four copies');
  for (const connection of slow) {
    connection.socket.resume();
    const { body } = await connection.next(patience);
    t.true(body.equals(bytes));
    connection.close();
  }
});

test.serial('a busy thread keeps a client waiting, and no timeout takes that for the client’s', async (t) => {
  const bytes = randomBytes(HUGE);
  const { port } = await serve(t, (app) => app.get('/', () => bytes), {
    limits: { keepAliveTimeout: 100 },
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/'));
  for (let count = 0; count < 3; count++) {
    await sleep(5);
    const end = performance.now() + 500;
    while (performance.now() < end);
  }
  t.true((await connection.next(patience)).body.equals(bytes));
  connection.close();
});

test.serial('what runs after the response waits until nobody needs the bytes', async (t) => {
  const ran: string[] = [];
  const { port } = await serve(t, (app) => {
    app.get('/{name}', ({ params, afterResponse }) => {
      const own = Buffer.alloc(HUGE, 'a');
      afterResponse(() => {
        own.fill('b');
        ran.push(params.name);
      });
      return own;
    });
  });
  const reader = await stalled(port, '/read');
  const gone = await stalled(port, '/reset');
  t.deepEqual(ran, []);
  gone.reset();
  t.true(await until(() => ran.includes('reset')), 'the client has gone');
  t.deepEqual(ran, ['reset']);
  reader.socket.resume();
  const { body } = await reader.next(patience);
  t.true(body.equals(Buffer.alloc(HUGE, 'a')));
  t.true(await until(() => ran.includes('read')));
  await exchange(port, get('/head').replace('GET', 'HEAD'), { head: true });
  t.true(await until(() => ran.includes('head')), 'nobody wanted the body');
  reader.close();
});

test.serial(
  'bytes that are given away or change their length while they are sent end the answer, and the log says so',
  async (t) => {
    const changes: readonly (readonly [string, () => Uint8Array, (bytes: Uint8Array) => unknown])[] = [
      [
        'were given away',
        () => new Uint8Array(HUGE),
        (bytes) => structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] }),
      ],
      [
        'became 1000',
        () => new Uint8Array(new ResizableBuffer(HUGE, { maxByteLength: HUGE })),
        (bytes) => (bytes.buffer as InstanceType<typeof ResizableBuffer>).resize(1000),
      ],
    ];
    for (const [said, make, change] of changes) {
      const bytes = make();
      const { port, logs } = await serve(t, (app) => {
        app.get('/', () => bytes);
        app.get('/small', () => 'small');
      });
      const connection = await stalled(port, '/');
      change(bytes);
      connection.socket.resume();
      const received = await connection.rest(patience.timeout);
      t.true(received.startsWith('HTTP/1.1 200'), said);
      t.true(received.length < HUGE, said);
      const line = await logs.find((each) => JSON.stringify(each).includes('The reply to GET / broke off'));
      t.regex(JSON.stringify(line), new RegExp(`The ${HUGE} bytes of a body ${said} while they were sent`));
      t.is((await exchange(port, get('/small'))).text(), 'small');
    }
  },
);

/** What a later library than the one of our types has. */
const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };

test.serial('bytes that only the answer holds are not collected before they are sent', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', () => Buffer.alloc(HUGE, 'abc')));
  const connection = await stalled(port, '/');
  collectGarbage();
  const other = Buffer.alloc(HUGE, 'x');
  connection.socket.resume();
  const answer = connection.next(patience);
  const collecting = setInterval(collectGarbage, 5);
  const { body } = await answer;
  clearInterval(collecting);
  t.true(body.equals(Buffer.alloc(HUGE, 'abc')));
  t.is(other.length, HUGE);
  connection.close();
});

test.serial('they are coded where the client takes it', async (t) => {
  const text = Array.from({ length: 100_000 }, (_, index) => `line ${index}`).join('\n');
  const register = (app: Covet): unknown => app.get('/', () => text);
  const { port } = await serve(t, register, { compression: true });
  const connection = await RawConnection.open(port);
  for (let count = 0; count < 3; count++) {
    const coded = await connection.send(get('/', 'Accept-Encoding: gzip\r\n')).next(patience);
    t.is(coded.header('content-encoding'), 'gzip');
    t.true(gunzipSync(coded.body).toString() === text);
    t.true((await connection.send(get('/')).next(patience)).text() === text);
    const headOnly = get('/', 'Accept-Encoding: gzip\r\n').replace('GET', 'HEAD');
    t.is((await connection.send(headOnly).next({ head: true, ...patience })).status, 200);
  }
  connection.close();
});

test.serial('a close waits for clients that take their time, and cuts off those that take too long', async (t) => {
  for (const isPatient of [true, false]) {
    const ended = createGate();
    const { app, port } = await serve(t, (server) =>
      server.get('/', ({ afterResponse }) => {
        afterResponse(() => ended.open());
        return Buffer.alloc(HUGE, 'abc');
      }),
    );
    const connection = await stalled(port, '/');
    const closed = app.close(isPatient ? 20_000 : 0);
    if (isPatient) {
      await sleep(100);
      connection.socket.resume();
      t.is((await connection.next(patience)).body.length, HUGE);
    } else {
      await closed;
      connection.socket.resume();
      t.true((await connection.rest(patience.timeout)).length < HUGE);
    }
    await closed;
    await ended.promise;
    connection.close();
  }
});

test.serial('clients that go at any moment of it leave nothing behind', async (t) => {
  let open = 0;
  const bytes = randomBytes(4_000_000);
  const { port } = await serve(t, (app) =>
    app.get('/', ({ afterResponse }) => {
      open++;
      afterResponse(() => void open--);
      return bytes;
    }),
  );
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const connection = await RawConnection.open(port);
      connection.send(get('/') + get('/'));
      await sleep(index % 20);
      if (index % 2 === 0) connection.reset();
      else connection.close();
    }),
  );
  t.true(await until(() => open === 0), `${open} answers are still held`);
  t.is(hash((await exchange(port, get('/'))).body), hash(bytes));
});

test.serial('they come over a Unix socket and without a socket, too', async (t) => {
  const bytes = randomBytes(3_000_000);
  const folder = await mkdtemp(path.join(tmpdir(), 'cv-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'large.sock');
  const app = new Covet({ logger: false });
  app.get('/', () => bytes);
  await app.listen({ path: file });
  t.teardown(() => app.close(0));
  const connection = await RawConnection.open(0, { path: file });
  for (let count = 0; count < 3; count++) {
    t.is(hash((await connection.send(get('/')).next(patience)).body), hash(bytes));
    const response = await app.fetch(new Request('http://a/'));
    t.is(hash(new Uint8Array(await response.arrayBuffer())), hash(bytes));
  }
  connection.close();
});
