/** Large files on their way: memory, slow and lost clients, files that change meanwhile. Linux tells of descriptors. */
import {
  openSync,
  ftruncateSync,
  closeSync,
  readdirSync,
  readlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { sendFile } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve, sleep, until } from '../helpers/serve.ts';
import { ask, createBytes, createFolder, writeOld } from './folder.ts';

const MIB = 1024 * 1024;

/** Descriptors of this process that are open on `file`. */
function descriptorsOf(file: string): number {
  let count = 0;
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${number}`).startsWith(file)) count += 1;
    } catch (error) {
      // The descriptor that the folder itself was read with is closed by now.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return count;
}

/** A file of `size` bytes that takes no room on the disk. */
function createSparse(file: string, size: number): void {
  writeOld(file, '');
  const descriptor = openSync(file, 'r+');
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

for (const way of ['static', 'sendFile'] as const) {
  // Alone, since memory is that of the whole process.
  test.serial(`100 MiB by ${way} arrive whole, in little memory, and the file is closed`, async (t) => {
    const folder = createFolder(t);
    const file = path.join(folder, 'large.bin');
    createSparse(file, 100 * MIB);
    const { port } = await serve(t, (app) => {
      if (way === 'static') app.static('/', folder);
      else app.get('/large.bin', () => sendFile(file));
    });
    let received = 0;
    let most = 0;
    const before = process.memoryUsage().rss;
    // One buffer for all that comes: what grows is the server's.
    const onread = {
      buffer: Buffer.alloc(64 * 1024),
      callback: (bytes: number): boolean => {
        received += bytes;
        most = Math.max(most, process.memoryUsage().rss);
        return true;
      },
    };
    const connection = await RawConnection.open(port, { onread });
    connection.send('GET /large.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await connection.closed;
    t.true(received > 100 * MIB && received < 100 * MIB + 1000, String(received));
    t.true(most - before < 32 * MIB, `grew by ${Math.round((most - before) / MIB)} MiB`);
    t.true(await until(() => descriptorsOf(file) === 0), 'the file is closed');
  });
}

test.serial('a client that reads nothing holds no more than a few pieces', async (t) => {
  const folder = createFolder(t);
  const file = path.join(folder, 'large.bin');
  createSparse(file, 100 * MIB);
  const { port } = await serve(t, (app) => app.static('/', folder));
  const before = process.memoryUsage().rss;
  const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(port)));
  for (const connection of connections) {
    connection.socket.pause();
    connection.send('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  }
  t.true(await until(() => descriptorsOf(file) === 20), 'all are being sent');
  await sleep(300);
  const grown = process.memoryUsage().rss - before;
  t.true(grown < 64 * MIB, `grew by ${Math.round(grown / MIB)} MiB`);
  for (const connection of connections) connection.reset();
  t.true(await until(() => descriptorsOf(file) === 0), 'every file is closed');
  t.pass();
});

test('a client that goes away closes the file', async (t) => {
  const folder = createFolder(t);
  const file = path.join(folder, 'large.bin');
  createSparse(file, 50 * MIB);
  const { port } = await serve(t, (app) => {
    app.static('/', folder);
    app.get('/send', () => sendFile(file));
  });
  for (const target of ['/large.bin', '/send']) {
    for (const leave of ['close', 'reset', 'end'] as const) {
      const connection = await RawConnection.open(port);
      connection.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.true(await until(() => descriptorsOf(file) === 1), 'it is being sent');
      connection[leave]();
      if (leave === 'end') connection.close();
      t.true(await until(() => descriptorsOf(file) === 0), `closed after ${leave} of ${target}`);
    }
  }
  t.pass();
});

test('closing the application closes files that are being sent', async (t) => {
  const folder = createFolder(t);
  const file = path.join(folder, 'large.bin');
  createSparse(file, 50 * MIB);
  const { app, port } = await serve(t, (served) => served.static('/', folder));
  const connection = await RawConnection.open(port);
  connection.socket.pause();
  connection.send('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
  t.true(await until(() => descriptorsOf(file) === 1), 'it is being sent');
  await app.close(0);
  t.true(await until(() => descriptorsOf(file) === 0), 'the file is closed');
  connection.close();
  t.pass();
});

/** Begins a download, reads a little of it, lets `change` happen, and reads on; the bytes that came, with the head. */
async function downloadWhile(port: number, change: () => void): Promise<Buffer> {
  const connection = await RawConnection.open(port);
  const pieces: Buffer[] = [];
  const begun = new Promise<void>((resolve) =>
    connection.socket.on('data', (data) => {
      pieces.push(data);
      if (pieces.length === 1) {
        connection.socket.pause();
        resolve();
      }
    }),
  );
  connection.send('GET /a.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await begun;
  // By now the sockets' buffers are full and the server waits.
  await sleep(100);
  change();
  connection.socket.resume();
  await connection.closed;
  return Buffer.concat(pieces);
}

test('a file that changes while it is sent breaks the connection off, and never sends other bytes', async (t) => {
  const size = 40 * MIB;
  const original = createBytes(size);
  const folder = createFolder(t);
  const file = path.join(folder, 'a.bin');
  const { port } = await serve(t, (app) => app.static('/', folder));
  const changes = {
    truncated: () => truncateSync(file, MIB),
    emptied: () => truncateSync(file, 0),
    'written over, of one size': () => writeFileSync(file, Buffer.alloc(size, 'x')),
    'written over, longer': () => writeFileSync(file, Buffer.alloc(size + MIB, 'x')),
    appended: () => writeFileSync(file, 'x', { flag: 'a' }),
  };
  for (const [how, change] of Object.entries(changes)) {
    writeOld(file, original);
    const received = await downloadWhile(port, change);
    const body = received.subarray(received.indexOf('\r\n\r\n') + 4);
    t.true(body.length < size, `${how}: broken off after ${body.length} of ${size}`);
    t.true(original.subarray(0, body.length).equals(body), `${how}: what came is of the file as it was`);
    t.true(await until(() => descriptorsOf(file) === 0), `${how}: closed`);
  }
  writeOld(file, original);
  const whole = await downloadWhile(port, () => unlinkSync(file));
  t.is(whole.length - whole.indexOf('\r\n\r\n') - 4, size, 'one that is deleted or replaced is sent to its end');
});

test('many requests at once, on one connection and on many, leave no file open', async (t) => {
  const bytes = createBytes(200_000);
  const folder = createFolder(t, { 'a.bin': bytes, 'b.txt': 'small' });
  const { port } = await serve(t, (app) => app.static('/', folder));
  const connection = await RawConnection.open(port);
  connection.send('GET /a.bin HTTP/1.1\r\nHost: a\r\n\r\nGET /b.txt HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20));
  for (let index = 0; index < 20; index += 1) {
    t.true((await connection.next()).body.equals(bytes));
    t.is((await connection.next()).text(), 'small');
  }
  connection.close();
  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, index) => ask(port, index % 2 === 0 ? '/a.bin' : '/b.txt')),
  );
  t.true(responses.every(({ status, body }) => status === 200 && [200_000, 5].includes(body.length)));
  t.true(await until(() => descriptorsOf(folder) === 0), 'every file is closed');
});
