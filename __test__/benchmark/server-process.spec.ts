import test from 'ava';

import type { Peer } from '../../benchmark/http/peers.ts';
import { ServerProcess } from '../../benchmark/http/server-process.ts';

function peerOf(script: string): Peer {
  return { name: 'node', title: 'script', version: '0', command: process.execPath, args: ['-e', script] };
}

test('tells why a server did not start', async (t) => {
  const peer = peerOf('console.error("no such port"); process.exit(3)');
  await t.throwsAsync(ServerProcess.start(peer), {
    message: 'node did not start: the server ended with code 3: no such port',
  });
});

test('takes the port from the first line of JSON, and asks for the busy time of the loop', async (t) => {
  const server = await ServerProcess.start(
    peerOf(`console.log('welcome'); console.log('{"port":4711}');
      process.stdin.on('data', () => console.log('{"loopActiveMs":12.5}'));`),
  );
  t.is(server.port, 4711);
  t.is(await server.loopActiveMs(), 12.5);
  t.is(server.end, undefined);
  await server.stop();
  t.is(server.end, 'was ended by SIGKILL');
});

test('tells how a server ended by itself', async (t) => {
  const server = await ServerProcess.start(
    peerOf(
      `console.log('{"port":1}'); process.stdin.once('data', () => { console.error('out of luck'); process.exit(7); });`,
    ),
  );
  await t.throwsAsync(server.loopActiveMs(), { message: 'the server ended with code 7: out of luck' });
  t.is(server.end, 'ended with code 7: out of luck');
});

test('a runtime that does not measure its loop says so', async (t) => {
  const server = await ServerProcess.start(
    peerOf(`console.log('{"port":1}'); process.stdin.on('data', () => console.log('{"loopActiveMs":null}'));`),
  );
  t.is(await server.loopActiveMs(), undefined);
  await server.stop();
});

test('a program that is not there is told like any other failure', async (t) => {
  const peer = { ...peerOf(''), command: '/nowhere/node' };
  await t.throwsAsync(ServerProcess.start(peer), { message: /^node did not start: the server .*ENOENT/ });
});
