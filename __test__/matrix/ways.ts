/** The three ways a request takes: over a socket, by `app.inject()`, by `app.fetch()`. */
import type { Covet } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import type { MatrixBody, MatrixRequest, MatrixResponse, Send } from './behaviour.ts';

/** A way to ask an application that has been made for it. */
export type Open = (app: Covet) => Promise<Send>;

/** The names of the ways. */
export type Way = 'socket' | 'inject' | 'fetch';

export const ways: Readonly<Record<Way, Open>> = { socket: openSocket, inject: openInject, fetch: openFetch };

async function openSocket(app: Covet): Promise<Send> {
  const { port } = await app.listen({ port: 0 });
  return async (given) => {
    const request = toRequest(given);
    const connection = await RawConnection.open(port);
    try {
      const writing = write(connection, request);
      const response = await connection.next({ head: request.method === 'HEAD', mayBreak: true });
      await writing;
      const { status, lines, trailers, body, isWhole } = response;
      return toResponse(status, lines, { body, isWhole, trailers: Object.fromEntries(trailers) });
    } finally {
      connection.close();
    }
  };
}

async function write(
  connection: RawConnection,
  { method, url, headers, body, isSecure }: Required<Given>,
): Promise<void> {
  const { bytes, type } = await encode(body);
  const lines: [string, string][] = [['host', 'localhost'], ...Object.entries(headers)];
  if (type !== undefined && headers['content-type'] === undefined) lines.push(['content-type', type]);
  if (isSecure) lines.push(['x-forwarded-for', '127.0.0.1'], ['x-forwarded-proto', 'https']);
  if (bytes instanceof Uint8Array) lines.push(['content-length', String(bytes.byteLength)]);
  else if (bytes !== undefined) lines.push(['transfer-encoding', 'chunked']);
  connection.send(`${method} ${url} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  if (bytes instanceof Uint8Array) connection.send(bytes);
  if (bytes === undefined || bytes instanceof Uint8Array) return;
  for await (const piece of bytes) {
    // The server may have answered and closed: what is left of the body has no reader.
    if (!connection.socket.writable) return;
    connection
      .send(`${piece.byteLength.toString(16)}\r\n`)
      .send(piece)
      .send('\r\n');
  }
  connection.send('0\r\n\r\n');
}

async function encode(body: MatrixBody | undefined): Promise<{
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly type: string | undefined;
}> {
  if (body === undefined) return { bytes: undefined, type: undefined };
  if (typeof body === 'function') return { bytes: body(), type: undefined };
  const whole = new Response(body);
  return { bytes: new Uint8Array(await whole.arrayBuffer()), type: whole.headers.get('content-type') ?? undefined };
}

async function openInject(app: Covet): Promise<Send> {
  return async (given) => {
    const { body, isSecure, url, ...request } = toRequest(given);
    const address = isSecure ? `https://localhost${url}` : url;
    const response = await app.inject({ ...request, url: address, body: typeof body === 'function' ? body() : body });
    const { 'set-cookie': _, ...headers } = response.headers;
    const lines = Object.entries(headers);
    const read = await readWhole(response.stream());
    // They come behind the whole body, or never.
    const trailers = read.isWhole ? await response.trailers() : {};
    return toResponse(
      response.status,
      [...lines, ...response.setCookies.map((line) => ['set-cookie', line] as const)],
      { ...read, trailers },
    );
  };
}

async function openFetch(app: Covet): Promise<Send> {
  return async (given) => {
    const { url, method, headers, body, isSecure } = toRequest(given);
    const isStream = typeof body === 'function';
    const init = {
      method,
      headers,
      body: isStream ? ReadableStream.from(body()) : (body ?? null),
      ...(isStream ? { duplex: 'half' } : {}),
    };
    const response = await app.fetch(
      new Request(`${isSecure ? 'https' : 'http'}://localhost${url}`, init as RequestInit),
    );
    return toResponse(response.status, [...response.headers], { ...(await readWhole(response.body)), trailers: {} });
  };
}

type Given = Omit<MatrixRequest, 'body'> & { readonly body: MatrixBody | undefined };

function toRequest(given: MatrixRequest | string): Required<Given> {
  const request = typeof given === 'string' ? { url: given } : given;
  return { method: 'GET', headers: {}, body: undefined, isSecure: false, ...request };
}

type Read = Pick<MatrixResponse, 'body' | 'isWhole'>;

/** All that comes; a body that breaks off is one of the answers. */
async function readWhole(stream: ReadableStream<Uint8Array> | null): Promise<Read> {
  const pieces: Uint8Array[] = [];
  let isWhole = true;
  try {
    for await (const piece of stream ?? []) pieces.push(piece);
  } catch {
    isWhole = false;
  }
  return { body: Buffer.concat(pieces), isWhole };
}

function toResponse(
  status: number,
  lines: readonly (readonly [string, string])[],
  rest: Read & Pick<MatrixResponse, 'trailers'>,
): MatrixResponse {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [name, value] of lines) {
    if (name === 'set-cookie') cookies.push(value);
    else headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const text = rest.body.toString('utf8');
  return {
    status,
    headers,
    cookies,
    ...rest,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
