/** What is left of a body when its request has been answered: read on by whoever does, let go where nobody does. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import type { CovetRequest } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve } from '../helpers/serve.ts';

const MIB = 1024 * 1024;
const head = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}\r\n\r\n` +
  '--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n';

/** Sends as much as is taken, until the server has closed. */
async function pour({ socket, closed }: RawConnection, bytes: number): Promise<void> {
  const piece = Buffer.alloc(MIB, 'x');
  for (let left = bytes; left > 0 && socket.writable; left -= MIB) {
    if (socket.write(piece)) continue;
    await Promise.race([once(socket, 'drain'), closed]);
  }
}

test('a body that was begun and is not read on is let go after its answer, and so is the connection', async (t) => {
  const kept: unknown[] = [];
  const { port } = await serve(t, (app) => {
    const limit = { bodyLimit: 2 ** 40 };
    // All of them keep what they read from, so that no collection of garbage lets it go.
    const begin = async (req: CovetRequest): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const reader = req.stream.getReader();
      kept.push(reader);
      await reader.read();
      return reader;
    };
    app.post('/answers', limit, async ({ req }) => void (await begin(req)));
    app.post('/throws', limit, async ({ req }) => {
      await begin(req);
      throw new Error('on purpose');
    });
    app.post('/parts', limit, async ({ req }) => {
      const parts = req.parts();
      kept.push(parts);
      await parts.next();
    });
    app.post('/streams', limit, async function* ({ req }) {
      await begin(req);
      yield 'begun';
    });
  });
  await Promise.all(
    ['/answers', '/throws', '/parts', '/streams'].map(async (path) => {
      const connection = await RawConnection.open(port);
      connection.send(head(path, 100 * MIB));
      void pour(connection, 100 * MIB);
      t.is((await connection.next()).status, { '/throws': 500, '/streams': 200 }[path] ?? 204, path);
      await connection.rest(9000);
    }),
  );
  t.is(kept.length, 4);
  const [reader] = kept as [ReadableStreamDefaultReader<Uint8Array>];
  await t.throwsAsync(
    async () => {
      while (!(await reader.read()).done);
    },
    { message: /let go/ },
    'what is missing is no end',
  );
});

test('a body that is read on behind its answer is read to its end, be it slowly', async (t) => {
  const done = createGate<number>();
  const { port } = await serve(t, (app) =>
    app.post('/', { bodyLimit: 2 ** 40 }, async ({ req }) => {
      const reader = req.stream.getReader();
      const first = await reader.read();
      void (async () => {
        let bytes = first.value!.byteLength;
        for (let turn = 0; ; turn++) {
          if (turn < 4) await sleep(1800);
          const next = await reader.read();
          if (next.done) break;
          bytes += next.value.byteLength;
        }
        done.open(bytes);
      })();
      return 'accepted';
    }),
  );
  const connection = await RawConnection.open(port);
  connection.send(head('/', 20 * MIB + 63));
  void pour(connection, 20 * MIB);
  t.is((await connection.next()).text(), 'accepted');
  t.is(await done.promise, 20 * MIB + 63);
  connection.close();
});

test('an answer to a client that is still sending arrives before the connection ends, with megabytes on their way', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/unread', { bodyLimit: 2 ** 40 }, () => 'unread');
    app.post('/small', ({ req }) => req.text());
  });
  for (const [path, status] of [
    ['/unread', 200],
    ['/small', 413],
    ['/none', 404],
  ] as const) {
    for (let time = 0; time < 5; time++) {
      const connection = await RawConnection.open(port);
      connection.send(head(path, 100 * MIB));
      // No more than what the kernels of both ends take, read or not.
      void pour(connection, 12 * MIB);
      // A client that is busy writing looks at what has come later.
      connection.socket.pause();
      await sleep(20);
      connection.socket.resume();
      t.is((await connection.next()).status, status);
      connection.close();
    }
  }
});
