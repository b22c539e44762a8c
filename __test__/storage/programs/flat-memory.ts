/**
 * Saves a large stream and reads it back, and reports by how many MiB the process grew over what a small one takes:
 * `flat-memory.ts <MiB> <options of an S3Storage as JSON, or the folder of a LocalStorage>`.
 */
import { LocalStorage } from '../../../src/storage/local-storage.ts';
import { S3Storage } from '../../../src/storage/s3-storage.ts';
import type { FileStorage } from '../../../src/types/file-storage.ts';

const mebibyte = 1024 * 1024;
const [, , , size = '', target = ''] = process.argv;
const storage: FileStorage = target.startsWith('{')
  ? new S3Storage(JSON.parse(target))
  : new LocalStorage({ root: target, baseUrl: '/files' });

async function* file(mebibytes: number): AsyncGenerator<Uint8Array> {
  // A new buffer each, as from a socket.
  for (let at = 0; at < mebibytes * 16; at += 1) yield new Uint8Array(mebibyte / 16).fill(at);
}

async function roundTrip(mebibytes: number): Promise<void> {
  const url = await storage.save(file(mebibytes), 'a.bin', '');
  const key = storage.keyOf(url);
  let read = 0;
  for await (const chunk of await storage.open(key)) read += chunk.byteLength;
  if (read !== mebibytes * mebibyte) throw new Error(`${read} bytes came back`);
  await storage.delete(key);
}

await roundTrip(24);
const before = process.resourceUsage().maxRSS;
await roundTrip(Number(size));
process.stdout.write(`growth=${(process.resourceUsage().maxRSS - before) / 1024}\n`);
