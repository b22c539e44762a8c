/** A request in a few words in, the response out: what tests send without a socket. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import type { InjectOptions, InjectResponse } from '../types/in-process.ts';
import type { Inject } from '../types/inject.ts';
import type { Contract } from '../types/route.ts';
import { checkContractInputs, checkInject } from './check-inject.ts';
import { fromContract, isContract } from './contract-request.ts';
import type { ContractInputs } from './contract-request.ts';
import { exchange } from './exchange.ts';
import type { WireRequest } from './exchange.ts';
import { toFieldText, toSearch } from './field-text.ts';
import type { Connect } from './memory-socket.ts';

export function makeInject(connect: Connect): Inject {
  return async (given: string | InjectOptions | Contract, inputs?: ContractInputs): Promise<never> => {
    const options = toOptions(given, inputs);
    const wire = await toWire(options);
    const { url, remoteAddress = '127.0.0.1' } = options;
    const socket = await connect({ remoteAddress, isSecure: /^https:/i.test(url) });
    // The types of a contract's response are a promise of the contract, which the server keeps.
    return toResponse(await exchange(socket, wire)) as never;
  };
}

function toOptions(given: string | InjectOptions | Contract, inputs: ContractInputs | undefined): InjectOptions {
  if (typeof given === 'string') return { url: given };
  if (isContract(given)) {
    if (inputs !== undefined) checkContractInputs(inputs);
    return fromContract(given, inputs);
  }
  checkInject(given);
  return given;
}

async function toWire(options: InjectOptions): Promise<WireRequest> {
  const { signal } = options;
  const method = options.method ?? 'GET';
  const { target, host } = toTarget(options);
  const headers = new Headers(toHeaderPairs(options.headers));
  const { body, type } = await toBody(options.body ?? options.payload);
  if (type !== undefined) setDefault(headers, 'content-type', type);
  addCookies(headers, options.cookies);
  setDefault(headers, 'host', host);
  setDefault(headers, 'connection', 'keep-alive');
  addFraming(headers, method, body);
  return { method, target, headers: [...headers], body, signal };
}

function toTarget({ url, query }: InjectOptions): { target: string; host: string } {
  if (typeof url !== 'string' || !/^(\/|https?:\/\/)/.test(url)) {
    throw new TypeError(`inject() takes a path that starts with '/', not ${JSON.stringify(url)}`);
  }
  const address = url.startsWith('/') ? undefined : new URL(url);
  const target = address === undefined ? url : address.pathname + address.search;
  const search = toSearch(query, 'query');
  const joint = target.includes('?') ? '&' : '?';
  return { target: search === '' ? target : target + joint + search, host: address?.host ?? 'localhost' };
}

function setDefault(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}

function addCookies(headers: Headers, cookies: InjectOptions['cookies']): void {
  const jar = Object.entries(cookies ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(toFieldText(value, 'cookies', name))}`],
  );
  if (jar.length > 0) headers.set('cookie', [headers.get('cookie'), ...jar].filter((part) => part !== null).join('; '));
}

/** Says where the body ends, unless the caller has. */
function addFraming(headers: Headers, method: string, body: WireRequest['body']): void {
  if (headers.has('content-length') || headers.has('transfer-encoding')) return;
  if (body === undefined) {
    if (!['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method)) headers.set('content-length', '0');
  } else if (body instanceof Uint8Array) headers.set('content-length', String(body.byteLength));
  else headers.set('transfer-encoding', 'chunked');
}

function toHeaderPairs(headers: InjectOptions['headers']): [string, string][] {
  return Object.entries(headers ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, toFieldText(value, 'headers', name)] as [string, string]],
  );
}

const BYTES = 'application/octet-stream';

/** The body as it is sent, and the type it has unless a header says otherwise. */
async function toBody(body: unknown): Promise<{ body: WireRequest['body']; type?: string }> {
  if (body === undefined) return { body: undefined };
  if (typeof body === 'string') return { body: Buffer.from(body), type: 'text/plain; charset=utf-8' };
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), type: BYTES };
  if (ArrayBuffer.isView(body))
    return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength), type: BYTES };
  if (body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob) {
    const whole = new Response(body);
    return { body: new Uint8Array(await whole.arrayBuffer()), type: whole.headers.get('content-type') ?? BYTES };
  }
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    return { body: body as AsyncIterable<Uint8Array> };
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(body);
  } catch (cause) {
    throw new TypeError('inject() cannot send this body: it is no JSON', { cause });
  }
  if (json === undefined) throw new TypeError(`inject() cannot send a ${typeof body} as a body`);
  return { body: Buffer.from(json), type: 'application/json' };
}

function toResponse(message: IncomingMessage): InjectResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    // Lines of cookies cannot be joined (RFC 6265, 3): they are told apart in `setCookies`.
    if (name === 'set-cookie' && value!.length > 1) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value!;
  }
  let whole: Promise<Buffer> | undefined;
  const bytes = (): Promise<Buffer> => (whole ??= buffer(message));
  return {
    status: message.statusCode!,
    headers,
    setCookies: message.headers['set-cookie'] ?? [],
    bytes,
    text: async () => (await bytes()).toString('utf8'),
    json: async () => JSON.parse((await bytes()).toString('utf8')) as never,
    stream: () => Readable.toWeb(message) as ReadableStream<Uint8Array>,
    trailers: async () => {
      await bytes();
      return { ...message.trailers } as Record<string, string>;
    },
  };
}
