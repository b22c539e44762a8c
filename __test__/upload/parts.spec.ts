/** `req.parts`: a form part by part, as it comes, at the pace of its reader (Q7). */
import test from 'ava';

import { MemoryStorage } from '../../src/index.ts';
import type { FormPart } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';
import { boundary, formBody, formEnd, formType, partHead, png, post, postHead } from './form-body.ts';

const large = Buffer.alloc(300_000, 'covet ');
const bodyLimit = 2 ** 40;

async function describe(part: FormPart): Promise<string> {
  if (part.kind === 'field') return `${part.name}=${part.value}`;
  const bytes = await part.bytes();
  return `${part.name} ${part.filename} ${part.type} ${part.declaredType ?? '-'} ${part.isActive} ${bytes.byteLength}`;
}

for (const [kind, filler] of [
  ['a small body', png],
  ['a body that comes in pieces', large],
] as const) {
  test(`the parts of ${kind} come in order, fields whole and files typed`, async (t) => {
    const { port } = await serve(t, (app) => {
      app.post('/', { bodyLimit }, async ({ req }) => {
        const seen: string[] = [];
        for await (const part of req.parts()) seen.push(await describe(part));
        return seen;
      });
    });
    const parts = [
      { name: 'title', data: 'Größe' },
      { name: 'a', filename: '..\\a.png', type: 'text/plain', data: Buffer.concat([png, filler]) },
      { name: 'none', filename: '', type: 'application/octet-stream', data: '' },
      { name: 'nameless', filename: '', data: 'x' },
      { name: 'empty', filename: 'e.txt', type: 'text/plain', data: '' },
      { name: 'last', data: '' },
    ];
    t.deepEqual((await post(port, '/', parts)).json(), [
      'title=Größe',
      `a a.png image/png text/plain false ${16 + filler.byteLength}`,
      'nameless file application/octet-stream - false 1',
      'empty e.txt text/plain text/plain false 0',
      'last=',
    ]);
  });
}

test('a part is streamed into a storage byte by byte', async (t) => {
  const storage = new MemoryStorage();
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit }, async ({ req }) => {
      for await (const part of req.parts()) if (part.kind === 'file') return { url: await part.save(storage) };
      return undefined;
    });
  });
  const { url } = (await post(port, '/', [{ name: 'a', filename: 'a.bin', type: 'a/b', data: large }])).json();
  const saved: Uint8Array[] = [];
  for await (const piece of await storage.open(storage.keyOf(url))) saved.push(piece);
  t.true(large.equals(Buffer.concat(saved)));
});

test('what is not read of a part is passed over, and cannot be read later', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit }, async ({ req }) => {
      const names: string[] = [];
      const faults: string[] = [];
      let before: ReadableStreamDefaultReader<Uint8Array> | undefined;
      for await (const part of req.parts()) {
        await before?.read().catch((error: Error) => faults.push(error.message));
        before = undefined;
        names.push(part.name);
        if (part.name === 'begun' && part.kind === 'file') {
          before = part.stream().getReader();
          await before.read();
          t.throws(() => part.stream(), { message: /'b' is read already: a part can be read once/ });
        }
      }
      return { names, faults };
    });
  });
  const parts = [
    { name: 'unread', filename: 'a', data: large },
    { name: 'begun', filename: 'b', data: large },
    { name: 'field', data: '1' },
  ];
  t.deepEqual((await post(port, '/', parts)).json(), {
    names: ['unread', 'begun', 'field'],
    faults: ["The file 'b' was passed over: the next part was asked for"],
  });
});

test('leaving the loop early ends the form, and the answer comes at once', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit }, async ({ req }) => {
      for await (const part of req.parts()) return part.name;
      return 'none';
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(postHead('/', 50_000_000) + partHead({ name: 'first', filename: 'n' }));
  connection.send(Buffer.alloc(100_000));
  const response = await connection.next();
  t.deepEqual([response.status, response.text()], [200, 'first']);
  // The rest is too much to be read away.
  t.regex(await connection.closed, /end|close|ECONNRESET|EPIPE/);
});

const faults: Record<string, { body: Buffer; type?: string; status: number; seen?: string[] }> = {
  'a broken part behind a good one': {
    body: Buffer.concat([
      formBody([{ name: 'a', data: '1' }]).subarray(0, -formEnd.length),
      Buffer.from(`--${boundary} x`),
    ]),
    status: 400,
    seen: ['a'],
  },
  'a file past its limit': { body: formBody([{ name: 'f', filename: 'n', data: large }]), status: 413, seen: ['f'] },
  'too many files': {
    body: formBody(['a', 'b', 'c'].map((name) => ({ name, filename: 'n', data: '' }))),
    status: 413,
    seen: ['a', 'b'],
  },
  'no boundary': { body: formBody([]), type: 'multipart/form-data', status: 400 },
  'another content type': { body: Buffer.from('{}'), type: 'application/json', status: 415 },
  'a body without its end': { body: formBody([]).subarray(0, -4), status: 400 },
};

for (const [name, { body, type, status, seen = [] }] of Object.entries(faults)) {
  test(`the loop throws for ${name}`, async (t) => {
    const names: string[] = [];
    const { port } = await serve(t, (app) => {
      app.post('/', { bodyLimit }, async ({ req }) => {
        for await (const part of req.parts({ maxFileSize: 200_000, maxFiles: 2 })) names.push(part.name);
        return 'ok';
      });
    });
    const response = await post(port, '/', body, type);
    t.is(response.status, status, response.text());
    t.deepEqual(names, seen);
  });
}

test('a body is read one way', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit }, async ({ req }) => {
      const parts = req.parts();
      const others = [() => req.files(), () => req.bytes(), () => req.text(), () => req.form()];
      const messages = await Promise.all(others.map((read) => read().catch((error: Error) => error.message)));
      t.throws(() => req.stream, { message: /read as a multipart form/ });
      t.throws(() => req.parts(), { message: /read otherwise/ });
      let count = 0;
      for await (const part of parts) count += part.name.length;
      return { messages, count };
    });
  });
  const { messages, count } = (await post(port, '/', [{ name: 'a', filename: 'n', data: large }])).json();
  t.is(count, 1);
  for (const message of messages) t.regex(message, /The body is read (otherwise|as a multipart form)/);
});

test('a slow reader slows the sender', async (t) => {
  const gate = createGate();
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit }, async ({ req }) => {
      let bytes = 0;
      for await (const part of req.parts({ maxFileSize: bodyLimit })) {
        await gate.promise;
        if (part.kind === 'file') for await (const piece of part.stream()) bytes += piece.byteLength;
      }
      return bytes;
    });
  });
  const connection = await RawConnection.open(port);
  const size = 96 * 1024 * 1024;
  const head = partHead({ name: 'f', filename: 'n' });
  connection.send(postHead('/', head.length + size + 2 + formEnd.length) + head);
  const { socket } = connection;
  socket.write(Buffer.alloc(size, 'x'));
  connection.send(`\r\n${formEnd}`);
  const sent = (): number => socket.bytesWritten - socket.writableLength;
  // Once it does not move any more, all there is in between is full.
  let before = -1;
  await until(
    () => {
      const isStill = sent() === before;
      before = sent();
      return isStill;
    },
    10_000,
    500,
  );
  t.true(sent() < size / 2, `${sent()} bytes were taken of ${size} that nobody reads`);
  gate.open();
  t.is((await connection.next({ timeout: 30_000 })).text(), String(size));
});

test('parts that nobody takes let the server close', async (t) => {
  const { app, port } = await serve(t, (application) => {
    application.post('/', { bodyLimit }, async ({ req }) => {
      for await (const part of req.parts()) if (part.kind === 'file') await part.bytes();
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(postHead('/', 10_000_000, formType) + partHead({ name: 'f', filename: 'n' }));
  await sleep(50);
  await t.notThrowsAsync(app.close(0));
  t.truthy(await connection.closed);
});
