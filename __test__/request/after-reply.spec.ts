/** Requests that somebody keeps: what they say stays right while other requests use the same memory. */
import test from 'ava';

import { CovetError } from '../../src/index.ts';
import type { CovetRequest } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve } from '../helpers/serve.ts';

interface Seen {
  readonly path: string;
  readonly query: unknown;
  readonly params: unknown;
  readonly header: string | undefined;
  readonly cookies: unknown;
}

const ask = (connection: RawConnection, id: string, fill = 10) =>
  connection
    .send(
      `GET /k/${id}?q=${id} HTTP/1.1\r\nHost: a\r\nX-Id: ${id}\r\nCookie: c=${id}\r\nX-Fill: ${'f'.repeat(fill)}\r\n\r\n`,
    )
    .next();

const expected = (id: string): Seen => ({
  path: `/k/${id}`,
  query: { q: id },
  params: { id },
  header: id,
  cookies: { c: id },
});

const plain = (value: object): object => ({ ...value });

test('a kept request still tells its own parts after its slot has served many others', async (t) => {
  const kept = new Map<string, CovetRequest>();
  const { port } = await serve(
    t,
    (app) =>
      app.get('/k/{id}', ({ req, params: { id } }) => {
        kept.set(id, req);
        return id;
      }),
    { limits: { maxInFlight: 2 } },
  );
  const connection = await RawConnection.open(port);
  // Some heads lie beside their slots.
  for (let id = 0; id < 400; id++) await ask(connection, `${id}`, id % 10 === 0 ? 5000 : 10);
  connection.close();
  t.is(kept.size, 400);
  for (const [id, req] of kept) {
    const seen: Seen = {
      path: req.path,
      query: plain(req.query),
      params: plain(req.params),
      header: req.header('x-id'),
      cookies: plain(req.cookies),
    };
    t.deepEqual(seen, expected(id));
    t.is(req.method, 'GET');
    t.is(req.ip, '127.0.0.1');
    t.is(req.url.href, `http://a/k/${id}?q=${id}`);
    t.is(req.headers['x-id'], id);
    t.false(req.signal.aborted);
  }
});

test('a context that is read only after the answer never shows another request', async (t) => {
  const faults: unknown[] = [];
  const reads = createGate();
  let count = 0;
  const total = 300;
  const { port } = await serve(
    t,
    (app) =>
      app.get('/k/{id}', (context) => {
        const { id } = context.params;
        setTimeout(() => {
          for (const read of [
            () => context.query,
            () => context.headers,
            () => context.cookies,
            () => context.req.path,
          ]) {
            try {
              const value = JSON.stringify(read());
              if (!value.includes(`"${id}"`) && value !== `"/k/${id}"`) faults.push([id, value]);
            } catch (error) {
              // What was not read in time may be gone, and then says so.
              if (!(error instanceof CovetError) || !/answered/.test(error.message)) faults.push(error);
            }
          }
          if (++count === total) reads.open();
        }, 5);
        return id;
      }),
    { limits: { maxInFlight: 2 } },
  );
  const connection = await RawConnection.open(port);
  for (let id = 0; id < total; id++) await ask(connection, `${id}`);
  await reads.promise;
  connection.close();
  t.deepEqual(faults, []);
});

test('a handler that is timed out keeps its own request', async (t) => {
  const seen: unknown[] = [];
  const go = createGate();
  const done = createGate();
  const { port } = await serve(
    t,
    (app) => {
      app.get('/late/{id}', async (context) => {
        await go.promise;
        seen.push([context.params.id, plain(context.query), context.headers['x-id'], context.req.path]);
        done.open();
      });
      app.get('/k/{id}', ({ params }) => params.id);
    },
    { limits: { maxInFlight: 1, handlerTimeout: 100 } },
  );
  const connection = await RawConnection.open(port);
  connection.send('GET /late/mine?q=mine HTTP/1.1\r\nHost: a\r\nX-Id: mine\r\n\r\n');
  t.is((await connection.next()).status, 504);
  for (let id = 0; id < 20; id++) t.is((await ask(connection, `other${id}`)).text(), `other${id}`);
  go.open();
  await done.promise;
  t.deepEqual(seen, [['mine', { q: 'mine' }, 'mine', '/late/mine']]);
  connection.close();
});

test('a body that was not read in time says so; one that was read stays', async (t) => {
  const kept: CovetRequest[] = [];
  const copies: Uint8Array[] = [];
  const { port } = await serve(t, (app) => {
    app.post('/unread', ({ req }) => void kept.push(req));
    app.post('/json', async ({ req }) => {
      kept.push(req);
      return req.json();
    });
    app.post('/bytes', async ({ req }) => {
      const bytes = await req.bytes();
      copies.push(bytes);
      return 'ok';
    });
  });
  const connection = await RawConnection.open(port);
  const post = (path: string, body: string) =>
    connection
      .send(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      .next();
  await post('/unread', '{"a":1}');
  await post('/json', '{"a":2}');
  await post('/bytes', '{"a":3}');
  for (let count = 0; count < 20; count++) await post('/json', `{"other":${count}}`);
  const [unread, read] = kept as [CovetRequest, CovetRequest];
  for (const method of ['text', 'json', 'bytes'] as const) {
    const error = await t.throwsAsync(() => unread[method](), { instanceOf: CovetError }, method);
    t.regex(error?.message ?? '', /before the request was answered/);
  }
  t.deepEqual(await read.json(), { a: 2 });
  t.is(Buffer.from(copies[0]!).toString(), '{"a":3}');
  connection.close();
});

test('a body whose reading nobody waited for is its own, not that of the next request in its slot', async (t) => {
  const wrong: string[] = [];
  const done = createGate();
  const [connections, rounds, pipelined] = [8, 10, 4];
  const total = connections * rounds * pipelined;
  let count = 0;
  const end = (): void => {
    if (++count === total * 2) done.open();
  };
  const { port } = await serve(
    t,
    (app) =>
      app.post('/x/{id}', ({ req, params: { id } }) => {
        // Time for the I/O threads to fill the slot again, before what waits below goes on.
        queueMicrotask(() => {
          const until = performance.now() + 2;
          while (performance.now() < until);
        });
        const check = (how: string, body: string): void => {
          if (body !== id.padEnd(2000, '.')) wrong.push(`${how} of ${id}: ${body.slice(0, 10)}`);
        };
        const read = async (): Promise<void> => check('text', await req.text());
        const copy = async (): Promise<void> => check('bytes', Buffer.from(await req.bytes()).toString());
        read().then(end, end);
        copy().then(end, end);
        return 'ok';
      }),
    { limits: { maxInFlight: 2 } },
  );
  await Promise.all(
    Array.from({ length: connections }, async (_, client) => {
      const connection = await RawConnection.open(port);
      for (let round = 0; round < rounds; round++) {
        for (let index = 0; index < pipelined; index++) {
          const id = `${client}-${round}-${index}`;
          connection.send(`POST /x/${id} HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${id.padEnd(2000, '.')}`);
        }
        for (let index = 0; index < pipelined; index++) t.is((await connection.next()).text(), 'ok');
      }
      connection.close();
    }),
  );
  await done.promise;
  t.deepEqual(wrong, []);
});
