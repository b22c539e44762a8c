import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { benchmarkCases } from '../../benchmark/http/cases.ts';
import { findFaults } from '../../benchmark/http/verify.ts';

const hello = benchmarkCases.filter(({ id }) => id === 'hello');

async function faultsOf(respond: (request: IncomingMessage, response: ServerResponse) => void): Promise<string[]> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (request.url !== '/') response.statusCode = 404;
    respond(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await findFaults((server.address() as AddressInfo).port, hello);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a server that answers rightly has no faults', async (t) => {
  t.deepEqual(await faultsOf((_request, response) => response.end('{"hello":"world"}')), []);
});

test('one byte too many is a fault', async (t) => {
  const faults = await faultsOf((_request, response) => response.end('{"hello": "world"}'));
  t.is(faults.length, 1);
  t.regex(faults[0] ?? '', /^hello: says hello: body .* is due$/);
});

test('a wrong status is a fault, in answers and in refusals', async (t) => {
  const faults = await faultsOf((_request, response) => {
    response.statusCode = response.statusCode === 404 ? 500 : 201;
    response.end('{"hello":"world"}');
  });
  t.deepEqual(faults, [
    'hello: says hello: status 201 where 200 is due',
    'hello: refuses an unknown path: status 500 where 4xx is due',
  ]);
});

test('JSON has to be called JSON', async (t) => {
  const faults = await faultsOf((_request, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end('{"hello":"world"}');
  });
  t.deepEqual(faults, ['hello: says hello: content type "text/plain"']);
});

test('a closed connection is a fault', async (t) => {
  const faults = await faultsOf((request) => request.socket.destroy());
  t.is(faults.length, 2);
  t.regex(faults[0] ?? '', /^hello: says hello: no answer \(/);
});

test('the cases are what they are called', (t) => {
  const user = benchmarkCases.find(({ id }) => id === 'user');
  const create = benchmarkCases.find(({ id }) => id === 'create');
  // Host and Connection are the generator's.
  t.is(Object.keys(user?.request.headers ?? {}).length + 2, 10);
  const length = Buffer.byteLength(create?.request.body ?? '');
  t.true(length >= 290 && length <= 310, `${length} bytes`);
  for (const { checks } of benchmarkCases) t.true(checks.some(({ expected }) => expected === 'client error'));
});
