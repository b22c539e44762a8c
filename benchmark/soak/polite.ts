import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { catalogueOf, fileSizes, patternOf } from './contract.ts';
import type { Answer, HttpClient, Request } from './http-client.ts';
import type { Random } from './random.ts';

/** Something a client does over and over; it throws when the server did not do its part. */
export interface Deed {
  readonly name: string;
  /** How often, beside the others. */
  readonly weight: number;
  run(client: HttpClient, random: Random): Promise<void>;
}

function fail(request: Request, why: string): never {
  throw new Error(`${request.method ?? 'GET'} ${request.path}: ${why}`);
}

async function expect(client: HttpClient, request: Request, status: number, body?: Buffer | string): Promise<Answer> {
  const answer = await client.ask(request);
  if (answer.status !== status) {
    fail(request, `status ${answer.status} where ${status} is due: ${answer.body.subarray(0, 200).toString()}`);
  }
  if (body === undefined) return answer;
  if (!answer.body.equals(Buffer.from(body))) {
    fail(request, `${answer.body.length} bytes that are not the ${Buffer.byteLength(body)} due`);
  }
  return answer;
}

const json = { 'content-type': 'application/json' };
const octets = { 'content-type': 'application/octet-stream' };

/** Sizes on both sides of what is special: what fits a slot, is read at once, fills a window. */
function sizeOf(random: Random): number {
  const sizes = [0, 1, 4000, 16_384, 65_535, 65_536, 65_537, 262_144, 300_000, 1_000_000];
  return random.bool(0.7) ? random.pick(sizes) : random.whole(0, 600_000);
}

function userOf(random: Random): string {
  const tags = Array.from({ length: random.whole(0, 20) }, () => 'tag'.repeat(random.whole(0, 300)));
  return JSON.stringify({ name: `user ${random.whole(0, 999)}`, age: random.whole(0, 99), tags });
}

/** A form of one field and one file. */
export function formOf(random: Random, file: Buffer, titleLength: number): Request {
  const boundary = `soak${random.whole(1, 2 ** 30)}`;
  const head =
    `--${boundary}\r\ncontent-disposition: form-data; name="title"\r\n\r\n${'t'.repeat(titleLength)}\r\n` +
    `--${boundary}\r\ncontent-disposition: form-data; name="photo"; filename="a.bin"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return {
    method: 'POST',
    path: random.bool() ? '/parts' : '/files',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body,
  };
}

const drips = (random: Random): Request['drip'] => ({ pieces: random.whole(2, 8), pauseMs: random.whole(1, 60) });

/** What clients do that behave; each answer is known to the byte. */
export const politeDeeds: readonly Deed[] = [
  {
    name: 'json',
    weight: 20,
    async run(client, random) {
      const id = random.whole(0, 10_000);
      await expect(client, { path: `/users/${id}` }, 200, `{"id":${id}}`);
      const body = userOf(random);
      await expect(client, { method: 'POST', path: '/users', headers: json, body }, 201, body);
    },
  },
  {
    name: 'form',
    weight: 6,
    async run(client, random) {
      const tag = Array.from({ length: random.whole(2, 9) }, () => `t ${random.whole(0, 99)}`);
      const pairs = tag.map((each): [string, string] => ['tag', each]);
      const body = new URLSearchParams([['name', 'Ada & Grace'], ...pairs]).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const due = JSON.stringify({ name: 'Ada & Grace', tag });
      await expect(client, { method: 'POST', path: '/form', headers, body }, 200, due);
    },
  },
  {
    name: 'stream out',
    weight: 8,
    async run(client, random) {
      const size = sizeOf(random);
      const pause = random.bool(0.1) ? 2 : 0;
      const readPauseMs = random.bool(0.2) ? random.whole(1, 20) : 0;
      const due = patternOf(0, size);
      await expect(client, { path: `/stream?size=${size}&pause=${pause}`, readPauseMs }, 200, due);
      await expect(client, { path: `/bytes?size=${size}`, readPauseMs }, 200, due);
    },
  },
  {
    name: 'files',
    weight: 8,
    async run(client, random) {
      const [name, size] = random.pick(Object.entries(fileSizes));
      const path = `/${random.pick(['files', 'sent'])}/${name}`;
      const whole = await expect(client, { path, readPauseMs: random.bool(0.1) ? 5 : 0 }, 200, patternOf(0, size));
      const etag = String(whole.headers['etag']);
      await expect(client, { path, headers: { 'if-none-match': etag } }, 304, '');
      if (size === 0) return;
      const from = random.whole(0, size - 1);
      const to = random.whole(from, size - 1);
      const part = patternOf(from, to - from + 1);
      await expect(client, { path, headers: { range: `bytes=${from}-${to}` } }, 206, part);
      await expect(client, { path, headers: { range: `bytes=${size}-` } }, 416);
      await expect(client, { path: `${path}.none` }, 404);
    },
  },
  {
    name: 'stream in',
    weight: 8,
    async run(client, random) {
      const body = random.bytes(sizeOf(random));
      const request: Request = { method: 'POST', path: '/count', headers: octets, body };
      const dripped = random.bool(0.3) ? { ...request, drip: drips(random)! } : request;
      await expect(client, dripped, 200, `{"bytes":${body.length}}`);
    },
  },
  {
    name: 'echo',
    weight: 8,
    async run(client, random) {
      const body = random.bytes(sizeOf(random));
      const request: Request = { method: 'POST', path: '/echo', headers: octets, body };
      const slow = { drip: drips(random)!, readPauseMs: random.whole(0, 10) };
      await expect(client, random.bool(0.3) ? { ...request, ...slow } : request, 200, body);
    },
  },
  {
    name: 'upload',
    weight: 8,
    async run(client, random) {
      const size = sizeOf(random);
      const title = random.whole(0, 500);
      await expect(client, formOf(random, random.bytes(size), title), 200, JSON.stringify({ title, photo: size }));
    },
  },
  {
    name: 'refusals',
    weight: 6,
    async run(client, random) {
      await expect(client, { path: '/nowhere' }, 404);
      await expect(client, { method: 'POST', path: '/stream', body: '' }, 405);
      await expect(client, { method: 'POST', path: '/users', headers: json, body: '{"name":1}' }, 422);
      await expect(client, { method: 'POST', path: '/users', headers: json, body: '{"name":' }, 400);
      const chunk = random.bytes(1000);
      await expect(client, { method: 'POST', path: '/fail', headers: octets, body: chunk }, 500);
    },
  },
  {
    name: 'compressed',
    weight: 6,
    async run(client, random) {
      const count = random.whole(100, 2000);
      const coding = random.pick(['gzip', 'br'] as const);
      const request = { path: `/catalogue?count=${count}`, headers: { 'accept-encoding': coding } };
      const { headers, body } = await expect(client, request, 200);
      if (headers['content-encoding'] !== coding) fail(request, `no ${coding}`);
      const text = (coding === 'br' ? brotliDecompressSync(body) : gunzipSync(body)).toString();
      if (text !== JSON.stringify(catalogueOf(count))) fail(request, 'another catalogue than the one due');
    },
  },
  {
    name: 'events',
    weight: 6,
    async run(client, random) {
      const count = random.whole(1, 300);
      const pause = random.bool(0.2) ? 2 : 0;
      const due = Array.from({ length: count }, (_, tick) => `id: ${tick}\ndata: {"tick":${tick}}\n\n`).join('');
      await expect(client, { path: `/events?count=${count}&pause=${pause}` }, 200, due);
    },
  },
  {
    name: 'slow handler',
    weight: 3,
    async run(client, random) {
      const ms = random.whole(0, 400);
      await expect(client, { path: `/slow?ms=${ms}` }, 200, `{"waited":${ms}}`);
    },
  },
  {
    name: 'handler timeout',
    weight: 1,
    async run(client) {
      await expect(client, { path: '/slow?ms=8000' }, 504);
    },
  },
];
