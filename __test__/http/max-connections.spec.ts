/** More connections than there may be: they wait, and are served as others close; without descriptors the server lives on. */
import test from 'ava';

import { runWithDescriptors } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('connections above the limit wait until one has closed', async (t) => {
  for (const ioThreads of [1, 2]) {
    const { port } = await serve(t, (app) => app.get('/', () => 'home'), {
      limits: { maxConnections: 2 },
      listen: { ioThreads },
    });
    const open = [await RawConnection.open(port), await RawConnection.open(port)];
    for (const connection of open) t.is((await connection.send(GET).next()).text(), 'home');
    const waiting = [await RawConnection.open(port), await RawConnection.open(port)];
    for (const connection of waiting) connection.send(GET);
    await t.throwsAsync(waiting[0]!.next({ timeout: 200 }), undefined, 'not served yet');
    // Those within the limit go on.
    t.is((await open[0]!.send(GET).next()).text(), 'home');
    open[0]!.end();
    t.is((await waiting[0]!.next()).text(), 'home');
    open[1]!.reset();
    t.is((await waiting[1]!.next()).text(), 'home');
    for (const connection of waiting) connection.end();
  }
});

test('a server at its limit closes in time', async (t) => {
  const { port, app } = await serve(t, (application) => application.get('/', () => 'home'), {
    limits: { maxConnections: 1 },
  });
  const first = await RawConnection.open(port);
  t.is((await first.send(GET).next()).text(), 'home');
  const second = await RawConnection.open(port);
  second.send(GET);
  await app.close(1000);
  t.is(await first.closed, 'end');
  t.not(await second.closed, undefined);
});

test('a server that runs out of descriptors serves again once there are some', async (t) => {
  if (process.platform === 'win32') return void t.pass('no such limit');
  const port = Number(await runWithDescriptors(t, 100, 'app/programs/serving.ts').report('port'));
  const connections = await Promise.all(Array.from({ length: 120 }, () => RawConnection.open(port)));
  for (const connection of connections) connection.send(GET);
  await sleep(300);
  const served = await Promise.all(
    connections.map((connection) =>
      connection.next({ timeout: 200 }).then(
        () => true,
        () => false,
      ),
    ),
  );
  t.true(served.includes(true) && served.includes(false), 'some were served, others wait');
  for (const [index, connection] of connections.entries()) if (served[index]) connection.end();
  const late = connections.filter((_, index) => !served[index]);
  t.is((await late[0]!.next()).status, 200, 'one that waited is served');
  for (const connection of late) connection.reset();
  t.is((await (await RawConnection.open(port)).send(GET).next()).status, 200);
});
