/** Requests with bodies of a content coding, on connections that then have to serve another one. */
import { RawConnection, exchange } from './raw-connection.ts';
import type { RawResponse } from './raw-connection.ts';

export const head = (path: string, headers: Record<string, string | number>): string =>
  [`POST ${path} HTTP/1.1`, 'Host: a', ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`), '', ''].join('\r\n');

export interface Sent {
  readonly coding?: string;
  readonly type?: string;
  /** Bytes of a chunk; the body is sent whole where it is left out. */
  readonly piece?: number;
}

export function request(path: string, body: Uint8Array, { coding = '', type = 'text/plain', piece }: Sent): Buffer {
  const headers = { 'Content-Type': type, ...(coding !== '' && { 'Content-Encoding': coding }) };
  if (piece === undefined)
    return Buffer.concat([wire(head(path, { ...headers, 'Content-Length': body.length })), body]);
  const chunks: Uint8Array[] = [wire(head(path, { ...headers, 'Transfer-Encoding': 'chunked' }))];
  for (let at = 0; at < body.length; at += piece) {
    const part = body.subarray(at, at + piece);
    chunks.push(wire(`${part.length.toString(16)}\r\n`), part, wire('\r\n'));
  }
  return Buffer.concat([...chunks, wire('0\r\n\r\n')]);
}

export const wire = (data: string): Buffer => Buffer.from(data, 'latin1');
export const send = (port: number, path: string, body: Uint8Array, sent: Sent): Promise<RawResponse> =>
  exchange(port, request(path, body, sent), { timeout: 20_000 });

/** Sends on a connection that then has to serve another request. */
export async function sendAndGoOn(port: number, path: string, body: Uint8Array, sent: Sent): Promise<RawResponse> {
  const connection = await RawConnection.open(port);
  try {
    const answer = await connection.send(request(path, body, sent)).next({ timeout: 20_000 });
    if (answer.header('connection') === 'close') throw new Error(`The connection ends after ${answer.status}`);
    const next = await connection.send(request('/plain', wire('next'), {})).next();
    if (next.text() !== 'next') throw new Error(`The next request got ${next.status} ${next.text()}`);
    return answer;
  } finally {
    connection.close();
  }
}

/** Status and error code. */
export const code = (answer: RawResponse): [number, string] => [answer.status, answer.json().error.code];
