/* oxlint-disable oxc/no-async-endpoint-handlers -- this is not Express: a handler's promise is awaited */
import { relative } from 'node:path';

import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { streamSSE } from 'hono/streaming';

import { announce } from '../control.ts';
import {
  catalogue,
  eventsInStream,
  filesFolder,
  photo,
  photoInPieces,
  readingOf,
  tickMs,
  uploadLimit,
} from './fixtures.ts';
import { streamOf } from './web.ts';

const app = new Hono();
const octets = { 'content-type': 'application/octet-stream' };

app.get('/stream', (context) => context.body(streamOf(photoInPieces()), 200, octets));

app.post('/count', async (context) => {
  let bytes = 0;
  const { body } = context.req.raw;
  if (body !== null) for await (const chunk of body) bytes += chunk.length;
  return context.json({ bytes });
});

/** Its one way to read a form, for both cases: whole. */
async function upload(context: Context): Promise<Response> {
  if (!(context.req.header('content-type') ?? '').startsWith('multipart/form-data')) {
    return context.json({ error: 'The body is no form' }, 415);
  }
  const form = await context.req.parseBody();
  const { photo: file, title, author, year } = form;
  if (!(file instanceof File)) return context.json({ error: 'The photo is missing' }, 422);
  const { byteLength } = await file.arrayBuffer();
  return context.json({ title, author, year, name: file.name, type: file.type, size: byteLength });
}

const limited = bodyLimit({ maxSize: uploadLimit });
app.post('/upload', limited, upload);
app.post('/upload-form', limited, upload);

app.get('/download', (context) => context.body(photo, 200, octets));

// It hands the choice of a level to nobody: CompressionStream's own is zlib's default, 6.
app.get('/catalogue', compress(), (context) => context.json(catalogue));

const root = relative(process.cwd(), filesFolder) || '.';
app.use('/files/*', serveStatic({ root, rewriteRequestPath: (path) => path.replace(/^\/files/, '') }));

app.get('/events', (context) =>
  streamSSE(context, async (stream) => {
    for (let index = 0; index < eventsInStream; index += 1) {
      await stream.writeSSE({ id: String(index), event: 'reading', data: JSON.stringify(readingOf(index)) });
    }
  }),
);

app.get('/ticks', (context) =>
  streamSSE(context, async (stream) => {
    while (!stream.aborted) {
      await stream.writeSSE({ data: JSON.stringify({ at: performance.now() }) });
      await stream.sleep(tickMs);
    }
  }),
);

app.get('/clock', (context) => context.json({ at: performance.now() }));

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => announce(port));
