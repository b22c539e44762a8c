import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { EventReader } from '../../benchmark/http/load/event-reader.ts';
import { runEventStreams } from '../../benchmark/http/load/event-streams.ts';

test('reads events cut anywhere, and passes over comments', (t) => {
  const text = ': hello\n\nid: 1\nevent: a\ndata: {"x":1}\n\ndata:no space\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new EventReader();
    t.deepEqual(
      [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))],
      [
        { id: '1', event: 'a', data: '{"x":1}' },
        { id: '', event: '', data: 'no space' },
      ],
    );
    t.is(reader.rest, '');
  }
});

// The server's clock began at another time; half of its events are late.
const clockMs = (): number => performance.now() + 1_000_000;
const lateMs = 40;

test('tells how long events were under way, by a clock that is not ours, and which connections were lost', async (t) => {
  let streams = 0;
  const server = createServer((request, response) => {
    if (request.url === '/clock') {
      response.end(JSON.stringify({ at: clockMs() }));
      return;
    }
    streams += 1;
    let count = 0;
    const timer = setInterval(() => {
      count += 1;
      response.write(`data: ${JSON.stringify({ at: clockMs() - (count % 2) * lateMs })}\n\n`);
    }, 5);
    response.on('close', () => clearInterval(timer));
    if (streams === 3) setTimeout(() => response.destroy(), 100);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const request = { method: 'GET', path: '/ticks', headers: {} } as const;
    const result = await runEventStreams({ port, request, connections: 3, seconds: 0.5 });
    t.true(result.requests > 20, `${result.requests} events`);
    t.is(result.socketErrors, 1);
    t.true(result.p50Ms < lateMs + 200 && result.p99Ms >= lateMs - 5, JSON.stringify(result));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
