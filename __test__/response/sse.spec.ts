/** Server-sent events as the wire has them (HTML, 9.2), and what cannot be one. */
import test from 'ava';
import { z } from 'zod';

import { HttpError, reply, sse, stopEvents, untilAborted } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

const Price = z.object({ price: z.number() });

test('an event is its fields, a line each, and a blank line', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/one', { response: sse(Price) }, async function* () {
      yield { data: { price: 1 } };
      yield { event: 'change', data: { price: 2, secret: 'stays' } as { price: number }, id: 7 };
      yield { comment: 'a note\r\nof two lines', retry: 5000, id: 'größe 8', data: { price: 3 } };
      yield { retry: 0 };
      yield { id: '' };
      yield { comment: '' };
    });
    app.get('/named', { response: sse({ price: Price, end: z.string() }) }, async function* () {
      yield { event: 'price', data: { price: 1 } };
      yield { event: 'end', data: 'a\nb' };
    });
    app.get('/later', { response: sse(z.string().transform(async (text) => text.length)) }, () => [{ data: 'abc' }]);
    app.get('/plain', () =>
      sse([{ data: 'a\nb\r\nc\rd: e\u2028' }, { data: '' }, { data: ' ' }, { data: { a: 'x\n' } }]),
    );
    app.get('/reply', { response: { 200: sse(Price) } }, () => reply(200, [{ data: { price: 1 } }]));
  });
  const text = async (path: string): Promise<string> => (await exchange(port, get(path))).text();
  t.deepEqual((await text('/one')).split('\n\n'), [
    'data: {"price":1}',
    'event: change\nid: 7\ndata: {"price":2}',
    ': a note\n: of two lines\nid: größe 8\nretry: 5000\ndata: {"price":3}',
    'retry: 0',
    'id: ',
    ': ',
    '',
  ]);
  t.is(await text('/named'), 'event: price\ndata: {"price":1}\n\nevent: end\ndata: "a\\nb"\n\n');
  t.is(await text('/later'), 'data: 3\n\n');
  t.is(
    await text('/plain'),
    'data: a\ndata: b\ndata: c\ndata: d: e\u2028\n\ndata: \n\ndata:  \n\ndata: {"a":"x\\n"}\n\n',
  );
  t.is(await text('/reply'), 'data: {"price":1}\n\n');
});

test('headers keep caches, proxies and codings away, unless the reply has its own', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(Price) }, () => []);
    app.get('/own', { response: sse(Price) }, () => reply(200, [], { headers: { 'cache-control': 'no-store' } }));
    app.get('/body', () => sse([]));
  });
  for (const path of ['/', '/own', '/body']) {
    const { header, status } = await exchange(port, get(path));
    t.is(status, 200);
    t.is(header('content-type'), 'text/event-stream');
    t.is(header('cache-control'), path === '/own' ? 'no-store' : 'no-cache, no-transform');
    t.is(header('x-accel-buffering'), 'no');
  }
});

test('what a client saw last is told to the handler, and a bad one refused', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(z.string()) }, ({ req }) => [{ data: req.lastEventId ?? 'none' }]);
    app.get(
      '/typed',
      { headers: z.object({ 'last-event-id': z.coerce.number().int().default(0) }), response: sse(z.number()) },
      ({ headers }) => [{ data: headers['last-event-id'] + 1 }],
    );
  });
  const ask = (path: string, id?: string): ReturnType<typeof exchange> =>
    exchange(port, get(path, id === undefined ? '' : `Last-Event-ID: ${id}\r\n`));
  t.is((await ask('/')).text(), 'data: "none"\n\n');
  t.is((await ask('/', '')).text(), 'data: "none"\n\n');
  t.is((await ask('/', 'a b')).text(), 'data: "a b"\n\n');
  t.is((await ask('/', Buffer.from('größe').toString('latin1'))).text(), 'data: "größe"\n\n');
  const bad = await ask('/', 'gr\xf6\xdfe');
  t.deepEqual([bad.status, bad.json().error.message], [400, 'Last-Event-ID is not valid UTF-8']);
  t.is((await ask('/typed', '41')).text(), 'data: 42\n\n');
  t.is((await ask('/typed', 'x')).status, 422);
});

test('204 says that there is nothing more to come', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(Price) }, ({ req }) => (req.lastEventId === '1' ? stopEvents() : []));
    app.get('/map', { response: { 200: sse(Price), 204: z.undefined() } }, () => stopEvents());
  });
  t.is((await exchange(port, get('/', 'Last-Event-ID: 1\r\n'))).status, 204);
  t.is((await exchange(port, get('/map'))).status, 204);
  t.is((await exchange(port, get('/'))).status, 200);
});

test('what cannot be sent breaks the stream off, and the log says why', async (t) => {
  const items: Record<string, [item: unknown, message: string]> = {
    price: [{ data: { price: 'x' } }, 'a body its response schema does not allow: price (invalid_type)'],
    name: [{ event: 'a\ndata: b', data: { price: 1 } }, "An event's name has no line break and no NUL"],
    cr: [{ event: 'a\rb', data: { price: 1 } }, "An event's name has no line break and no NUL"],
    empty: [{ event: '', data: { price: 1 } }, "An event's name is not empty"],
    number: [{ event: 5, data: { price: 1 } }, "An event's name is text, not a value of type number"],
    id: [{ id: '1\ndata: x', data: { price: 1 } }, "An event's id has no control character, such as a line break"],
    nul: [{ id: '\0', data: { price: 1 } }, "An event's id has no control character"],
    spaces: [{ id: ' 1', data: { price: 1 } }, "An event's id has no space at its ends"],
    surrogate: [{ id: '\ud800', data: { price: 1 } }, "An event's id has no lone surrogate"],
    nan: [{ id: Number.NaN, data: { price: 1 } }, "An event's id is not NaN"],
    null: [{ id: null, data: { price: 1 } }, "An event's id is text, not null"],
    retry: [{ retry: 1.5 }, "An event's retry is a whole number of milliseconds up to 2^31 - 1, not 1.5"],
    long: [{ retry: 2 ** 31 }, "An event's retry is a whole number of milliseconds up to 2^31 - 1, not 2147483648"],
    comment: [{ comment: 5 }, "An event's comment is text, not a value of type number"],
    nothing: [{ price: 1 }, 'An event has data, or at least an id, a retry or a comment'],
    text: ['data: x', 'An event is an object such as { data }, not a string'],
  };
  const { port, logs } = await serve(t, (app) => {
    for (const [path, [item]] of Object.entries(items)) {
      app.get(`/${path}`, { response: sse(Price) }, async function* () {
        yield { data: { price: 0 } };
        await sleep(5);
        yield item as never;
      });
    }
    app.get('/named', { response: sse({ a: Price, b: Price }) }, () => [{ event: 'c', data: { price: 1 } } as never]);
    app.get('/unnamed', { response: sse({ a: Price, b: Price }) }, () => [{ data: { price: 1 } } as never]);
    app.get('/symbol', () => sse([{ data: Symbol('a') }]));
    app.get('/first', { response: sse(Price) }, async function* () {
      yield await Promise.reject(new HttpError(403, 'not you'));
    });
    app.get('/none', { response: sse(Price) }, () => 'data: x' as never);
  });
  for (const [path, [, message]] of Object.entries(items)) {
    const raw = await (await RawConnection.open(port)).send(get(`/${path}`)).rest();
    t.true(raw.includes('data: {"price":0}\n\n'), path);
    t.false(raw.endsWith('0\r\n\r\n'), path);
    t.is(raw.split('data: ').length, 2, `${path}: nothing of it was sent`);
    await logs.find((line) => JSON.stringify(line).includes(JSON.stringify(message).slice(1, -1)));
  }
  for (const [path, status, message] of [
    ['/named', 500, 'GET /named sent an event \\"c\\"; its response has a, b'],
    ['/unnamed', 500, 'GET /unnamed sent an event without a name; its response has a, b'],
    ['/symbol', 500, "An event's data is a value JSON has, not symbol"],
    ['/first', 403, 'not you'],
    ['/none', 500, 'GET /none has sse() as its response: return a generator, a stream or a list of values'],
  ] as const) {
    t.is((await exchange(port, get(path))).status, status, path);
    await logs.find((line) => Object.values(line).some((value) => JSON.stringify(value).includes(message)));
  }
});

test('contracts that cannot be are refused where they are written', (t) => {
  for (const bad of [undefined, null, 5, 'text', {}]) {
    t.throws(() => sse(bad as never), { message: /^sse\(\) takes a schema, schemas by name, or a generator/ });
  }
  t.throws(() => sse({ a: 5 } as never), { message: "sse() has no schema for the event 'a'" });
  t.throws(() => sse({ 'a\nb': Price }), { message: "An event's name has no line break and no NUL" });
  for (const heartbeat of [0, -1, 1.5, Number.NaN, 2 ** 31, '15s', true]) {
    t.throws(() => sse(Price, { heartbeat: heartbeat as number }), {
      instanceOf: RangeError,
      message: `The heartbeat is a whole number of milliseconds from 1 to 2^31 - 1, or false, not ${heartbeat}`,
    });
  }
  t.throws(() => untilAborted(5 as never, new AbortController().signal), { message: /^untilAborted\(\) takes/ });
});
