/** How long server-sent events go on: heartbeats, slow clients, and what ends with whoever goes, client or server. */
import { createHook } from 'node:async_hooks';
import { EventEmitter, on } from 'node:events';
import { setImmediate, setInterval as every } from 'node:timers/promises';

import test from 'ava';
import { z } from 'zod';

import { Depends, sse, untilAborted } from '../../src/index.ts';
import type { SseEvent, SseNote } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep, until, untilStill } from '../helpers/serve.ts';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

const Price = z.object({ price: z.number() });

test('the head leaves before the first event, and every event at once', async (t) => {
  const gates = [createGate(), createGate()];
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(Price) }, async function* () {
      await gates[0]!.promise;
      yield { data: { price: 1 } };
      await gates[1]!.promise;
      yield { data: { price: 2 } };
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/', 'Accept-Encoding: gzip, br, zstd\r\n'));
  const has = (text: string): Promise<boolean> => until(() => connection.unread.toString().includes(text));
  t.true(await has('\r\n\r\n'));
  t.false(connection.unread.toString().includes('data'));
  gates[0]!.open();
  t.true(await has('data: {"price":1}\n\n'));
  gates[1]!.open();
  t.true(await has('data: {"price":2}\n\n'));
  connection.close();
});

test('a comment is sent while nothing else is, and none to a client that takes nothing', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/quiet', { response: sse(Price, { heartbeat: 30 }) }, async function* ({ req }) {
      for await (const price of untilAborted(every(60_000, 1), req.signal)) yield { data: { price } };
    });
    app.get('/busy', { response: sse(Price, { heartbeat: 300 }) }, async function* ({ req }) {
      for await (const price of untilAborted(every(10, 1), req.signal)) yield { data: { price } };
    });
    app.get('/off', { response: sse(Price, { heartbeat: false }) }, async function* ({ req }) {
      for await (const price of untilAborted(every(60_000, 1), req.signal)) yield { data: { price } };
    });
  });
  const open = async (path: string): Promise<RawConnection> => (await RawConnection.open(port)).send(get(path));
  const [quiet, busy, off] = [await open('/quiet'), await open('/busy'), await open('/off')];
  const beats = ({ unread }: RawConnection): number => unread.toString().split('\r\n:\n\n\r\n').length - 1;
  t.true(await until(() => beats(quiet) >= 3), 'it beats');
  await sleep(500);
  t.is(beats(busy), 0, 'an event puts it off');
  t.true(busy.unread.toString().split('data: ').length > 5);
  t.is(beats(off), 0);
  for (const connection of [quiet, busy, off]) connection.close();
});

// Alone, since it counts the timers of the process.
test.serial('the timer of a heartbeat ends with its stream, whoever ends it', async (t) => {
  const live = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && live.add(id)),
    destroy: (id) => void live.delete(id),
  });
  // A timer's end is told a turn later, that of the wait as well.
  const left = async (wanted: number): Promise<number> => {
    for (let count = 0; count < 100 && live.size !== wanted; count++) {
      await sleep(10);
      for (let turn = 0; turn < 3; turn++) await setImmediate();
    }
    return live.size;
  };
  let ended = 0;
  const { port, app } = await serve(t, (covet) => {
    covet.get('/{how}', { response: sse(Price, { heartbeat: 20 }) }, async function* ({ req, params: { how } }) {
      try {
        yield { data: { price: 1 } };
        await sleep(5);
        if (how === 'fails') throw new Error('it failed');
        if (how === 'ends') return;
        for await (const price of untilAborted(new ReadableStream<number>(), req.signal)) yield { data: { price } };
      } finally {
        ended++;
      }
    });
  });
  hook.enable();
  t.teardown(() => hook.disable());
  for (const how of ['goes', 'goes', 'fails', 'ends']) {
    const connection = await RawConnection.open(port);
    connection.send(get(`/${how}`));
    t.true(await until(() => connection.unread.toString().includes('data: ')), how);
    if (how === 'goes') t.true(await until(() => connection.unread.toString().includes('\r\n:\n\n\r\n')));
    connection.reset();
  }
  const head = await exchange(port, 'HEAD /goes HTTP/1.1\r\nHost: a\r\n\r\n', { head: true });
  t.is(head.status, 200);
  t.true(await until(() => ended === 5), `${ended} ended`);
  const open = await RawConnection.open(port);
  open.send(get('/stays'));
  await until(() => open.unread.toString().includes(':\n\n'));
  t.is(await left(1), 1, 'one for the stream that is open');
  await app.close(1000);
  t.is(await left(0), 0, 'and none behind it');
});

test('a client that goes ends a generator that waits, and what it depends on', async (t) => {
  const order: string[] = [];
  const prices = new EventEmitter();
  const session = Depends(async function* () {
    try {
      yield 'session';
    } finally {
      order.push('closed');
    }
  });
  const { port } = await serve(t, (app) => {
    app.get('/', { deps: { session }, response: sse(Price) }, async function* ({ req }) {
      try {
        for await (const [price] of untilAborted(on(prices, 'price'), req.signal)) yield { data: { price } };
        order.push('after');
      } finally {
        order.push('ended');
      }
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(get('/'));
  await until(() => prices.listenerCount('price') === 1);
  prices.emit('price', 5);
  t.true(await until(() => connection.unread.toString().includes('data: {"price":5}\n\n')));
  connection.reset();
  t.true(await until(() => prices.listenerCount('price') === 0), 'the source was ended');
  await until(() => order.includes('closed'));
  t.deepEqual(order, ['after', 'ended', 'closed']);
});

test('a slow client slows the generator', async (t) => {
  let made = 0;
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(z.string(), { heartbeat: 20 }) }, async function* () {
      const data = 'x'.repeat(16 * 1024);
      for (; ; made++) yield { data };
    });
  });
  const connection = await RawConnection.open(port);
  connection.socket.pause();
  connection.send(get('/'));
  const isStill = await untilStill(() => made, 300);
  t.true(isStill);
  t.true(made < 2000, `${made} events were made`);
  connection.reset();
});

test('the server’s close ends every stream in order, those that do not listen included', async (t) => {
  const open = new Set<string>();
  const { port, app, logs } = await serve(t, (covet) => {
    const route = (path: string, source: (signal: AbortSignal) => AsyncGenerator<SseEvent<number> | SseNote>): void => {
      covet.get(path, { response: sse(z.number()) }, async function* ({ req }) {
        open.add(path);
        yield { data: 1 };
        yield* source(req.signal) as AsyncGenerator<SseEvent<number>>;
      });
    };
    route('/polite', async function* (signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield { data: 2 };
    });
    route('/throws', async function* (signal) {
      for await (const data of every(60_000, 3, { signal })) yield { data };
    });
    route('/deaf', async function* () {
      await new Promise(() => undefined);
      yield { data: 4 };
    });
    route('/endless', async function* () {
      for (;;) {
        await sleep(5);
        yield { comment: 'still here' };
      }
    });
  });
  const paths = ['/polite', '/throws', '/deaf', '/endless'];
  const connections = await Promise.all(paths.map(() => RawConnection.open(port)));
  connections.forEach((connection, index) => connection.send(get(paths[index]!)));
  t.true(await until(() => connections.every(({ unread }) => unread.toString().includes('data: 1\n\n'))));
  const begin = performance.now();
  const closing = app.close(10_000);
  for (const [index, connection] of connections.entries()) {
    const raw = await connection.rest();
    t.true(raw.endsWith('0\r\n\r\n'), `${paths[index]} ends in order: ${JSON.stringify(raw.slice(-80))}`);
    t.is(raw.includes('data: 2\n\n'), index === 0, 'the last word is sent');
  }
  await closing;
  t.true(performance.now() - begin < 5000, 'long before the deadline');
  t.deepEqual(
    logs.lines.filter(({ level }) => level >= 50),
    [],
  );
});

test('HEAD gets the headers and ends the generator', async (t) => {
  let isEnded = false;
  const { port } = await serve(t, (app) => {
    app.get('/', { response: sse(Price) }, async function* ({ req }) {
      try {
        for await (const price of untilAborted(every(60_000, 1), req.signal)) yield { data: { price } };
      } finally {
        isEnded = true;
      }
    });
  });
  const head = await exchange(port, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', { head: true });
  t.deepEqual([head.status, head.header('content-type')], [200, 'text/event-stream']);
  t.true(await until(() => isEnded));
});

test('no time limit of handlers ends a stream', async (t) => {
  const { port } = await serve(
    t,
    (app) => {
      app.get('/', { response: sse(Price) }, async function* () {
        yield { data: { price: 1 } };
        await sleep(600);
        yield { data: { price: 2 } };
      });
    },
    { limits: { handlerTimeout: 200 } },
  );
  t.true((await exchange(port, get('/'))).text().endsWith('data: {"price":2}\n\n'));
});

test('untilAborted gives values until the end, the signal, or whoever leaves the loop', async (t) => {
  const list = [];
  for await (const value of untilAborted<unknown>([1, Promise.resolve(2)], new AbortController().signal))
    list.push(value);
  t.deepEqual(list, [1, 2]);

  let ended = 0;
  const endless = async function* (): AsyncGenerator<number> {
    try {
      for (let count = 0; ; count++) {
        yield count;
        await sleep(1);
      }
    } finally {
      ended++;
    }
  };
  for await (const value of untilAborted(endless(), new AbortController().signal)) if (value === 2) break;
  t.is(ended, 1, 'leaving ends the source');

  const abort = new AbortController();
  const failing = async function* (): AsyncGenerator<number> {
    yield 1;
    throw new Error('the source failed');
  };
  await t.throwsAsync(
    async () => {
      for await (const value of untilAborted(failing(), abort.signal)) list.push(value);
    },
    { message: 'the source failed' },
  );
  const waiting = (async () => {
    for await (const value of untilAborted(new ReadableStream<number>(), abort.signal)) list.push(value);
    return 'over';
  })();
  setTimeout(() => abort.abort(), 10);
  t.is(await waiting, 'over');
  for await (const value of untilAborted([1], abort.signal)) t.fail(`${String(value)} after the signal`);
});
