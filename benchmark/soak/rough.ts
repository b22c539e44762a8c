import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { patternOf, streamLimit } from './contract.ts';
import type { HttpClient } from './http-client.ts';
import { formOf } from './polite.ts';
import type { Deed } from './polite.ts';
import type { Random } from './random.ts';

/** Beyond every time limit of the server: it must have dealt with the worst client by then. */
const patienceMs = 15_000;

/** A connection of a client that does as it likes. */
class Wire {
  readonly socket: Socket;
  text = '';
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data: Buffer) => {
      if (this.text.length < 1_000_000) this.text += data.toString('latin1');
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve());
      // A reset is one of the ends that are looked for.
      socket.on('error', () => resolve());
    });
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Wire(socket));
      });
    });
  }

  /** @throws Error when the server does not close in time. */
  async untilClosed(what: string): Promise<void> {
    const timer = new AbortController();
    const late = sleep(patienceMs, 'late', { signal: timer.signal }).catch(() => 'closed');
    const end = await Promise.race([this.closed, late]);
    timer.abort();
    this.socket.destroy();
    if (end === 'late') throw new Error(`${what}: not closed within ${patienceMs} ms`);
  }

  async untilStatus(what: string, statuses: readonly number[]): Promise<void> {
    await this.untilClosed(what);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1] ?? 0);
    if (!statuses.includes(status)) throw new Error(`${what}: status ${status} where ${statuses.join(' or ')} is due`);
  }
}

const host = 'Host: soak\r\n';

/** The bytes of a request of any kind. */
function anyRequest(random: Random): Buffer {
  const size = random.whole(1, 600_000);
  const post = (path: string, type: string, body: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`POST ${path} HTTP/1.1\r\n${host}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
    ]);
  const path = random.pick([
    '/count',
    '/echo',
    '/ignore',
    '/fail',
    '/parts',
    '/stream',
    '/bytes',
    '/slow',
    '/users/7',
    '/events',
    '/catalogue',
  ]);
  if (path === '/parts') {
    const { path: target, headers, body } = formOf(random, random.bytes(size), 10);
    return post(target, String(headers?.['content-type']), body as Buffer);
  }
  if (path === '/stream' || path === '/bytes') {
    return Buffer.from(`GET ${path}?size=${size}&pause=${random.whole(0, 3)} HTTP/1.1\r\n${host}\r\n`);
  }
  if (path === '/slow') return Buffer.from(`GET /slow?ms=${random.whole(0, 2000)} HTTP/1.1\r\n${host}\r\n`);
  if (path === '/events')
    return Buffer.from(`GET /events?count=100000&pause=${random.whole(0, 3)} HTTP/1.1\r\n${host}\r\n`);
  if (path === '/catalogue')
    return Buffer.from(`GET /catalogue?count=5000 HTTP/1.1\r\n${host}Accept-Encoding: br\r\n\r\n`);
  if (path === '/users/7') return Buffer.from(`GET /users/7 HTTP/1.1\r\n${host}\r\n`);
  return post(path, 'application/octet-stream', random.bytes(size));
}

async function abort({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  const bytes = anyRequest(random);
  const sent = random.bool() ? bytes : bytes.subarray(0, random.whole(1, bytes.length));
  if (random.bool(0.3)) wire.socket.pause();
  wire.socket.write(sent);
  await sleep(random.pick([0, 0, 1, 3, 10, 50, 300]));
  if (random.bool()) wire.socket.resetAndDestroy();
  else wire.socket.destroy();
  await wire.untilClosed('abort');
}

async function pipeline({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  const ids = Array.from({ length: random.whole(2, 24) }, () => random.whole(0, 9999));
  const lines = ids.map((id, index) => {
    const last = index === ids.length - 1 ? 'Connection: close\r\n' : '';
    return `GET /users/${id} HTTP/1.1\r\n${host}${last}\r\n`;
  });
  wire.socket.write(lines.join(''));
  await wire.untilClosed('pipelining');
  const answered = Array.from(wire.text.matchAll(/\{"id":(\d+)\}/g), ([, id]) => Number(id));
  if (answered.join() !== ids.join()) throw new Error(`pipelining: ${answered.length} answers of ${ids.length}`);
}

async function halfClose({ port }: HttpClient): Promise<void> {
  const wire = await Wire.open(port);
  wire.socket.end(`GET /slow?ms=50 HTTP/1.1\r\n${host}\r\n`);
  // Answered, or after a while taken for one that has gone: from here the two look the same.
  await wire.untilStatus('a client that has said all', [200, 0]);
}

async function malformed({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  wire.socket.write(
    random.pick([
      'GARBAGE\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      `GET / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}Bad Header: 1\r\n\r\n`,
      `POST /count HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ]),
  );
  await wire.untilStatus('malformed', [400]);
}

async function tooLarge({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  const head = `POST /count HTTP/1.1\r\n${host}Connection: close\r\n`;
  if (random.bool()) {
    wire.socket.write(`${head}Content-Length: ${streamLimit * 2}\r\n\r\n`);
  } else {
    wire.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${(streamLimit + 1).toString(16)}\r\n`);
    wire.socket.write(patternOf(0, streamLimit));
    wire.socket.write('x\r\n');
  }
  await wire.untilStatus('a body that is too large', [413]);
}

async function stallHead({ port }: HttpClient): Promise<void> {
  const wire = await Wire.open(port);
  wire.socket.write('GET /users/1 HTTP/1.1\r\nHos');
  await wire.untilStatus('a head that does not end', [408]);
}

async function stallBody({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  const path = random.pick(['/count', '/echo', '/parts', '/users']);
  const type = path === '/parts' ? 'multipart/form-data; boundary=b' : 'application/json';
  const size = path === '/users' ? 1000 : 200_000;
  wire.socket.write(`POST ${path} HTTP/1.1\r\n${host}Content-Type: ${type}\r\nContent-Length: ${size}\r\n\r\n--b`);
  // What /echo has begun to answer is cut off; the others get to know why.
  await (path === '/echo' ? wire.untilClosed(path) : wire.untilStatus(`a body that stalls at ${path}`, [408]));
}

async function neverRead({ port }: HttpClient, random: Random): Promise<void> {
  const wire = await Wire.open(port);
  wire.socket.pause();
  const path = random.pick(['/stream', '/bytes']);
  // More than the system keeps for a client that does not read.
  wire.socket.write(`GET ${path}?size=${streamLimit} HTTP/1.1\r\n${host}\r\n`.repeat(4));
  await sleep(random.pick([100, 1000, 4000]));
  // Only by reading does this side learn of the end.
  wire.socket.resume();
  if (random.bool()) wire.socket.resetAndDestroy();
  await sleep(50);
  wire.socket.destroy();
  await wire.untilClosed('a client that does not read');
}

async function idle({ port }: HttpClient): Promise<void> {
  const wire = await Wire.open(port);
  await wire.untilClosed('a connection without a request');
}

/** What clients do that do not behave; the server must have dealt with each within its limits. */
export const roughDeeds: readonly Deed[] = [
  { name: 'abort', weight: 30, run: abort },
  { name: 'pipelining', weight: 8, run: pipeline },
  { name: 'half-closed', weight: 3, run: halfClose },
  { name: 'malformed', weight: 5, run: malformed },
  { name: 'too large', weight: 4, run: tooLarge },
  { name: 'stalled head', weight: 2, run: stallHead },
  { name: 'stalled body', weight: 2, run: stallBody },
  { name: 'not reading', weight: 3, run: neverRead },
  { name: 'idle', weight: 1, run: idle },
];
