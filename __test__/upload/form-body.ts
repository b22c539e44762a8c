/** Multipart bodies as clients write them, and requests that carry them. */
import type { RawResponse } from '../helpers/raw-connection.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

/** A part of a form to be sent. With a `filename` it is a file. */
export interface SentPart {
  readonly name: string;
  readonly data: string | Uint8Array;
  readonly filename?: string;
  readonly type?: string;
}

export const boundary = '----covet-test-boundary';
export const formType = `multipart/form-data; boundary=${boundary}`;
export const png: Buffer = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

/** What stands before a part's data. */
export function partHead({ name, filename, type }: Omit<SentPart, 'data'>): string {
  const file = filename === undefined ? '' : `; filename="${filename}"`;
  const contentType = type === undefined ? '' : `\r\nContent-Type: ${type}`;
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${contentType}\r\n\r\n`;
}

export const formEnd = `--${boundary}--\r\n`;

export function formBody(parts: readonly SentPart[]): Buffer {
  const pieces = parts.flatMap((part) => [partHead(part), part.data, '\r\n']);
  return Buffer.concat([...pieces, formEnd].map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

/** The head of a POST with that body. */
export function postHead(path: string, length: number, contentType: string = formType): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Sends a form on a connection of its own, and gives the answer. */
export async function post(
  port: number,
  path: string,
  parts: readonly SentPart[] | Buffer,
  contentType?: string,
): Promise<RawResponse> {
  const body = parts instanceof Buffer ? parts : formBody(parts as readonly SentPart[]);
  const connection = await RawConnection.open(port);
  try {
    connection.send(postHead(path, body.byteLength, contentType));
    connection.send(body);
    return await connection.next();
  } finally {
    connection.socket.destroy();
  }
}
