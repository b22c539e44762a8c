/** The pools of an application, counted and checked (C5). The pools themselves are tested in data/ and redis/. */
import test from 'ava';

import { Connections, type ConnectionSource } from '../../src/connections/index.ts';

const stats = {
  pool_size: 20,
  checked_in: 1,
  checked_out: 2,
  overflow: 0,
  total_connections: 3,
  active_connections: 2,
  waiting: 0,
};

function sourceOf(ping: ConnectionSource['ping']): ConnectionSource {
  return { stats: () => stats, ping };
}

test('stats are those of the pools, by name, until they leave', (t) => {
  const connections = new Connections();
  const leave = connections.add(
    'db_main',
    sourceOf(async () => {}),
  );
  t.deepEqual(connections.stats(), { db_main: stats });
  leave();
  t.deepEqual(connections.stats(), {});
});

test('a name is taken once, and free again after', (t) => {
  const connections = new Connections();
  const source = sourceOf(async () => {});
  const leave = connections.add('db_main', source);
  t.throws(() => connections.add('db_main', source), { message: /There is a connection 'db_main' already/ });
  leave();
  const second = connections.add('db_main', source);
  leave();
  t.deepEqual(Object.keys(connections.stats()), ['db_main']);
  second();
});

test('a pool that fails or does not answer is down, the others are told of all the same', async (t) => {
  const connections = new Connections();
  connections.add(
    'db_main',
    sourceOf(async () => {}),
  );
  connections.add(
    'db_broken',
    sourceOf(() => Promise.reject(new Error('connection refused'))),
  );
  let wasAborted = false;
  connections.add(
    'redis_slow',
    sourceOf(
      (signal) =>
        new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => {
            wasAborted = true;
            reject(new Error('aborted'));
          });
        }),
    ),
  );
  const { status, connections: checks } = await connections.check({ timeout: 30 });
  t.is(status, 'down');
  t.is(checks['db_main']?.status, 'up');
  t.like(checks['db_broken'], { status: 'down', error: 'connection refused' });
  t.like(checks['redis_slow'], { status: 'down', error: 'no answer within 30 ms' });
  t.true(wasAborted, 'the ping was told to give up');
});

test('without pools all is up', async (t) => {
  t.deepEqual(await new Connections().check(), { status: 'up', connections: {} });
});

test('a timeout that is none is refused', async (t) => {
  await t.throwsAsync(new Connections().check({ timeout: 0 }), { instanceOf: RangeError, message: /timeout must be/ });
});
