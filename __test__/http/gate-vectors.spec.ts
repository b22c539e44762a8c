/** Every vector of gate.json over a raw socket against a running application; after each, a fresh request is served. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { gateVectors, toBytes } from '../helpers/vectors.ts';
import type { GateVector, VectorStatus } from '../helpers/vectors.ts';

const vectors = gateVectors();

const matches = (expected: VectorStatus, status: number): boolean =>
  expected === 'ok' ? status >= 200 && status <= 299 : status === expected;

/** An error ends the connection unless it is about the path or the method alone. */
const keepsConnection = (status: number): boolean => status < 400 || status === 404 || status === 405;

async function check(t: ExecutionContext, port: number, vector: GateVector): Promise<void> {
  const connection = await RawConnection.open(port);
  const raw = toBytes(vector.raw);
  const isHead = raw.toString('latin1').trimStart().startsWith('HEAD ');
  try {
    connection.send(raw);
    const first = await connection.next({ head: isHead });
    t.true(matches(vector.status, first.status), `${vector.name}: ${first.status} ${first.text()}`);
    if (vector.interim === false) t.deepEqual(first.interim, [], vector.name);
    if (first.status >= 400) {
      t.regex(first.header('x-error-id') ?? '', /^[0-9a-f-]{36}$/, `${vector.name}: an error has its id`);
      if (!isHead) t.is(typeof first.json().error.code, 'string', vector.name);
    }
    for (const expected of vector.next ?? []) {
      const next = await connection.next();
      t.true(matches(expected, next.status), `${vector.name}, next: ${next.status} ${next.text()}`);
    }
    if (vector.next?.length === 0 || (first.status >= 400 && !keepsConnection(first.status) && first.status !== 400)) {
      t.is(await connection.rest(), '', `${vector.name}: nothing follows the refusal`);
    }
  } finally {
    connection.close();
  }
}

test('every raw request gets its status, and the server goes on serving', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () => 'home');
    app.post('/echo', async ({ req }) => req.bytes());
  });
  t.true(vectors.length >= 200, 'the vectors have been read');
  for (const vector of vectors) {
    await t.notThrowsAsync(check(t, port, vector), vector.name);
    const fresh = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    t.is(fresh.text(), 'home', `a fresh request after: ${vector.name}`);
  }
});

test('vectors that arrive byte by byte get the same answers', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () => 'home');
    app.post('/echo', async ({ req }) => req.bytes());
  });
  const short = vectors.filter((vector) => toBytes(vector.raw).byteLength < 400);
  t.true(short.length > 100);
  await Promise.all(
    short.map(async (vector) => {
      const connection = await RawConnection.open(port);
      const raw = toBytes(vector.raw);
      for (const byte of raw) {
        if (connection.socket.destroyed || !connection.socket.writable) break;
        connection.send(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      const { status } = await connection.next({ head: raw.toString('latin1').trimStart().startsWith('HEAD ') });
      t.true(matches(vector.status, status), `${vector.name}: ${status}`);
      connection.close();
    }),
  );
});
