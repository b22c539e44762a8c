/**
 * The server under soak, a process of its own: an application with every feature, and limits short enough to be met.
 * In: questions of the parent. Out: what the server holds, after a collection.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { Covet, file, reply, sendFile, sse } from '../../src/index.ts';
import { Link } from '../../src/native/link.ts';
import { bodyLimit, catalogueOf, fileSizes, patternOf, streamLimit } from './contract.ts';

// What the server holds is told by its own side of the border alone, which no application has in its hands.
let link: Link | undefined;
const createLink = Link.create.bind(Link);
Link.create = (...args) => (link = createLink(...args));

const [uploadDirectory] = process.argv.slice(2);
if (uploadDirectory === undefined) throw new Error('the folder for temporary files is missing');
const folder = mkdtempSync(join(tmpdir(), 'covet-soak-files-'));
for (const [name, size] of Object.entries(fileSizes)) writeFileSync(join(folder, name), patternOf(0, size));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const app = new Covet({
  logger: false,
  onUncaught: 'exit',
  uploadDirectory,
  compression: true,
  limits: {
    bodyLimit,
    headersTimeout: 2000,
    keepAliveTimeout: 3000,
    bodyTimeout: 6000,
    bodyRateGrace: 1000,
    writeTimeout: 2000,
    handlerTimeout: 3000,
    maxInFlight: 64,
  },
});

const User = z.object({ name: z.string().min(1), age: z.int().min(0), tags: z.array(z.string()) });
app.get('/users/{id:int}', ({ params }) => ({ id: params.id }));
app.post('/users', { body: User, response: { 201: User }, status: 201 }, ({ body }) => body);
app.post('/form', { form: z.object({ name: z.string(), tag: z.array(z.string()) }) }, ({ form }) => form);

app.get('/slow', { query: z.object({ ms: z.coerce.number() }) }, async ({ query, req }) => {
  await sleep(query.ms, undefined, { signal: req.signal }).catch(() => undefined);
  return { waited: query.ms };
});

async function* pieces(size: number, pauseMs: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < size;) {
    const length = Math.min(size - at, 1 + ((at * 31 + 4096) % 20_000));
    yield patternOf(at, length);
    at += length;
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

const Size = z.object({ size: z.coerce.number().max(streamLimit), pause: z.coerce.number().default(0) });
const octets = { headers: { 'content-type': 'application/octet-stream' } };
app.get('/stream', { query: Size }, ({ query }) => reply(200, pieces(query.size, query.pause), octets));
app.get('/bytes', { query: Size }, ({ query }) => reply(200, patternOf(0, query.size), octets));

app.static('/files', folder, { etag: true });
app.get('/sent/{name}', ({ params }) => sendFile(params.name, { root: folder }));

app.post('/count', { bodyLimit: streamLimit }, async ({ req }) => {
  let bytes = 0;
  for await (const chunk of req.stream) bytes += chunk.length;
  return { bytes };
});
app.post('/echo', { bodyLimit: streamLimit }, ({ req }) => reply(200, req.stream, octets));
// It has seen enough before the body is there, and leaves it unread.
app.post('/ignore', { bodyLimit: streamLimit }, () => ({ ignored: true }));
app.post('/fail', { bodyLimit: streamLimit }, async ({ req }) => {
  for await (const chunk of req.stream) if (chunk.length > 0) throw new Error('enough');
  return {};
});

app.post('/parts', { bodyLimit: streamLimit }, async ({ req }) => {
  const sizes: Record<string, number> = {};
  for await (const part of req.parts()) {
    if (part.kind === 'field') sizes[part.name] = part.value.length;
    else {
      sizes[part.name] = 0;
      for await (const chunk of part.stream()) sizes[part.name]! += chunk.length;
    }
  }
  return sizes;
});
app.post('/files', { files: { photo: file({ maxSize: streamLimit }) } }, async ({ files, req }) => {
  const { title } = await req.form();
  return { title: String(title).length, photo: (await files.photo.bytes()).length };
});

const Tick = z.object({ tick: z.int() });
app.get(
  '/events',
  { query: z.object({ count: z.coerce.number(), pause: z.coerce.number() }), response: sse(Tick) },
  ({ query }) => ticks(query.count, query.pause),
);
async function* ticks(count: number, pauseMs: number): AsyncGenerator<{ id: number; data: { tick: number } }, void> {
  for (let tick = 0; tick < count; tick += 1) {
    yield { id: tick, data: { tick } };
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

app.get('/catalogue', { query: z.object({ count: z.coerce.number() }) }, ({ query }) => catalogueOf(query.count));

function countEntries(folder: string): number {
  return readdirSync(folder).length;
}

/** What is left of a temporary file may be a name or, where it never had one, a descriptor. */
function usage(): object {
  const { slots, flows, connections } = link!.server.usage();
  return {
    slots,
    flows,
    connections,
    listening: link!.flows.size,
    descriptors: countEntries('/dev/fd'),
    temporaryFiles: countEntries(uploadDirectory as string),
    mib: process.memoryUsage().rss / 2 ** 20,
  };
}

process.on('message', () => {
  // Twice, with a turn between: finalizers of what the first one found run in between.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    setImmediate(() => process.send?.(usage()));
  });
});
process.on('disconnect', () => process.exit(0));

const { port } = await app.listen({ port: 0 });
process.send?.({ port });
