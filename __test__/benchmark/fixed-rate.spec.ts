import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { benchmarkCases } from '../../benchmark/http/cases.ts';
import { runFixedRate } from '../../benchmark/http/load/fixed-rate.ts';
import type { LoadResult } from '../../benchmark/http/load/job.ts';

const hello = { method: 'GET', path: '/', headers: {} } as const;

async function loadWith(listener: RequestListener, changes: object = {}): Promise<LoadResult> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await runFixedRate({ port, request: hello, connections: 4, seconds: 0.5, rate: 200, ...changes });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('sends as many requests as the rate asks for', async (t) => {
  let seen = 0;
  const result = await loadWith((_request, response) => {
    seen += 1;
    response.end('{}');
  });
  t.is(seen, 100);
  t.is(result.requests, 100);
  t.true(result.seconds >= 0.45);
  t.deepEqual([result.non2xx, result.socketErrors], [0, 0]);
});

test('sends the request of the case: method, path, headers and body', async (t) => {
  const request = benchmarkCases.find(({ id }) => id === 'create')?.request;
  const wrong: string[] = [];
  const result = await loadWith(
    (message, response) => {
      message.setEncoding('utf8');
      let body = '';
      message.on('data', (chunk: string) => (body += chunk));
      message.on('end', () => {
        const said = [message.method, message.url, message.headers['content-type'], body];
        if (said.join() !== ['POST', '/users', 'application/json', request?.body].join()) wrong.push(said.join());
        response.end();
      });
    },
    { request },
  );
  t.is(result.requests, 100);
  t.deepEqual(wrong, []);
});

test('counts answers that are not 2xx', async (t) => {
  let seen = 0;
  const result = await loadWith((_request, response) => {
    seen += 1;
    response.statusCode = seen % 2 === 0 ? 200 : 302;
    response.end();
  });
  t.is(result.non2xx, 50);
});

test('charges a stalled server with the requests that fell due meanwhile', async (t) => {
  let isStalled = false;
  const result = await loadWith(
    (_request, response) => {
      const isFirst = !isStalled;
      isStalled = true;
      setTimeout(() => response.end(), isFirst ? 300 : 0);
    },
    { connections: 1 },
  );
  // A generator that waits for each answer would call this one slow request in a hundred: p50 near zero.
  t.is(result.requests, 100);
  t.true(result.p50Ms > 50, `p50 ${result.p50Ms}`);
  t.true(result.p99Ms > 250, `p99 ${result.p99Ms}`);
});

test('counts connections that are closed and requests that get no answer', async (t) => {
  const result = await loadWith((request) => request.socket.destroy());
  t.is(result.requests, 0);
  t.is(result.socketErrors, 100);
});
