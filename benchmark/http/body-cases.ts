import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import type { BenchmarkCase, Check, ExpectedEvents, ExpectedJson, HttpRequest } from './benchmark-case.ts';
import {
  brotliQuality,
  catalogue,
  eventsInStream,
  gzipLevel,
  page,
  photo,
  readingOf,
} from './servers/bodies/fixtures.ts';

const connections = [64];
const mebibyte = { unit: 'MiB/s', amount: 1 } as const;
const octets = 'application/octet-stream';

function get(path: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return { method: 'GET', path, headers };
}

/** Bodies of every length that might be special: none, one, about a piece, and the one that is timed. */
const lengths = [0, 1, 65_535, 65_536, 65_537, photo.length];

function countRequest(length: number): HttpRequest {
  return { method: 'POST', path: '/count', headers: { 'content-type': octets }, body: photo.subarray(0, length) };
}

const streamOut: BenchmarkCase = {
  id: 'stream-out',
  suite: 'bodies',
  title: 'GET /stream (1 MiB in 64 KiB pieces, from an async generator)',
  connections,
  carries: mebibyte,
  request: get('/stream'),
  checks: [
    {
      name: 'streams every byte',
      request: get('/stream'),
      expected: { status: 200, contentType: octets, bytes: photo, isChunked: true },
    },
  ],
};

const streamIn: BenchmarkCase = {
  id: 'stream-in',
  suite: 'bodies',
  title: 'POST /count (1 MiB body, counted as it comes)',
  connections,
  carries: mebibyte,
  request: countRequest(photo.length),
  checks: lengths.map((length) => ({
    name: `counts ${length} bytes`,
    request: countRequest(length),
    expected: { status: 200, body: JSON.stringify({ bytes: length }) },
  })),
};

const boundary = '----covet-benchmark-4f1c2b9d7a';

function formRequest(path: string, file: Uint8Array): HttpRequest {
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fields = field('title', 'At the sea') + field('author', 'Ada Lovelace') + field('year', '1843');
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="photo"; filename="sea.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(fields + head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { method: 'POST', path, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

function uploadCase(id: 'upload' | 'upload-form', path: string, title: string): BenchmarkCase {
  // What looks like the end of the file is none: a boundary cut short, and one with another ending.
  const decoys = Buffer.from(`\r\n--${boundary.slice(0, -1)}\r\n\r\n--${boundary.slice(0, -1)}x--\r\n`);
  const tricky = Buffer.concat([photo.subarray(0, 70_000), decoys, photo.subarray(0, 9)]);
  const uploads = (name: string, file: Uint8Array): Check => ({
    name,
    request: formRequest(path, file),
    expected: {
      status: 200,
      body: JSON.stringify({
        title: 'At the sea',
        author: 'Ada Lovelace',
        year: '1843',
        name: 'sea.jpg',
        type: 'image/jpeg',
        size: file.length,
      }),
    },
  });
  const form = formRequest(path, photo);
  return {
    id,
    suite: 'bodies',
    title,
    connections,
    carries: mebibyte,
    isRust: true,
    request: form,
    checks: [
      uploads('takes fields and file', photo),
      uploads('takes a small file', photo.subarray(0, 500)),
      uploads('finds the end of a file that has boundaries in it', tricky),
      {
        name: 'refuses what is no form',
        request: { ...form, headers: { 'content-type': 'application/json' }, body: '{}' },
        expected: 'client error',
      },
    ],
  };
}

const download: BenchmarkCase = {
  id: 'download',
  suite: 'bodies',
  title: 'GET /download (1 MiB, in memory)',
  connections,
  carries: mebibyte,
  request: get('/download'),
  checks: [
    {
      name: 'sends every byte',
      request: get('/download'),
      expected: { status: 200, contentType: octets, bytes: photo },
    },
  ],
};

const catalogueText = JSON.stringify(catalogue);
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } };

/** What the same level makes of it elsewhere; another encoder of that level is near it, one of a lesser level is not. */
const codedSizes = {
  gzip: gzipSync(catalogueText, { level: gzipLevel }).length,
  br: brotliCompressSync(catalogueText, brotliOptions).length,
};

function codedCase(id: 'gzip' | 'brotli', coding: 'gzip' | 'br', servers: BenchmarkCase['servers']): BenchmarkCase {
  const request = get('/catalogue', { 'accept-encoding': coding });
  const maxBytes = Math.ceil(codedSizes[coding] * 1.1);
  const expected: ExpectedJson = { status: 200, body: catalogueText, coding, maxBytes };
  return {
    id,
    suite: 'bodies',
    title: `GET /catalogue (50 KB of JSON, ${id})`,
    connections,
    ...(servers === undefined ? {} : { servers }),
    isRust: true,
    request,
    checks: [
      { name: `answers in ${coding}`, request, expected },
      { name: 'answers plainly', request: get('/catalogue'), expected: { status: 200, body: catalogueText } },
    ],
  };
}

function staticCase(id: 'static-small' | 'static-large', title: string, file: StaticFile): BenchmarkCase {
  const request = get(`/files/${file.name}`);
  return {
    id,
    suite: 'bodies',
    title,
    connections,
    carries: { unit: 'MiB/s', amount: file.bytes.length / photo.length },
    isRust: true,
    request,
    checks: [
      {
        name: 'sends the file',
        request,
        expected: { status: 200, contentType: file.type, bytes: file.bytes },
      },
      { name: 'has no other file', request: get('/files/nothing.html'), expected: 'client error' },
      { name: 'stays inside its folder', request: get('/files/%2e%2e/servers/node.js'), expected: 'client error' },
    ],
  };
}

interface StaticFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What `http/build.ts` puts into the folder of static files. */
export const staticFiles = {
  small: { name: 'page.html', type: 'text/html', bytes: page },
  large: { name: 'photo.jpg', type: 'image/jpeg', bytes: photo },
} as const satisfies Record<string, StaticFile>;

const allEvents: ExpectedEvents = {
  status: 200,
  events: Array.from({ length: eventsInStream }, (_, index) => ({
    id: String(index),
    event: 'reading',
    data: JSON.stringify(readingOf(index)),
  })),
};

const events: BenchmarkCase = {
  id: 'events',
  suite: 'bodies',
  title: `GET /events (${eventsInStream} server-sent events, as fast as each client takes them)`,
  connections: [8],
  carries: { unit: 'events/s', amount: eventsInStream },
  request: get('/events', { accept: 'text/event-stream' }),
  checks: [
    {
      name: 'sends every event',
      request: get('/events', { accept: 'text/event-stream' }),
      expected: allEvents,
    },
  ],
};

const ticks: BenchmarkCase = {
  id: 'ticks',
  suite: 'bodies',
  title: 'GET /ticks (a server-sent event each 20 ms to each client; "requests" are events)',
  connections: [64],
  load: 'events',
  request: get('/ticks', { accept: 'text/event-stream' }),
  checks: events.checks,
};

/** What a framework adds to a body: streams, forms, codings, files, events. */
export const bodyCases: readonly BenchmarkCase[] = [
  streamOut,
  streamIn,
  uploadCase('upload', '/upload', 'POST /upload (form with a 1 MiB file and three fields, read part by part)'),
  uploadCase('upload-form', '/upload-form', 'POST /upload-form (the same form, the handler gets it whole)'),
  download,
  codedCase('gzip', 'gzip', undefined),
  // Hono's compression knows no brotli.
  codedCase('brotli', 'br', ['covet', 'fastify', 'bun']),
  staticCase('static-small', 'GET /files/page.html (10 KB from a folder)', staticFiles.small),
  staticCase('static-large', 'GET /files/photo.jpg (1 MiB from a folder)', staticFiles.large),
  events,
  ticks,
];
