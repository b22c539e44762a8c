import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import test from 'ava';

import { benchmarkCases } from '../../benchmark/http/cases.ts';
import { routeCases } from '../../benchmark/http/route-cases.ts';
import { catalogue, eventsInStream, photo, readingOf } from '../../benchmark/http/servers/bodies/fixtures.ts';
import { userOf } from '../../benchmark/http/servers/data/fixtures.ts';
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
  for (const { checks } of routeCases) t.true(checks.some(({ expected }) => expected === 'client error'));
});

const bodies = benchmarkCases.filter(({ id }) => id === 'gzip' || id === 'events' || id === 'stream-out');

async function faultsOfBodies(
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string[]> {
  const server = createServer(respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await findFaults((server.address() as AddressInfo).port, bodies);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const eventText = Array.from(
  { length: eventsInStream },
  (_, index) => `: note\nid: ${index}\nevent:reading\ndata: ${JSON.stringify(readingOf(index))}\n\n`,
).join('');

interface Changes {
  readonly level?: number;
  readonly cut?: number;
  readonly hasLength?: boolean;
}

function answerBodies(changes: Changes): (request: IncomingMessage, response: ServerResponse) => void {
  const { level = 6, cut = 0, hasLength = false } = changes;
  return ({ url, headers }, response) => {
    if (url === '/catalogue') {
      response.setHeader('content-type', 'application/json');
      const text = JSON.stringify(catalogue);
      if (headers['accept-encoding'] === undefined) return response.end(text);
      return response.setHeader('content-encoding', 'gzip').end(gzipSync(text, { level }));
    }
    const isEvents = url === '/events';
    const body = isEvents ? Buffer.from(eventText) : Buffer.from(photo);
    const part = body.subarray(0, body.length - cut);
    response.setHeader('content-type', isEvents ? 'text/event-stream' : 'application/octet-stream');
    if (hasLength) response.setHeader('content-length', part.length);
    else response.flushHeaders();
    return response.end(part);
  };
}

test('bodies that are right have no faults', async (t) => {
  t.deepEqual(await faultsOfBodies(answerBodies({})), []);
});

test('a coding of a lesser level is a fault', async (t) => {
  const faults = await faultsOfBodies(answerBodies({ level: 1 }));
  t.is(faults.length, 1);
  t.regex(faults[0] ?? '', /^gzip: answers in gzip: \d+ bytes of gzip where \d+ do$/);
});

test('a byte that is missing is a fault, in a stream and in its last event', async (t) => {
  const faults = await faultsOfBodies(answerBodies({ cut: 1 }));
  t.is(faults.length, 2);
  t.regex(faults[0] ?? '', /^stream-out: .*: 1048575 bytes where 1048576 are due$/);
  t.regex(faults[1] ?? '', /^events: sends every event: an event that has no end: /);
});

test('a stream that was put together first is a fault', async (t) => {
  const faults = await faultsOfBodies(answerBodies({ hasLength: true }));
  t.deepEqual(faults, ['stream-out: streams every byte: a body with a length, where the other is due']);
});

const updates = benchmarkCases.filter(({ id }) => id === 'updates');

/** A server that changes so many rows, in so many transactions, and says that they were ten. */
async function faultsOfUpdates(rows: number, transactions: number, lateRows = 0): Promise<string[]> {
  let sum = 100;
  if (lateRows > 0) setTimeout(() => (sum += lateRows), 100);
  const server = createServer((_request, response) => {
    sum += rows;
    response.setHeader('content-type', 'application/json').end('{"updated":10}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const witness = async (query: string): Promise<number> => (query.includes('sum(') ? sum : rows / transactions);
  try {
    return await findFaults((server.address() as AddressInfo).port, updates, witness);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('the database bears witness to what a server says', async (t) => {
  t.deepEqual(await faultsOfUpdates(10, 1), []);
  const [untrue] = await faultsOfUpdates(0, 1);
  t.regex(untrue ?? '', /^updates: changes 10 rows: a rise of 0 where 10 is due: select sum/);
  const [apart] = await faultsOfUpdates(10, 10);
  t.regex(apart ?? '', /^updates: changes 10 rows: 1 where 10 is due: select count/);
});

test('what was under way before is waited for', async (t) => {
  t.deepEqual(await faultsOfUpdates(10, 1, 500), []);
});

test('without a database to ask there is no evidence', async (t) => {
  t.deepEqual(await findFaults(1, updates), ['updates: changes 10 rows: no evidence (there is no database to ask)']);
});

test('500 requests at once are to load once, another row each time', async (t) => {
  let loads = 0;
  const seen = new Set<string>();
  const kept = new Set<string>();
  const faultsOfCache = async (isShared: boolean): Promise<string[]> => {
    const server = createServer(({ url = '' }, response) => {
      seen.add(url);
      if (!isShared || !kept.has(url)) loads += 1;
      kept.add(url);
      const id = Number(url.split('/')[2]);
      response.statusCode = Number.isNaN(id) ? 404 : 200;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(userOf(id)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cached = benchmarkCases.filter(({ id }) => id === 'cached');
    try {
      return await findFaults((server.address() as AddressInfo).port, cached, async () => loads);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  t.deepEqual(await faultsOfCache(true), []);
  const asked = seen.size;
  const faults = await faultsOfCache(false);
  t.is(seen.size, asked + 1);
  t.regex(faults[1] ?? '', /^cached: loads a cold row once .*: a rise of 500 where 1 is due/);
});
