/** Q8: a file is never whole in memory, however large: what a save and a read take does not grow with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { S3Storage } from '../../src/storage/s3-storage.ts';
import { runProgram } from '../helpers/child.ts';
import { S3Server } from '../helpers/s3-server.ts';
import { until } from '../helpers/serve.ts';

// A part more or less that is under way; a file in memory would be its size above it.
const tolerated = 16;
const program = 'storage/programs/flat-memory.ts';

test('a LocalStorage takes 512 MiB with flat memory', async (t) => {
  const root = await mkdtemp(path.join(tmpdir(), 'covet-flat-'));
  t.teardown(() => rm(root, { recursive: true }));
  const child = runProgram(t, program, '512', root);
  const growth = Number(await child.report('growth', 100_000));
  t.log(`peak grew by ${growth.toFixed(1)} MiB`);
  t.true(growth < tolerated, `${growth} MiB`);
});

test('an S3Storage takes 128 MiB with flat memory', async (t) => {
  t.timeout(600_000);
  const server = await S3Server.start();
  t.teardown(() => server.close());
  const options = JSON.stringify({ ...server.options, partSize: 5 * 1024 * 1024 });
  const child = runProgram(t, program, '128', options);
  const growth = Number(await child.report('growth', 100_000));
  t.log(`peak grew by ${growth.toFixed(1)} MiB`);
  t.true(growth < tolerated, `${growth} MiB`);
});

test('a small file takes no memory of a large one on its way to S3', async (t) => {
  // Nothing is asked of it: the saves are given up before their files have come.
  const storage = new S3Storage({
    bucket: 'none',
    region: 'none',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const givenUp = Array.from({ length: 32 }, () => new AbortController());
  let waiting = 0;
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1000);
    waiting++;
    await new Promise(() => undefined);
  }
  const before = process.memoryUsage().arrayBuffers;
  const saves = givenUp.map(({ signal }) => storage.save(slow(), 'a', '', { signal }));
  t.true(await until(() => waiting === 32));
  const growth = (process.memoryUsage().arrayBuffers - before) / 1024 / 1024;
  t.true(growth < 8, `${growth} MiB`);
  for (const controller of givenUp) controller.abort();
  for (const { status } of await Promise.allSettled(saves)) t.is(status, 'rejected');
});
