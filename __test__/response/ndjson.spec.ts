/** JSON by the line: what a route's schema lets through, paced by the client, broken off where it fails. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { z } from 'zod';

import { HttpError, ndjson, reply } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, until } from '../helpers/serve.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

const Row = z.object({ id: z.number(), name: z.string().optional() });
const rows = [{ id: 1, name: 'a\nb' }, { id: 2 }];

test('every kind of source is sent as lines', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/list', () => ndjson(rows));
    app.get('/set', () => ndjson(new Set(rows)));
    app.get('/promises', () => ndjson(rows.map((row) => sleep(1, row))));
    app.get('/web', () => ndjson(ReadableStream.from(rows)));
    app.get('/node', () => ndjson(Readable.from(rows)));
    app.get('/generator', () =>
      ndjson(
        (function* () {
          yield* rows;
        })(),
      ),
    );
    app.get('/async', () =>
      ndjson(
        (async function* () {
          yield* rows;
        })(),
      ),
    );
    app.get('/reply', () => reply(203, ndjson(rows), { headers: { 'x-a': 'b' } }));
    app.get('/contract', { response: ndjson(Row) }, async function* () {
      yield* rows;
    });
    app.get('/contract-list', { response: ndjson(Row) }, () => rows);
    app.get('/contract-reply', { response: { 203: ndjson(Row) } }, () => reply(203, rows));
    app.get('/empty', { response: ndjson(Row) }, () => []);
  });
  for (const path of [
    '/list',
    '/set',
    '/promises',
    '/web',
    '/node',
    '/generator',
    '/async',
    '/reply',
    '/contract',
    '/contract-list',
    '/contract-reply',
    '/empty',
  ]) {
    const response = await exchange(port, get(path));
    t.is(response.text(), path === '/empty' ? '' : '{"id":1,"name":"a\\nb"}\n{"id":2}\n', path);
    t.is(response.header('content-type'), 'application/x-ndjson', path);
    t.is(response.status, path.endsWith('reply') ? 203 : 200, path);
  }
});

test('values without a schema are lines as they are, null and texts too', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () => ndjson([null, 'a"\n', 1, [], { at: new Date(0) }]));
  });
  t.is((await exchange(port, get('/'))).text(), 'null\n"a\\"\\n"\n1\n[]\n{"at":"1970-01-01T00:00:00.000Z"}\n');
});

test('a line has what its schema declares and nothing else, transforms and async checks included', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', { response: ndjson(z.object({ id: z.number(), on: z.date().optional() })) }, async function* () {
      yield { id: 1, password_hash: 'secret' } as { id: number };
      yield { id: 2, on: new Date(0) };
    });
    app.get('/async', { response: ndjson(z.string().transform(async (text) => text.length)) }, () => ['ab', 'c']);
  });
  t.is((await exchange(port, get('/'))).text(), '{"id":1}\n{"id":2,"on":"1970-01-01T00:00:00.000Z"}\n');
  t.is((await exchange(port, get('/async'))).text(), '2\n1\n');
});

test('an error before the first line has its status; one in mid-stream breaks the answer off and is logged', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.get('/first', { response: ndjson(Row) }, async function* () {
      yield await Promise.reject(new HttpError(409, 'not now'));
    });
    app.get('/first-line', { response: ndjson(Row) }, () => [{ id: 'one' } as never]);
    app.get('/later', { response: ndjson(Row) }, async function* () {
      yield { id: 1 };
      await sleep(10);
      throw new Error('the cursor failed');
    });
    app.get('/later-line', { response: ndjson(Row) }, async function* () {
      yield { id: 1 };
      await sleep(10);
      yield { id: 'two' } as never;
    });
    app.get('/undefined', () => ndjson([undefined]));
    app.get('/bytes', () => ndjson([Buffer.from('a')]));
  });
  const first = await exchange(port, get('/first'));
  t.deepEqual([first.status, first.json().error.message], [409, 'not now']);
  t.is(first.header('content-type'), 'application/json');
  for (const [path, message] of [
    ['/first-line', 'GET /first-line returned a body its response schema does not allow: id (invalid_type)'],
    ['/undefined', 'ndjson() sends values JSON has, not undefined'],
    ['/bytes', 'ndjson() sends values JSON has, not bytes'],
  ] as const) {
    t.is((await exchange(port, get(path))).status, 500, path);
    await logs.find((line) => JSON.stringify(line).includes(message));
  }
  for (const [path, message] of [
    ['/later', 'the cursor failed'],
    ['/later-line', 'GET /later-line returned a body its response schema does not allow: id (invalid_type)'],
  ] as const) {
    const connection = await RawConnection.open(port);
    const raw = await connection.send(get(path)).rest();
    t.true(raw.includes('{"id":1}\n'), path);
    t.false(raw.endsWith('0\r\n\r\n'), 'the client can tell that it is not whole');
    await logs.find((line) => JSON.stringify(line).includes(message));
  }
});

test('what is no stream of values is an error that says so', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.get('/number', { response: ndjson(Row) }, () => 5 as never);
    app.get('/text', { response: ndjson(Row) }, () => '{"id":1}' as never);
    app.get('/null', { response: ndjson(Row) }, () => null as never);
    app.get('/twice', { response: ndjson(Row) }, () => ndjson(rows) as never);
    app.get('/status', { response: { 200: ndjson(Row) } }, () => reply(202, rows) as never);
    app.post('/input', { body: ndjson(Row) }, () => 'taken');
  });
  for (const [path, message] of [
    ['/number', 'GET /number has ndjson() as its response: return a generator, a stream or a list of values'],
    ['/text', 'GET /text has ndjson() as its response: return a generator, a stream or a list of values'],
    ['/null', 'GET /null has ndjson() as its response: return a generator, a stream or a list of values'],
    ['/twice', 'GET /twice has ndjson() as its response: return the values themselves'],
    ['/status', 'GET /status answered with status 202, which its response map does not have'],
  ] as const) {
    t.is((await exchange(port, get(path))).status, 500, path);
    await logs.find((line) => JSON.stringify(line).includes(message));
  }
  const json = 'content-type: application/json\r\ncontent-length: 2\r\n';
  const input = await exchange(port, `POST /input HTTP/1.1\r\nHost: a\r\n${json}\r\n[]`);
  t.is(input.status, 422);
  t.true(input.text().includes('ndjson() is for what a route answers with, not for what it takes'));
  for (const bad of [undefined, null, 5, 'text', {}]) {
    t.throws(() => ndjson(bad as never), { message: /^ndjson\(\) takes a schema, or a generator/ });
  }
});

test('lines beside other statuses: the map tells each its own', async (t) => {
  const Problem = z.object({ error: z.string() });
  const { port } = await serve(t, (app) => {
    app.get('/{n:int}', { response: { 200: ndjson(Row), 404: Problem } }, ({ params: { n } }) =>
      n === 0 ? reply(404, { error: 'none' }) : rows.slice(0, n),
    );
  });
  t.deepEqual((await exchange(port, get('/0'))).json(), { error: 'none' });
  t.is((await exchange(port, get('/1'))).text(), '{"id":1,"name":"a\\nb"}\n');
});

test('lines leave when the source waits, and a client that goes ends it', async (t) => {
  const gate = createGate();
  let isEnded = false;
  const { port } = await serve(t, (app) => {
    app.get('/', { response: ndjson(Row) }, async function* () {
      try {
        yield { id: 1 };
        await gate.promise;
        for (let id = 2; ; id++) yield { id, name: 'x'.repeat(1000) };
      } finally {
        isEnded = true;
      }
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/'));
  t.true(await until(() => connection.unread.toString().includes('{"id":1}\n')));
  connection.socket.pause();
  gate.open();
  await sleep(50);
  t.false(isEnded);
  connection.reset();
  t.true(await until(() => isEnded));
});

test('HEAD and bodiless statuses end the source', async (t) => {
  let ended = 0;
  const source = (): ReadableStream => new ReadableStream({ cancel: () => void ended++ });
  const { port } = await serve(t, (app) => {
    app.get('/head', { response: ndjson(Row) }, source);
    app.get('/head-plain', () => ndjson(source()));
    app.get('/204', () => reply(204, ndjson(source())));
  });
  const connection = await RawConnection.open(port);
  for (const path of ['/head', '/head-plain']) {
    const head = await connection.send(`HEAD ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next({ head: true });
    t.deepEqual([head.status, head.header('content-type')], [200, 'application/x-ndjson']);
  }
  t.is((await connection.send(get('/204')).next()).status, 204);
  t.true(await until(() => ended === 3), `${ended} ended`);
  connection.close();
});
