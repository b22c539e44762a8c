/** A client that drops its connection while nobody reads from it: the handler hears of it all the same. */
import test from 'ava';

import { file } from '../../src/index.ts';
import type { Covet, CovetRequest } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';
import { partHead, postHead } from '../upload/form-body.ts';

const SIZE = 50_000_000;
/** More than the windows on the way take. */
const sent = Buffer.alloc(8_000_000, 'x');

/** Resolves once the signal fires. */
const aborted = (req: CovetRequest): Promise<unknown> =>
  new Promise((resolve) => req.signal.addEventListener('abort', resolve));

const waiting: Record<string, (req: CovetRequest) => Promise<unknown>> = {
  'a body that nobody reads': async () => undefined,
  'a stream of which one piece was read': async (req) => req.stream.getReader().read(),
  'a part that waits': async (req) => req.parts({ maxFileSize: SIZE }).next(),
};

for (const [what, begin] of Object.entries(waiting)) {
  test(`the signal fires for ${what} when its client resets the connection`, async (t) => {
    const started = createGate();
    const told = createGate();
    const { port } = await serve(t, (app: Covet) => {
      app.post('/', { bodyLimit: 2 * SIZE }, async ({ req }) => {
        const gone = aborted(req);
        await begin(req);
        started.open();
        await gone;
        told.open();
      });
    });
    const connection = await RawConnection.open(port);
    connection.send(postHead('/', SIZE) + partHead({ name: 'f', filename: 'n' })).send(sent);
    await started.promise;
    await sleep(200);
    connection.reset();
    const late = sleep(6000).then(() => 'late');
    t.is(await Promise.race([told.promise, late]), undefined);
  });
}

test('a client that waits with the rest of its body is not taken for one that has gone', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { bodyLimit: 2 * SIZE, files: { f: file({ maxSize: SIZE }) } }, ({ files }) => files.f.size);
    app.post('/late', { bodyLimit: 2 * SIZE }, async ({ req }) => {
      await sleep(2500);
      return (await req.bytes()).byteLength;
    });
  });
  const connection = await RawConnection.open(port);
  connection.send(postHead('/late', 300_000)).send(Buffer.alloc(200_000));
  await sleep(2000);
  connection.send(Buffer.alloc(100_000));
  t.is((await connection.next()).text(), '300000');
  connection.close();
});
