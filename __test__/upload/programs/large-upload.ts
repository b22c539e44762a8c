/**
 * Sends one file of as many MiB as the argument says through the handler of a server in a process of its own, and reports
 * how far that process's memory grew. Ends with status 1 where it was 64 MiB or more.
 *
 * The upload of 2 GiB that docs/uploads.md promises, in the repository's root:
 * `node __test__/helpers/run-program.mjs upload/programs/large-upload.ts 2048 stream`. `COVET_UPLOADS` names a folder on disk where
 * the system's own for temporary files is too small. The handler reads the file by its `stream`, or the form by its `parts`, or
 * leaves the file `unread`.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import readline from 'node:readline';

import { Covet, file } from '../../../src/index.ts';
import { formEnd, partHead, postHead } from '../form-body.ts';

const MIB = 1024 * 1024;
const ALLOWED = 64 * MIB;

async function serve(uploadDirectory = process.env['COVET_UPLOADS']): Promise<void> {
  const app = new Covet({
    ...(uploadDirectory === undefined ? {} : { uploadDirectory }),
    limits: { handlerTimeout: 0 },
  });
  let before = 0;
  let most = 0;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const answer = (size: number): { size: number; growth: number } => {
    look();
    const growth = most - before;
    // The first upload is for what is loaded and allocated once.
    before = most = process.memoryUsage.rss();
    return { size, growth };
  };
  const taken = { files: { doc: file({ maxSize: 2 ** 40 }) } };
  app.post('/unread', taken, ({ files }) => answer(files.doc.size));
  app.post('/stream', taken, async ({ files }) => answer(await count(files.doc.stream())));
  app.post('/parts', { bodyLimit: 2 ** 41 }, async ({ req }) => {
    let bytes = 0;
    for await (const part of req.parts({ maxFileSize: 2 ** 40 })) {
      if (part.kind === 'file') bytes += await count(part.stream());
    }
    return answer(bytes);
  });
  const { port } = await app.listen({ port: 0 });
  setInterval(look, 10).unref();
  process.stdout.write(`port=${port}\n`);
}

async function count(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of stream) bytes += piece.byteLength;
  return bytes;
}

/** Sends a file of `size` bytes; the answer's body. */
async function upload(
  port: number,
  way: string,
  size: number,
): Promise<{ readonly size: number; readonly growth: number }> {
  const head = partHead({ name: 'doc', filename: 'large.bin', type: 'application/x-own' });
  const socket = connect({ port, host: '127.0.0.1' });
  const answer = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (data) => (text += data));
    socket.on('error', reject).on('close', () => resolve(text));
  });
  const request = postHead(`/${way}`, head.length + size + 2 + formEnd.length);
  socket.write(request.replace('\r\n', '\r\nConnection: close\r\n') + head);
  // Lines, as they might be the beginning of a boundary.
  const piece = Buffer.alloc(256 * 1024, 'covet\r\n-');
  for (let left = size; left > 0; left -= piece.byteLength) {
    const next = left < piece.byteLength ? piece.subarray(0, left) : piece;
    if (!socket.write(next)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  socket.write(`\r\n${formEnd}`);
  const text = await answer;
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
}

async function measure(way: string, size: number): Promise<void> {
  const child = spawn(process.execPath, [process.argv[1]!, process.argv[2]!, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = readline.createInterface({ input: child.stdout });
    const port = await new Promise<number>((resolve) => {
      lines.on('line', (line) => line.startsWith('port=') && resolve(Number(line.slice('port='.length))));
    });
    await upload(port, way, 32 * MIB);
    const { size: received, growth } = await upload(port, way, size);
    process.stdout.write(`received=${received}\ngrowth=${growth}\n`);
    process.exitCode = received === size && growth < ALLOWED ? 0 : 1;
  } finally {
    child.kill();
  }
}

const [, , , what, second] = process.argv;
await (what === 'serve' ? serve(second) : measure(second ?? 'unread', Number(what) * MIB));
