/** Uploads that come slowly, or not at all, hold a share of the requests in flight: everybody else is served. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { file } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import type { Served } from '../helpers/serve.ts';
import { serve, sleep } from '../helpers/serve.ts';
import { formBody, partHead, postHead } from './form-body.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const SIZE = 200_000;
/** The beginning of a form that goes on for long. */
const beginning = partHead({ name: 'doc', filename: 'n' });

const register = (app: Covet): void => {
  app.get('/', () => 'home');
  app.post('/files', { files: { doc: file() } }, ({ files }) => files.doc.size);
  app.post('/json', async ({ req }) => req.json());
  app.post('/form', async ({ req }) => req.form());
};

const open = (t: ExecutionContext, limits: object): Promise<Served> =>
  serve(t, register, { limits: { handlerTimeout: 500, minBodyRate: 0, ...limits }, listen: { ioThreads: 1 } });

async function begin(t: ExecutionContext, port: number, path: string): Promise<RawConnection> {
  const connection = await RawConnection.open(port);
  t.teardown(() => connection.close());
  return connection.send(postHead(path, SIZE) + beginning);
}

for (const path of ['/files', '/form']) {
  test(`uploads to ${path} that never end keep nobody else waiting, however many`, async (t) => {
    const { port } = await open(t, { maxInFlight: 4 });
    const uploads: RawConnection[] = [];
    for (let count = 0; count < 8; count++) uploads.push(await begin(t, port, path));
    await sleep(300);
    for (let count = 0; count < 3; count++) t.is((await exchange(port, GET)).text(), 'home');
    // Two are under way, and stay so; the others are told to come again, none of them having reached a handler.
    const answers = await Promise.all(uploads.slice(2).map((upload) => upload.next({ timeout: 15_000 })));
    for (const answer of answers) {
      t.is(answer.status, 503);
      t.is(answer.json().error.code, 'SERVICE_UNAVAILABLE');
      t.regex(answer.json().error.message, /uploads/);
      t.is(answer.header('retry-after'), '5');
      t.is(answer.header('connection'), 'close');
    }
    t.deepEqual(
      uploads.slice(0, 2).map((upload) => upload.unread.byteLength),
      [0, 0],
    );
  });
}

test('an upload waits until another has come to its end, not until that is answered', async (t) => {
  let atWork = 0;
  let most = 0;
  const { port } = await serve(
    t,
    (app) =>
      app.post('/', { files: { doc: file() } }, async ({ files }) => {
        most = Math.max(most, ++atWork);
        await sleep(1000);
        atWork--;
        return files.doc.size;
      }),
    { limits: { maxInFlight: 8, maxUploadsInFlight: 1 }, listen: { ioThreads: 1 } },
  );
  const body = formBody([{ name: 'doc', filename: 'n', data: Buffer.alloc(SIZE) }]);
  const uploads = await Promise.all(Array.from({ length: 6 }, () => RawConnection.open(port)));
  for (const upload of uploads) upload.send(postHead('/', body.byteLength)).send(body);
  for (const upload of uploads) t.is((await upload.next()).text(), `${SIZE}`);
  t.true(most > 1, `${most} at once`);
  for (const upload of uploads) upload.close();
});

test('who goes while waiting leaves its place to the next', async (t) => {
  const { port } = await open(t, { maxInFlight: 4, maxUploadsInFlight: 1 });
  const first = await begin(t, port, '/files');
  await sleep(100);
  const gone = await begin(t, port, '/files');
  await sleep(100);
  const body = formBody([{ name: 'doc', filename: 'n', data: Buffer.alloc(SIZE) }]);
  const last = await RawConnection.open(port);
  last.send(postHead('/files', body.byteLength)).send(body);
  await sleep(100);
  gone.reset();
  first.reset();
  t.is((await last.next()).text(), `${SIZE}`);
  last.close();
});

test('as many as all requests may be uploads where that is said', async (t) => {
  const { port } = await open(t, { maxInFlight: 3, maxUploadsInFlight: 3 });
  for (let count = 0; count < 3; count++) await begin(t, port, '/files');
  await sleep(300);
  await t.throwsAsync(exchange(port, GET));
});
