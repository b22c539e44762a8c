/**
 * Saves a large stream and reads it back, and reports by how many MiB it held more than a small one takes:
 * `flat-memory.ts <MiB> <options of an S3Storage as JSON, or the folder of a LocalStorage>`.
 *
 * Counted is what is left after a collection: what lies about until the next one is a matter of how busy the machine is.
 */
import v8 from 'node:v8';
import vm from 'node:vm';

import { LocalStorage } from '../../../src/storage/local-storage.ts';
import { S3Storage } from '../../../src/storage/s3-storage.ts';
import type { FileStorage } from '../../../src/types/file-storage.ts';

const mebibyte = 1024 * 1024;
const [, , , size = '', target = ''] = process.argv;
const storage: FileStorage = target.startsWith('{')
  ? new S3Storage(JSON.parse(target))
  : new LocalStorage({ root: target, baseUrl: '/files' });

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;
let peak = 0;

/** To be called once for each of the small pieces: each fourth MiB is looked at. */
function look(piece: number): void {
  if (piece % 64 !== 0) return;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  // `external` has the buffers in it.
  peak = Math.max(peak, heapUsed + external);
}

async function* file(mebibytes: number): AsyncGenerator<Uint8Array> {
  // A new buffer each, as from a socket.
  for (let at = 0; at < mebibytes * 16; at += 1) {
    look(at);
    yield new Uint8Array(mebibyte / 16).fill(at);
  }
}

async function roundTrip(mebibytes: number): Promise<void> {
  const url = await storage.save(file(mebibytes), 'a.bin', '');
  const key = storage.keyOf(url);
  let read = 0;
  let pieces = 0;
  for await (const chunk of await storage.open(key)) {
    read += chunk.byteLength;
    look((pieces += 1));
  }
  if (read !== mebibytes * mebibyte) throw new Error(`${read} bytes came back`);
  await storage.delete(key);
}

await roundTrip(24);
const before = peak;
peak = 0;
await roundTrip(Number(size));
process.stdout.write(`growth=${(peak - before) / mebibyte}\n`);
