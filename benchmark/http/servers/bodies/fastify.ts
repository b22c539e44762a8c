/* oxlint-disable oxc/no-async-endpoint-handlers -- this is not Express: a handler's promise is awaited */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants } from 'node:zlib';

import compress from '@fastify/compress';
import multipart from '@fastify/multipart';
import sse from '@fastify/sse';
import files from '@fastify/static';
import { fastify } from 'fastify';

import { announce } from '../control.ts';
import {
  brotliQuality,
  catalogue,
  eventsInStream,
  filesFolder,
  gzipLevel,
  photo,
  photoInPieces,
  readingOf,
  tickMs,
  uploadLimit,
} from './fixtures.ts';

const app = fastify({ logger: false, bodyLimit: uploadLimit });
const photoBuffer = Buffer.from(photo.buffer, photo.byteOffset, photo.byteLength);

await app.register(multipart, { limits: { fileSize: uploadLimit } });
await app.register(files, { root: filesFolder, prefix: '/files/' });
// Its types describe the CommonJS module, of which the plugin is the default.
await app.register(sse.default);
await app.register(compress, {
  global: false,
  zlibOptions: { level: gzipLevel },
  brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } },
});
// A body of this type goes to the handler as the stream it is.
app.addContentTypeParser('application/octet-stream', (_request, _payload, done) => done(null));

app.get('/stream', (_request, reply) => {
  reply.type('application/octet-stream').send(Readable.from(photoInPieces(), { objectMode: false }));
});

app.post('/count', async (request) => {
  let bytes = 0;
  for await (const chunk of request.raw as AsyncIterable<Buffer>) bytes += chunk.length;
  return { bytes };
});

app.post('/upload', async (request) => {
  const fields: Record<string, unknown> = {};
  let name = '';
  let type = '';
  let size = 0;
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      fields[part.fieldname] = part.value;
      continue;
    }
    name = part.filename;
    type = part.mimetype;
    for await (const chunk of part.file as AsyncIterable<Buffer>) size += chunk.length;
  }
  return { title: fields['title'], author: fields['author'], year: fields['year'], name, type, size };
});

app.post('/upload-form', async (request) => {
  const { files: saved } = await request.saveRequestFiles();
  const [file] = saved;
  if (file === undefined) throw new Error('no file');
  const valueOf = (name: string): unknown => {
    const field = file.fields[name];
    return field !== undefined && 'value' in field ? field.value : undefined;
  };
  const { length } = await readFile(file.filepath);
  return {
    title: valueOf('title'),
    author: valueOf('author'),
    year: valueOf('year'),
    name: file.filename,
    type: file.mimetype,
    size: length,
  };
});

app.get('/download', (_request, reply) => {
  reply.type('application/octet-stream').send(photoBuffer);
});

const text = { type: 'string' };
const product = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    sku: text,
    name: text,
    description: text,
    price: { type: 'number' },
    isInStock: { type: 'boolean' },
    tags: { type: 'array', items: text },
  },
};
const catalogueSchema = { type: 'object', properties: { products: { type: 'array', items: product } } };

app.get(
  '/catalogue',
  { compress: {}, schema: { response: { 200: catalogueSchema } } },
  (_request, reply) => void reply.send(catalogue),
);

async function* readings(): AsyncGenerator<{ id: string; event: string; data: unknown }, void> {
  for (let index = 0; index < eventsInStream; index += 1) {
    yield { id: String(index), event: 'reading', data: readingOf(index) };
  }
}

app.get('/events', { sse: 'only' }, async (_request, reply) => {
  await reply.sse.send(readings());
});

async function* ticks(isOpen: () => boolean): AsyncGenerator<{ data: unknown }, void> {
  while (isOpen()) {
    yield { data: { at: performance.now() } };
    await sleep(tickMs);
  }
}

app.get('/ticks', { sse: 'only' }, async (_request, reply) => {
  await reply.sse.send(ticks(() => reply.sse.isConnected));
});

app.get('/clock', () => ({ at: performance.now() }));

await app.listen({ port: 0, host: '127.0.0.1' });
announce((app.server.address() as AddressInfo).port);
