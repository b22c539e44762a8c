/** The memory of slots. */
import test from 'ava';

import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const MIB = 1024 * 1024;

test('slots take memory once they are used, not before', async (t) => {
  const before = process.memoryUsage.rss();
  const { port } = await serve(t, (app) => app.get('/', () => 'home'), {
    limits: { maxInFlight: 65_536 },
    listen: { ioThreads: 1 },
  });
  t.is((await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).text(), 'home');
  const taken = process.memoryUsage.rss() - before;
  // 512 MiB of them, were all of it there.
  t.true(taken < 128 * MIB, `${taken / MIB} MiB`);
});
