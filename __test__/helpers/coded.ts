/** Bytes in every content coding, as clients send them. */
import zlib from 'node:zlib';

import { Covet } from '../../src/index.ts';

export type Coding = 'gzip' | 'br' | 'zstd';
export const codings: readonly Coding[] = ['gzip', 'br', 'zstd'];

type Encode = (body: Uint8Array) => Buffer;
const zstdCompress = (zlib as unknown as Record<string, Encode | undefined>)['zstdCompressSync'];

/** The bytes, coded. */
export async function coded(coding: Coding, body: Uint8Array | string): Promise<Buffer> {
  const bytes = Buffer.from(body as string);
  if (coding === 'gzip') return zlib.gzipSync(bytes);
  if (coding === 'br') return zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } });
  return zstdCompress === undefined ? zstd(bytes) : zstdCompress(bytes);
}

/** Node 20 has no zstd: there an application codes its answer for us. */
async function zstd(bytes: Buffer): Promise<Buffer> {
  if (bytes.byteLength === 0) return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0]);
  const types = ['application/octet-stream'];
  const app = new Covet({ logger: false, compression: { threshold: 0, types } });
  app.get(
    '/',
    () =>
      // A stream is coded whatever comes of it; a whole body only where that is smaller.
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes);
          controller.close();
        },
      }),
  );
  try {
    const answer = await app.inject({ url: '/', headers: { 'accept-encoding': 'zstd' } });
    if (answer.headers['content-encoding'] !== 'zstd') throw new Error('The answer was to be coded with zstd');
    return Buffer.from(await answer.bytes());
  } finally {
    await app.close(0);
  }
}

/** Text that a coding makes some 5 times smaller: far from a bomb, and unlike itself throughout. */
export function text(bytes: number): string {
  let out = '';
  for (let number = 7; out.length < bytes; number = (number * 1_664_525 + 1_013_904_223) % 2 ** 32) {
    out += `{"id":${number},"name":"user ${number % 97}","active":true},`;
  }
  return out.slice(0, bytes);
}
