/** Closing waits on a thread of its own, so that whoever loses patience can leave. */
import test from 'ava';

import { runProgram } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { sleep } from '../helpers/serve.ts';

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
