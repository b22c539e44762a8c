/** Streams while the server closes: those with an end have the grace for it, those without are told at once. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

import test from 'ava';
import { z } from 'zod';

import { ndjson, reply } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve, sleep, until } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Gives `count` pieces, one every so many milliseconds. */
async function* count(last: number, every: number): AsyncGenerator<string> {
  for (let n = 1; n <= last; n++) {
    await sleep(every);
    yield `${n};`;
  }
}

test('a download that passes its signal on ends whole within the grace', async (t) => {
  const upstream = http.createServer((_, response) => void Readable.from(count(10, 40)).pipe(response));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  t.teardown(() => upstream.close());
  const source = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`;
  const { port, app } = await serve(t, (covet) => {
    covet.get('/response', ({ req }) => fetch(source, { signal: req.signal }));
    covet.get('/body', async ({ req }) => (await fetch(source, { signal: req.signal })).body);
  });
  const connections = await Promise.all(['/response', '/body'].map(() => RawConnection.open(port)));
  connections[0]!.send(get('/response'));
  connections[1]!.send(get('/body'));
  t.true(await until(() => connections.every(({ unread }) => unread.includes('2;'))));
  const closing = app.close(10_000);
  for (const connection of connections) t.is((await connection.next()).text(), '1;2;3;4;5;6;7;8;9;10;');
  await closing;
});

test('a stream that does not end is told when the grace does, and broken off', async (t) => {
  let isOver = false;
  let toldAfter: number | undefined;
  let began = 0;
  const { port, app } = await serve(t, (covet) =>
    covet.get('/', async function* ({ req }) {
      req.signal.addEventListener('abort', () => (toldAfter = performance.now() - began));
      try {
        yield* count(100_000, 20);
      } finally {
        isOver = true;
      }
    }),
  );
  const connection = await RawConnection.open(port);
  connection.send(get('/'));
  t.true(await until(() => connection.unread.includes('2;')));
  began = performance.now();
  await app.close(400);
  t.true(await until(() => isOver), 'the source is ended');
  t.true(toldAfter !== undefined && toldAfter >= 350, `told after ${toldAfter} ms`);
  t.false((await connection.rest()).endsWith('0\r\n\r\n'), 'broken off, not ended');
});

test('a reply that says it is endless hears of the close at its start, and ends in order', async (t) => {
  const waiting = async function* (signal: AbortSignal, first: unknown, last: unknown): AsyncGenerator<never> {
    yield first as never;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    yield last as never;
  };
  const { port, app } = await serve(t, (covet) => {
    covet.get('/text', ({ req }) => reply(200, waiting(req.signal, 'first', 'last'), { endless: true }));
    covet.get('/rows', ({ req }) => reply(200, ndjson(waiting(req.signal, 'first', 'last')), { endless: true }));
    covet.get('/typed', { response: ndjson(z.string()) }, ({ req }) =>
      reply(200, waiting(req.signal, 'first', 'last'), { endless: true }),
    );
    covet.get('/deaf', () => reply(200, waiting(new AbortController().signal, 'first', 'last'), { endless: true }));
  });
  const paths = ['/text', '/rows', '/typed', '/deaf'];
  const connections = await Promise.all(paths.map(async (path) => (await RawConnection.open(port)).send(get(path))));
  t.true(await until(() => connections.every(({ unread }) => unread.includes('first'))));
  const closing = app.close(10_000);
  for (const [index, connection] of connections.entries()) {
    const { isWhole, body } = await connection.next();
    t.true(isWhole);
    t.is(body.includes('last'), index !== 3, paths[index]);
  }
  await closing;
});
