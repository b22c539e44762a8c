import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

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

/** The little of Bun's API used here; its own type package would replace Node's globals for the whole benchmark. */
type BunHandler = (request: Request, server: BunServer) => Response | Promise<Response>;
interface BunServer {
  readonly port: number;
  timeout(request: Request, seconds: number): void;
}
type BodyInit = ConstructorParameters<typeof Response>[0];
type Body = AsyncGenerator<Uint8Array | string, void> | object;
declare const Bun: {
  serve(options: {
    port: number;
    hostname: string;
    development: boolean;
    maxRequestBodySize: number;
    routes: Record<string, Record<string, BunHandler>>;
    fetch(request: Request): Response | Promise<Response>;
  }): BunServer;
  file(path: string): { exists(): Promise<boolean> } & object;
  gzipSync(data: string, options: { level: number }): Uint8Array;
};

const answer = (body: Body, headers: Record<string, string>): Response =>
  // Bun takes async generators and its own files for bodies.
  new Response(body as unknown as BodyInit, { headers });
const octets = { 'content-type': 'application/octet-stream' };
const eventStream = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
const brotli = promisify(brotliCompress);

async function count(request: Request): Promise<Response> {
  let bytes = 0;
  if (request.body !== null) for await (const chunk of request.body) bytes += chunk.length;
  return Response.json({ bytes });
}

/** Its one way to read a form, for both cases: whole. */
async function upload(request: Request): Promise<Response> {
  let form: FormData;
  try {
    form = await request.formData();
  } catch {
    return Response.json({ error: 'The body is no form' }, { status: 400 });
  }
  const file = form.get('photo');
  if (!(file instanceof File)) return Response.json({ error: 'The photo is missing' }, { status: 422 });
  const [title, author, year] = [form.get('title'), form.get('author'), form.get('year')];
  const { byteLength } = await file.arrayBuffer();
  return Response.json({ title, author, year, name: file.name, type: file.type, size: byteLength });
}

async function sendCatalogue(request: Request): Promise<Response> {
  const accepted = request.headers.get('accept-encoding') ?? '';
  if (accepted === '') return Response.json(catalogue);
  const text = JSON.stringify(catalogue);
  const coding = accepted.includes('br') ? 'br' : 'gzip';
  const bytes =
    coding === 'br'
      ? await brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } })
      : Bun.gzipSync(text, { level: gzipLevel });
  return answer(bytes, { 'content-type': 'application/json', 'content-encoding': coding, vary: 'accept-encoding' });
}

async function sendFile(request: Request): Promise<Response> {
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (!path.startsWith('/files/') || path.includes('..')) return new Response('Not found', { status: 404 });
  const file = Bun.file(join(filesFolder, path.slice('/files/'.length)));
  return (await file.exists()) ? new Response(file as unknown as BodyInit) : new Response('Not found', { status: 404 });
}

async function* readings(): AsyncGenerator<string, void> {
  for (let index = 0; index < eventsInStream; index += 1) {
    yield `id: ${index}\nevent: reading\ndata: ${JSON.stringify(readingOf(index))}\n\n`;
  }
}

async function* ticks(signal: AbortSignal): AsyncGenerator<string, void> {
  while (!signal.aborted) {
    yield `data: ${JSON.stringify({ at: performance.now() })}\n\n`;
    await sleep(tickMs);
  }
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  development: false,
  maxRequestBodySize: uploadLimit,
  routes: {
    '/stream': { GET: () => answer(photoInPieces(), octets) },
    '/count': { POST: count },
    '/upload': { POST: upload },
    '/upload-form': { POST: upload },
    '/download': { GET: () => answer(photo, octets) },
    '/catalogue': { GET: sendCatalogue },
    '/files/*': { GET: sendFile },
    '/events': { GET: () => answer(readings(), eventStream) },
    '/ticks': { GET: (request) => answer(ticks(request.signal), eventStream) },
    '/clock': { GET: () => Response.json({ at: performance.now() }) },
  },
  fetch: () => Response.json({ error: 'Not found' }, { status: 404 }),
});

announce(server.port);
