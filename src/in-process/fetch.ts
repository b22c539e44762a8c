/** A web `Request` in, a web `Response` out, for those who bring their own server. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import type { CovetFetch } from '../types/in-process.ts';
import { checkFetchOptions } from './check-inject.ts';
import { exchange } from './exchange.ts';
import type { WireRequest } from './exchange.ts';
import type { Connect, MemorySocket } from './memory-socket.ts';

/** Fields of one connection (RFC 9110, 7.6.1): each side of a server in front has its own. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);
const WITHOUT_BODY = new Set([101, 204, 205, 304]);

export function makeFetch(connect: Connect): CovetFetch {
  /** A `Request` that is collected takes with it what links its signal to that of whoever made it. */
  const requests = new WeakMap<MemorySocket, Request>();
  return async (request, options) => {
    const wire = toWire(request);
    if (options !== undefined) checkFetchOptions(options);
    const { remoteAddress = '127.0.0.1' } = options ?? {};
    const socket = await connect({ remoteAddress, isSecure: request.url.startsWith('https:') });
    requests.set(socket, request);
    return toResponse(await exchange(socket, wire), request.method);
  };
}

function toWire(request: Request): WireRequest {
  if (!(request instanceof Request)) throw new TypeError('app.fetch() takes a web Request');
  if (request.body !== null && (request.bodyUsed || request.body.locked)) {
    throw new TypeError(
      'The body of this Request was read already, or is being read: give app.fetch() a clone() of it',
    );
  }
  const url = new URL(request.url);
  const headers: [string, string][] = [['host', url.host]];
  for (const [name, value] of request.headers) {
    if (!OF_CONNECTION.has(name) && name !== 'host') headers.push([name, value]);
  }
  headers.push(['connection', 'keep-alive']);
  const hasLength = request.headers.has('content-length');
  if (request.body !== null && !hasLength) headers.push(['transfer-encoding', 'chunked']);
  return {
    method: request.method,
    target: url.pathname + url.search,
    headers,
    body: (request.body as AsyncIterable<Uint8Array> | null) ?? undefined,
    signal: request.signal,
  };
}

function toResponse(message: IncomingMessage, method: string): Response {
  const answered = new Headers();
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]!;
    if (!OF_CONNECTION.has(name.toLowerCase())) answered.append(name, message.rawHeaders[index + 1]!);
  }
  const status = message.statusCode!;
  const isEmpty = method === 'HEAD' || WITHOUT_BODY.has(status);
  if (isEmpty) message.resume();
  const body = isEmpty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText: message.statusMessage ?? '', headers: answered });
}
