/** The three storages, each empty and with a way to see what a save that failed has left. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ExecutionContext } from 'ava';

import { LocalStorage } from '../../src/storage/local-storage.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { S3Storage } from '../../src/storage/s3-storage.ts';
import { StorageError } from '../../src/storage/storage-error.ts';
import type { StorageErrorCode } from '../../src/storage/storage-error.ts';
import type { FileStorage } from '../../src/types/file-storage.ts';
import { S3Server } from '../helpers/s3-server.ts';

/** A storage under test. */
export interface Opened {
  readonly storage: FileStorage;
  /** What is neither a file nor gone. */
  readonly leftovers: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** A kind of storage, and how it differs where it may. */
export interface Driver {
  readonly name: string;
  /** Whether the type given to `save` comes back, or one by the ending of the key. */
  readonly keepsTypes: boolean;
  readonly signsUrls: boolean;
  open(): Promise<Opened>;
}

const memoryBytes = 32 * 1024 * 1024;

const memory: Driver = {
  name: 'memory',
  keepsTypes: true,
  signsUrls: false,
  async open() {
    const storage = new MemoryStorage({ maxBytes: memoryBytes });
    let saved = 0;
    const leftovers = async () => {
      // All of its room is free again, to the byte.
      saved += 1;
      const key = `probe/${saved}`;
      await storage.save(new Uint8Array(memoryBytes), 'probe', '', { key });
      await storage.delete(key);
      return [];
    };
    return { storage, leftovers, close: async () => undefined };
  },
};

const local: Driver = {
  name: 'local',
  keepsTypes: false,
  signsUrls: false,
  async open() {
    const root = await mkdtemp(path.join(tmpdir(), 'covet-storage-'));
    const storage = new LocalStorage({ root, baseUrl: 'https://files.example.com/a', fsync: true });
    return {
      storage,
      leftovers: async () => {
        const all = await readdir(root, { withFileTypes: true, recursive: true });
        return all.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
      },
      close: () => rm(root, { recursive: true }),
    };
  },
};

const s3: Driver = {
  name: 's3',
  keepsTypes: true,
  signsUrls: true,
  async open() {
    // One for each test: what an upload leaves is seen in the server's folder, and belongs to nobody else.
    const server = await S3Server.start();
    const storage = new S3Storage({ ...server.options, prefix: 'app/files', partSize: 5 * 1024 * 1024 });
    return { storage, leftovers: () => server.unfinished(), close: () => server.close() };
  },
};

export const drivers: readonly Driver[] = [memory, local, s3];

/** Opens a storage for one test. */
export async function open(t: ExecutionContext, driver: Driver): Promise<Opened> {
  // The first time, the S3 server is compiled.
  t.timeout(600_000);
  const opened = await driver.open();
  t.teardown(() => opened.close());
  return opened;
}

/** What `doing` is refused with. */
export async function fails(
  t: ExecutionContext,
  code: StorageErrorCode,
  doing: () => Promise<unknown>,
): Promise<StorageError> {
  const error = await t.throwsAsync(doing, { instanceOf: StorageError });
  t.is(error.code, code);
  return error;
}
