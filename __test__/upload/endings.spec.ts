/** However an upload ends, no temporary file and no descriptor of one is left (Q7). */
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import type { Covet, CovetOptions, UploadedFile } from '../../src/index.ts';
import { file } from '../../src/index.ts';
import { runProgram } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import type { Served } from '../helpers/serve.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';
import { formEnd, partHead, post, postHead } from './form-body.ts';

const large = Buffer.alloc(2_000_000, 'covet ');
const spec = { files: { doc: file({ maxSize: 10_000_000 }) } };
const isLinux = process.platform === 'linux';

interface Place extends Served {
  /** Files of uploads: those with a name in the folder, and open ones without. */
  readonly count: () => Promise<{ named: number; open: number }>;
}

/** Serves with a folder for uploads of its own. */
async function place(
  t: ExecutionContext,
  register: (app: Covet) => unknown,
  options: CovetOptions = {},
): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), 'covet-endings-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const served = await serve(t, register, { ...options, uploadDirectory: folder });
  const count = async (): Promise<{ named: number; open: number }> => {
    const named = (await readdir(folder)).length;
    if (!isLinux) return { named, open: 0 };
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return { named, open: links.filter((link) => link.startsWith(folder)).length };
  };
  return { ...served, count };
}

/** Waits until so many files are open; on a system that cannot tell, for a while. */
async function settle(t: ExecutionContext, { count }: Place, open: number): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const now = await count();
    t.is(now.named, 0, 'a temporary file has no name');
    if (!isLinux) return sleep(100);
    if (now.open === open) return undefined;
    if (performance.now() > deadline) return t.fail(`${now.open} files are open, not ${open}`);
    await sleep(10);
  }
}

/** Sends the beginning of an upload that never ends. */
async function begin(port: number, size = 9_000_000): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  connection.send(postHead('/', size) + partHead({ name: 'doc', filename: 'n' }));
  connection.send(large);
  return connection;
}

const parts = [{ name: 'doc', filename: 'n', data: large }];

test('a file is open while its request is, and gone after it', async (t) => {
  const gate = createGate();
  const served = await place(t, (app) => {
    app.post('/', spec, async ({ files }) => {
      await gate.promise;
      return files.doc.size;
    });
  });
  const response = post(served.port, '/', parts);
  await settle(t, served, 1);
  gate.open();
  t.is((await response).text(), String(large.byteLength));
  await settle(t, served, 0);
});

test('a client that goes in mid-file leaves nothing', async (t) => {
  const served = await place(t, (app) => app.post('/', spec, () => t.fail('there is no upload to handle')));
  const connection = await begin(served.port);
  await settle(t, served, 1);
  connection.reset();
  await settle(t, served, 0);
});

test('a limit met in mid-file leaves nothing', async (t) => {
  const small = { files: { doc: file({ maxSize: 1_500_000 }) } };
  const served = await place(t, (app) => app.post('/', small, () => t.fail('there is no upload to handle')));
  const response = await post(served.port, '/', parts);
  t.is(response.status, 413);
  t.deepEqual(response.json().error.details, { field: 'doc' });
  await settle(t, served, 0);
});

test('a handler that throws leaves nothing', async (t) => {
  const served = await place(t, (app) => {
    app.post('/', spec, () => {
      throw new Error('on purpose');
    });
  });
  t.is((await post(served.port, '/', parts)).status, 500);
  await settle(t, served, 0);
});

test('a handler that takes too long leaves nothing', async (t) => {
  const register = (app: Covet): unknown => app.post('/', spec, () => new Promise(() => undefined));
  const served = await place(t, register, { limits: { handlerTimeout: 300 } });
  t.is((await post(served.port, '/', parts)).status, 504);
  await settle(t, served, 0);
});

test('an upload may take longer than a handler, but not for ever', async (t) => {
  const limits = { handlerTimeout: 300, bodyRateGrace: 500, minBodyRate: 100_000 };
  const served = await place(t, (app) => app.post('/', spec, ({ files }) => files.doc.size), { limits });
  const end = `\r\n${formEnd}`;
  const head = partHead({ name: 'doc', filename: 'n' });
  const connection = await begin(served.port, head.length + 2 * large.byteLength + end.length);
  await sleep(900);
  connection.send(large).send(end);
  t.is((await connection.next()).text(), String(2 * large.byteLength));
  const stalled = await begin(served.port);
  t.is((await stalled.next({ timeout: 60_000 })).status, 408);
  await settle(t, served, 0);
});

test('a server that closes leaves nothing of uploads under way', async (t) => {
  const served = await place(t, (app) => app.post('/', spec, () => t.fail('there is no upload to handle')));
  await begin(served.port);
  await settle(t, served, 1);
  await served.app.close(0);
  await settle(t, served, 0);
});

test('tasks behind the answer still have the file, and then it goes', async (t) => {
  const read = createGate<number>();
  const served = await place(t, (app) =>
    app.post('/', spec, ({ files, afterResponse }) => {
      afterResponse(async () => {
        await sleep(100);
        read.open((await files.doc.bytes()).byteLength);
      });
      return 'answered';
    }),
  );
  t.is((await post(served.port, '/', parts)).text(), 'answered');
  t.is(await read.promise, large.byteLength);
  await settle(t, served, 0);
});

test('a process that is killed leaves nothing', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'covet-killed-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const child = runProgram(t, 'upload/programs/large-upload.ts', 'serve', folder);
  const connection = await RawConnection.open(Number(await child.report('port', 30_000)));
  connection.send(postHead('/unread', 9_000_000) + partHead({ name: 'doc', filename: 'n' })).send(large);
  const { pid } = child.process;
  const isOpen = async (): Promise<boolean> => {
    const links = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    );
    return links.some((link) => link.startsWith(folder));
  };
  if (isLinux) while (!(await isOpen())) await sleep(20);
  else await sleep(1000);
  child.process.kill('SIGKILL');
  await child.exit;
  t.deepEqual(await readdir(folder), []);
});

test('a stream that answers still has the file', async (t) => {
  const seen = createGate<number>();
  const served = await place(t, (app) => {
    let doc: UploadedFile | undefined;
    app.post('/', spec, async ({ files }) => {
      doc = files.doc;
      return new ReadableStream({
        async start(controller) {
          await sleep(50);
          controller.enqueue(await doc!.bytes());
          controller.close();
          seen.open(doc!.size);
        },
      });
    });
  });
  const response = await post(served.port, '/', parts);
  t.true(large.equals(response.body));
  t.is(await seen.promise, large.byteLength);
  await settle(t, served, 0);
});

test('an upload beyond what may be spooled is refused, and one that fits goes on', async (t) => {
  const served = await place(t, (app) => app.post('/', spec, ({ files }) => files.doc.size), {
    limits: { maxUploadSpool: 1_900_000 },
  });
  const response = await post(served.port, '/', parts);
  t.is(response.status, 503);
  t.is(response.json().error.code, 'SERVICE_UNAVAILABLE');
  await settle(t, served, 0);
  const fitting = [{ name: 'doc', filename: 'n', data: large.subarray(0, 1_500_000) }];
  for (let count = 0; count < 3; count++) t.is((await post(served.port, '/', fitting)).text(), '1500000');
});

test('a folder that is not there is a 500, told to the log alone', async (t) => {
  const { port, logs } = await serve(t, (app) => app.post('/', spec, ({ files }) => files.doc.size), {
    uploadDirectory: path.join(tmpdir(), 'covet-no-such-folder'),
  });
  const response = await post(port, '/', parts);
  t.is(response.status, 500);
  t.false(response.text().includes('disk'));
  const line = await logs.find(({ msg }) => /could not be written to disk/.test(msg));
  t.truthy(line['error_id']);
  // What needs no disk goes on.
  t.is((await post(port, '/', [{ name: 'doc', filename: 'n', data: 'small' }])).text(), '5');
});

test('an upload that nobody reads is answered early', async (t) => {
  const served = await place(t, (app) => app.post('/', { bodyLimit: 2 ** 40 }, () => 'no thanks'));
  const connection = await begin(served.port, 100_000_000);
  t.is((await connection.next()).text(), 'no thanks');
  t.truthy(await connection.closed);
  await settle(t, served, 0);
});

test('many uploads at once, some of them cut off, leave nothing', async (t) => {
  const served = await place(t, (app) =>
    app.post('/', spec, async ({ files }) => (await files.doc.bytes()).byteLength),
  );
  const uploads = Array.from({ length: 24 }, async (_, index) => {
    if (index % 3 > 0) return (await post(served.port, '/', parts)).text();
    const connection = await begin(served.port);
    await sleep(index * 3);
    if (index % 2 > 0) connection.reset();
    else connection.end();
    return String(large.byteLength);
  });
  t.deepEqual(new Set(await Promise.all(uploads)), new Set([String(large.byteLength)]));
  await settle(t, served, 0);
});
