/** Streams that are not sent, or not to their end, and what their sources and dependencies hear of it (Q5). */
import { createReadStream } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { z } from 'zod';

import { Depends, ndjson, reply } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { serve, until } from '../helpers/serve.ts';

const request = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** A source and a dependency that write down how they end. */
function recorder() {
  const ends: string[] = [];
  const transaction = Depends(async function* () {
    try {
      yield {};
      ends.push('committed');
    } catch (error) {
      ends.push(`rolled back: ${(error as Error).name}`);
      throw error;
    }
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (let count = 0; count < 3; count++) {
        yield Buffer.from('piece');
        await sleep(5);
      }
    } finally {
      ends.push('ended');
    }
  }
  return { ends, transaction, source };
}

test('a stream that is made after the handler had its time is ended, and so is what it uses', async (t) => {
  const { ends, transaction, source } = recorder();
  const register = (app: Covet): unknown =>
    app.get('/late', { deps: { transaction } }, async () => {
      await sleep(500);
      return source();
    });
  const { port } = await serve(t, register, { limits: { handlerTimeout: 100 } });
  t.is((await exchange(port, request('/late'))).status, 504);
  t.true(await until(() => ends.length === 2, 2000), JSON.stringify(ends));
  t.deepEqual([...ends].sort(), ['ended', 'rolled back: TimeoutError']);
});

test('a stream in whose place a middleware puts another reply is ended, and so is what it uses', async (t) => {
  for (const how of ['answers', 'throws']) {
    const { ends, transaction, source } = recorder();
    const { port } = await serve(t, (app) => {
      app.use(async (_context, next) => {
        await next();
        if (how === 'throws') throw new Error('on the way out');
        return 'another';
      });
      app.get('/', { deps: { transaction } }, () => source());
    });
    t.is((await exchange(port, request('/'))).status, how === 'throws' ? 500 : 200);
    t.true(await until(() => ends.length === 2, 2000), `${how}: ${JSON.stringify(ends)}`);
    t.deepEqual([...ends].sort(), ['ended', 'rolled back: AbortError']);
  }
});

test('a web response that is not sent lets go of its stream', async (t) => {
  let isCancelled = false;
  const endless = (): Response =>
    new Response(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await sleep(20);
          controller.enqueue(Buffer.from('piece'));
        },
        cancel: () => void (isCancelled = true),
      }),
    );
  const { port } = await serve(t, (app) => {
    app.use(async (_context, next) => {
      await next();
      return 'another';
    });
    app.get('/', endless);
  });
  t.is((await exchange(port, request('/'))).text(), 'another');
  t.true(await until(() => isCancelled, 2000));
});

test('a stream of a named length that goes on for a moment behind its last byte was sent, not broken off', async (t) => {
  const { ends, transaction, source } = recorder();
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield* source();
    await sleep(100);
  }
  let isAborted = false;
  const { port } = await serve(t, (app) => {
    app.get('/', { deps: { transaction } }, ({ req }) => {
      req.signal.addEventListener('abort', () => (isAborted = true));
      return new Response(ReadableStream.from(slowly()), { headers: { 'content-length': '15' } });
    });
  });
  t.is((await exchange(port, request('/'))).text(), 'piecepiecepiece');
  t.true(await until(() => ends.length === 2, 2000), JSON.stringify(ends));
  t.deepEqual(ends, ['ended', 'committed']);
  t.false(isAborted);
});

test('HEAD ends a stream without a failure', async (t) => {
  const { ends, transaction, source } = recorder();
  let isAborted = false;
  const { port } = await serve(t, (app) => {
    app.get('/', { deps: { transaction } }, ({ req }) => {
      req.signal.addEventListener('abort', () => (isAborted = true));
      return source();
    });
  });
  t.is((await exchange(port, request('/', 'HEAD'), { head: true })).status, 200);
  t.true(await until(() => ends.length === 2, 2000), JSON.stringify(ends));
  t.deepEqual(ends, ['ended', 'committed']);
  t.false(isAborted);
});

test('a source may fill the same buffer anew for each piece', async (t) => {
  const buffer = Buffer.alloc(2);
  const { port } = await serve(t, (app) => {
    app.get('/', async function* () {
      for (const letter of 'abc') yield buffer.fill(letter);
    });
  });
  t.is((await exchange(port, request('/'))).text(), 'aabbcc');
});

test('a file stream that fails without being read is no reason for the process to end', async (t) => {
  const faults: unknown[] = [];
  const onFault = (error: unknown): unknown => faults.push(error);
  // Ahead of ava's own, which would only count them.
  process.prependListener('uncaughtException', onFault);
  t.teardown(() => process.off('uncaughtException', onFault));
  const nothing = (): ReadStream => createReadStream('/nowhere/nothing');
  const slow = z.object({ a: z.string() }).refine(() => sleep(50, true));
  const { port } = await serve(t, (app) => {
    for (const status of [204, 205, 304]) app.get(`/${status}`, () => reply(status, nothing()));
    app.get('/head', () => reply(200, nothing()));
    app.get('/schema', { response: z.object({ a: z.string() }) }, () => nothing() as never);
    app.get('/slow', { response: slow }, () => nothing() as never);
    app.get('/slow-values', { response: slow }, () => ndjson(nothing()) as never);
    app.get('/map', { response: { 200: z.object({}) } }, () => reply(404 as 200, nothing() as never));
    app.get('/format', { response: ndjson(z.string()) }, () => ndjson(nothing()) as never);
  });
  for (const status of [204, 205, 304]) t.is((await exchange(port, request(`/${status}`))).status, status);
  await exchange(port, request('/head', 'HEAD'), { head: true });
  for (const path of ['/schema', '/slow', '/slow-values', '/map', '/format']) {
    t.is((await exchange(port, request(path))).status, 500, path);
  }
  await sleep(100);
  t.deepEqual(faults, []);
});

test('a client of HTTP/1.0 is shown a break by a reset, an end by an end', async (t) => {
  async function* pieces(fails: boolean): AsyncGenerator<string> {
    yield 'piece';
    await sleep(50);
    if (fails) throw new Error('in the middle');
  }
  const { port } = await serve(t, (app) => {
    app.get('/broken', () => pieces(true));
    app.get('/whole', () => pieces(false));
  });
  for (const [path, how] of [
    ['/broken', 'ECONNRESET'],
    ['/whole', 'end'],
  ] as const) {
    const connection = await RawConnection.open(port);
    connection.send(`GET ${path} HTTP/1.0\r\nHost: a\r\n\r\n`);
    t.is(await connection.closed, how, path);
    t.true(connection.unread.toString().endsWith('\r\n\r\npiece'), path);
  }
});
