/** What closing costs: no waiting for who wants to leave at once, and no memory. */
import test from 'ava';

import { runNode, runProgram } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

test('process.exit() does not wait for the grace of a close that is under way', async (t) => {
  const child = runProgram(t, 'native/programs/close-then-exit.ts');
  const port = Number(await child.report('port'));
  const hanging = await RawConnection.open(port);
  hanging.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await sleep(50);
  const last = await RawConnection.open(port);
  last.send('GET /exit HTTP/1.1\r\nHost: a\r\n\r\n');
  const begin = Number(await child.report('exit'));
  t.deepEqual(await child.exit, { code: 5, signal: null });
  t.true(Date.now() - begin < 5000);
  hanging.close();
  last.close();
});

test('a closed server gives its memory back', async (t) => {
  const child = runNode(t, ['--expose-gc'], 'native/programs/open-and-close.ts');
  const grown = Number(await child.report('grown', 60_000));
  // One alone has more than 6 MiB.
  t.true(grown < 60 * 1024 * 1024, `${grown} bytes`);
  t.deepEqual(await child.exit, { code: 0, signal: null });
});

test('a grace may be any time, and nothing else', async (t) => {
  const gate = createGate();
  const { app, port } = await serve(t, (application) => application.get('/', () => gate.promise.then(() => 'late')));
  for (const grace of [-1, Number.NaN, '10' as never]) {
    t.throws(() => app.close(grace), { instanceOf: RangeError, message: /grace/ });
  }
  const connection = await RawConnection.open(port);
  connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await sleep(50);
  const closed = app.close(Infinity);
  await sleep(100);
  gate.open();
  t.is((await connection.next()).text(), 'late');
  await closed;
  connection.close();
});

test('a handler that is cut off at the end of the grace hears of it', async (t) => {
  const reasons: unknown[] = [];
  const { app, port } = await serve(t, (application) => {
    application.get('/', ({ req }) => {
      req.signal.addEventListener('abort', () => reasons.push(req.signal.reason));
      return new Promise(() => {});
    });
  });
  const connection = await RawConnection.open(port);
  connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await sleep(50);
  await app.close(50);
  t.deepEqual(
    reasons.map((reason) => (reason as Error).name),
    ['AbortError'],
  );
  connection.close();
});
