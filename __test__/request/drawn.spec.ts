/**
 * Large bodies of a declared length, which the JS thread reads from the socket itself (Q4): whatever the paces of client and
 * reader, no byte is lost, added, or another request's.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { Random } from '../../benchmark/soak/random.ts';
import { Covet } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve } from '../helpers/serve.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const boundary = 'a-boundary-of-some-length';

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const head = (target: string, length: number, more = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n${more}Content-Length: ${length}\r\n\r\n`;

/** A form of one file. */
const formOf = (file: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

/** What looks like the end of a file, or its beginning, and is none. */
const decoys = [
  '\r',
  '\r\n',
  '\r\n--',
  `\r\n-${boundary}`,
  `\r\n--${boundary.slice(0, -1)}X`,
  `x\n--${boundary}--`,
  '-'.repeat(70),
];

function bytesOf(random: Random, size: number): Buffer {
  const bytes = random.bytes(size);
  for (let at = random.whole(0, 9999); at < size - 100; at += random.whole(1, 9999))
    bytes.write(random.pick(decoys), at);
  return bytes;
}

/** Sends bytes in pieces of any size, with and without pauses. */
async function dribble({ socket }: RawConnection, bytes: Buffer, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = random.pick([1, 100, 5000, 65_536, 300_000]);
    if (!socket.write(bytes.subarray(at, at + size))) await new Promise((resolve) => socket.once('drain', resolve));
    at += size;
    if (random.bool(0.2)) await sleep(random.whole(0, 3));
  }
}

/** Answers with the digests of bodies and files, which are read with pauses where `x-seed` says so. */
function digests(app: Covet): void {
  const limit = { bodyLimit: 2 ** 40 };
  const digest = async (pieces: AsyncIterable<Uint8Array>, seed: string | undefined): Promise<object> => {
    const hash = createHash('sha256');
    const random = new Random(Number(seed));
    let largest = 0;
    for await (const piece of pieces) {
      hash.update(piece);
      largest = Math.max(largest, piece.length);
      if (seed !== undefined && random.bool(0.2)) await sleep(random.whole(0, 4));
    }
    return { sha: hash.digest('hex'), largest };
  };
  app.post('/stream', limit, ({ req }) => digest(req.stream, req.header('x-seed')));
  app.post('/bytes', limit, async ({ req }) => ({ sha: sha(await req.bytes()), largest: 0 }));
  app.post('/parts', limit, async ({ req }) => {
    const found: object[] = [];
    for await (const part of req.parts()) {
      if (part.kind === 'file') found.push(await digest(part.stream(), req.header('x-seed')));
    }
    return found[0];
  });
  app.get('/', () => 'home');
}

for (const seed of [1, 2, 3, 4]) {
  test(`bytes come as they were sent, whatever the paces: seed ${seed}`, async (t) => {
    const { port } = await serve(t, digests);
    const clients = Array.from({ length: 6 }, (_, index) => new Random(seed * 100 + index));
    await Promise.all(
      clients.map(async (random) => {
        const connection = await RawConnection.open(port);
        for (let turn = 0; turn < 4; turn++) {
          const target = random.pick(['/stream', '/bytes', '/parts']);
          const file = bytesOf(random, random.whole(60 * KIB, 3 * MIB));
          const body = target === '/parts' ? formOf(file) : file;
          // Behind the body, in the same breath, the next request: no byte of it is the body's.
          const next = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
          const paced = random.bool() ? `X-Seed: ${random.whole(1, 999)}\r\n` : '';
          const sent = Buffer.concat([Buffer.from(head(target, body.length, paced)), body, Buffer.from(next)]);
          await dribble(connection, sent, random);
          const answer = await connection.next({ timeout: 20_000 });
          t.is(answer.json().sha, sha(file), `${target} of ${file.length} bytes`);
          t.is((await connection.next()).text(), 'home');
        }
        connection.close();
      }),
    );
  });
}

test('what lies in the socket is read in large pieces, on TCP and on a Unix socket', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'cv-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'app.sock');
  const app = new Covet({ logger: false });
  digests(app);
  await app.listen({ path: file });
  t.teardown(() => app.close(0));
  const { port } = await serve(t, digests);
  const bytes = bytesOf(new Random(7), 3 * MIB);
  for (const open of [() => RawConnection.open(port), () => RawConnection.open(0, { path: file })]) {
    for (const [target, body] of [
      ['/stream', bytes],
      ['/parts', formOf(bytes)],
    ] as const) {
      const connection = await open();
      // The reader pauses, so that much has come when it goes on.
      connection.send(head(target, body.length, 'X-Seed: 1\r\n')).send(body);
      const { sha: found, largest } = (await connection.next({ timeout: 20_000 })).json();
      t.is(found, sha(bytes), target);
      // What crosses from the I/O thread comes by 64 KiB: such a piece was drawn.
      t.true(largest > 64 * KIB, `the largest piece of ${target} has ${largest} bytes`);
      connection.close();
    }
  }
});

for (const way of ['end', 'reset'] as const) {
  for (const moment of ['waits', 'does something else'] as const) {
    test(`a client that goes by ${way} in mid-body is told to a reader that ${moment}`, async (t) => {
      const reached = createGate();
      const gone = createGate();
      const told = createGate<unknown>();
      const { port } = await serve(t, (app) => {
        app.post('/', { bodyLimit: 2 ** 40 }, async ({ req }) => {
          const reader = req.stream.getReader();
          let bytes = 0;
          try {
            for (let next = await reader.read(); !next.done; next = await reader.read()) {
              bytes += next.value.length;
              if (bytes < 2 * MIB) continue;
              reached.open();
              if (moment === 'does something else') await gone.promise;
            }
            told.open('all of it');
          } catch (error) {
            told.open(error);
          }
        });
        app.get('/', () => 'home');
      });
      const connection = await RawConnection.open(port);
      connection.send(head('/', 3 * MIB)).send(Buffer.alloc(2 * MIB));
      await reached.promise;
      if (way === 'end') connection.end();
      else connection.reset();
      gone.open();
      t.like(await told.promise, { status: 400, code: 'BAD_REQUEST' });
      const other = await RawConnection.open(port);
      t.is((await other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').next()).text(), 'home');
      other.close();
      connection.close();
    });
  }
}

test('what is left of a body that was drawn in part is read away where it is little, else the connection ends', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit: 2 ** 40 }, async ({ req }) => {
      const reader = req.stream.getReader();
      let bytes = 0;
      while (bytes < 2 * MIB) bytes += (await reader.read()).value?.length ?? 0;
      await reader.cancel();
      return 'enough';
    });
    app.get('/', () => 'home');
  });
  const connection = await RawConnection.open(port);
  connection.send(head('/', 2 * MIB + 240 * KIB)).send(Buffer.alloc(2 * MIB + 40 * KIB));
  const answer = await connection.next();
  t.is(answer.text(), 'enough');
  connection.send(Buffer.alloc(200 * KIB)).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await connection.next()).text(), 'home');
  connection.send(head('/', 100 * MIB)).send(Buffer.alloc(4 * MIB));
  t.is((await connection.next()).text(), 'enough');
  t.not(await connection.closed, 'close');
});

test('a client that waits to be invited is, and then its body is drawn', async (t) => {
  const { port } = await serve(t, digests);
  const connection = await RawConnection.open(port);
  const body = bytesOf(new Random(8), 2 * MIB);
  connection.send(head('/stream', body.length, 'Expect: 100-continue\r\nX-Seed: 1\r\n'));
  const answer = connection.next({ timeout: 20_000 });
  await new Promise((resolve) => connection.socket.once('data', resolve));
  connection.send(body);
  const { interim, json } = await answer;
  t.deepEqual(interim, [100]);
  t.is(json().sha, sha(body));
  t.true(json().largest > 64 * KIB);
  connection.close();
});

test('a body that stops coming is 408 while it is drawn, and a reader that pauses is none of its fault', async (t) => {
  const { port } = await serve(
    t,
    (app) =>
      app.post('/', { bodyLimit: 2 ** 40 }, async ({ req }) => {
        const reader = req.stream.getReader();
        let bytes = 0;
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          bytes += next.value.length;
          if (bytes === 2 * MIB) await sleep(1500);
        }
        return bytes;
      }),
    { limits: { bodyTimeout: 1000 } },
  );
  const patient = await RawConnection.open(port);
  patient.send(head('/', 3 * MIB)).send(Buffer.alloc(2 * MIB));
  await sleep(1700);
  patient.send(Buffer.alloc(MIB));
  t.is((await patient.next()).text(), String(3 * MIB));
  patient.close();
  const silent = await RawConnection.open(port);
  silent.send(head('/', 3 * MIB)).send(Buffer.alloc(MIB));
  t.is((await silent.next()).status, 408);
  silent.close();
});
