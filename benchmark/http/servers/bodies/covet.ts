import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { Covet, file, reply, sse } from '../../../../dist/index.js';
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

const app = new Covet({
  logger: false,
  limits: { bodyLimit: uploadLimit },
  compression: { encodings: ['gzip', 'br'], levels: { gzip: gzipLevel, br: brotliQuality } },
});
const octets = { headers: { 'content-type': 'application/octet-stream' } };

app.get('/stream', () => reply(200, photoInPieces(), octets));

app.post('/count', async ({ req }) => {
  let bytes = 0;
  for await (const chunk of req.stream) bytes += chunk.length;
  return { bytes };
});

app.post('/upload', async ({ req }) => {
  const fields: Record<string, string> = {};
  let name = '';
  let type = '';
  let size = 0;
  for await (const part of req.parts({ maxFileSize: uploadLimit })) {
    if (part.kind === 'field') {
      fields[part.name] = part.value;
      continue;
    }
    name = part.filename;
    type = part.type;
    for await (const chunk of part.stream()) size += chunk.length;
  }
  return { title: fields['title'], author: fields['author'], year: fields['year'], name, type, size };
});

const Fields = z.object({ title: z.string(), author: z.string(), year: z.string() });
app.post(
  '/upload-form',
  { form: Fields, files: { photo: file({ maxSize: uploadLimit }) } },
  async ({ form, files }) => {
    const { filename: name, type } = files.photo;
    const { length } = await files.photo.bytes();
    return { title: form.title, author: form.author, year: form.year, name, type, size: length };
  },
);

app.static('/files', filesFolder);

app.get('/download', () => reply(200, photo, octets));

const Product = z.object({
  id: z.int(),
  sku: z.string(),
  name: z.string(),
  description: z.string(),
  price: z.number(),
  isInStock: z.boolean(),
  tags: z.array(z.string()).readonly(),
});
app.get('/catalogue', { response: z.object({ products: z.array(Product).readonly() }) }, () => ({
  products: catalogue.products,
}));

const Reading = z.object({ sensor: z.string(), celsius: z.number(), sequence: z.int() });

app.get('/events', { response: sse({ reading: Reading }) }, async function* () {
  for (let index = 0; index < eventsInStream; index += 1) {
    yield { id: index, event: 'reading', data: readingOf(index) } as const;
  }
});

app.get('/ticks', { response: sse(z.object({ at: z.number() })) }, async function* () {
  for (;;) {
    yield { data: { at: performance.now() } };
    await sleep(tickMs);
  }
});

app.get('/clock', () => ({ at: performance.now() }));

const { port } = await app.listen({ port: 0, host: '127.0.0.1' });
announce(port);
