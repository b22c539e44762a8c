/** The network that tests cut does what it says. */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { startTcpProxy } from '../helpers/tcp-proxy.ts';

test('bytes pass, wait through a stall, and a cut resets', async (t) => {
  const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
  t.teardown(() => proxy.close());
  const client = net.connect(proxy.port, '127.0.0.1');
  client.write('a');
  t.is(String((await once(client, 'data'))[0]), 'a');
  t.is(proxy.size, 1);
  proxy.stall();
  client.write('b');
  const answer = once(client, 'data');
  t.is(await Promise.race([answer, sleep(50, 'silence')]), 'silence');
  proxy.resume();
  t.is(String((await answer)[0]), 'b');
  proxy.cut();
  const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNRESET');
});
