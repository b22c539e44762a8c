/** Redis goes away in the middle of work, by a crash, by a cut and by silence: nothing hangs, nothing dies, all comes back. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { RedisUnavailableError, openRedis, redis } from '../../src/redis/index.ts';
import type { OpenRedisOptions } from '../../src/redis/index.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { serve, sleep, until } from '../helpers/serve.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

async function own(t: ExecutionContext, options: OpenRedisOptions = {}) {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const lines: string[] = [];
  const connection = await openRedis({
    url: server.url,
    maxRetryDelay: 200,
    logger: { destination: { write: (line) => lines.push(line) } },
    ...options,
  });
  t.teardown(() => connection.close());
  return { server, connection, client: connection.client, lines };
}

test('under load, killed and started again: errors are 503s at once, then all works without a restart', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  await server.start();
  const main = redis('main', { url: server.url, maxRetryDelay: 200, logger: false });
  const { url } = await serve(t, (app) => {
    app.get('/count', { deps: { redis: main } }, ({ redis }) => redis.client.incr('count'));
  });
  const statuses = new Map<number, number>();
  let slowest = 0;
  const over = new AbortController();
  const load = Array.from({ length: 16 }, async () => {
    while (!over.signal.aborted) {
      const begin = performance.now();
      const response = await fetch(`${url}/count`);
      await response.arrayBuffer();
      slowest = Math.max(slowest, performance.now() - begin);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 503) {
        t.regex(response.headers.get('retry-after') ?? '', /^\d+$/);
        await sleep(5);
      }
    }
  });
  await sleep(300);
  await server.stop();
  await sleep(700);
  const failed = statuses.get(503) ?? 0;
  await server.start();
  t.true(
    await (async () => {
      for (let tries = 0; tries < 100; tries += 1) {
        if ((await fetch(`${url}/count`)).status === 200) return true;
        await sleep(50);
      }
      return false;
    })(),
    'it came back',
  );
  const before = statuses.get(200)!;
  await sleep(200);
  over.abort();
  await Promise.all(load);
  t.true(failed > 0, 'the outage was felt');
  t.true(statuses.get(200)! > before, 'and is over');
  t.deepEqual(
    [...statuses.keys()].sort((a, b) => a - b),
    [200, 503],
  );
  t.true(slowest < 1500, `the slowest took ${slowest} ms`);
});

test('a server that is not there at first is used once it is', async (t) => {
  const server = await createOwnRedis();
  t.teardown(server.close);
  const connection = await openRedis({ url: server.url, maxRetryDelay: 100, logger: false });
  t.teardown(() => connection.close());
  const error = await t.throwsAsync(connection.client.get('a'), { instanceOf: RedisUnavailableError });
  t.like(error, { status: 503, code: 'SERVICE_UNAVAILABLE', message: "Redis 'main' cannot be reached" });
  t.is(error?.headers['retry-after'], '1');
  const begin = performance.now();
  for (let count = 0; count < 200; count += 1) {
    await t.throwsAsync(connection.client.get('a'), { instanceOf: RedisUnavailableError });
  }
  t.true(performance.now() - begin < 1000, 'each fails at once');
  await t.throwsAsync(
    connection.withConnection((one) => one.ping()),
    { instanceOf: RedisUnavailableError },
  );
  await t.throwsAsync(connection.ping(), { instanceOf: RedisUnavailableError });
  await server.start();
  t.true(await until(() => connection.isReady));
  t.is(await connection.client.get('a'), null);
  t.is(await connection.withConnection((one) => one.ping()), 'PONG');
});

test('commands queue while the connection is made, up to a limit', async (t) => {
  const { server } = await own(t);
  const connection = await openRedis({ url: server.url, maxQueuedCommands: 3, logger: false });
  t.teardown(() => connection.close());
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, (_, index) => connection.client.set(`k${index}`, '1')),
  );
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  t.regex(((results[4] as PromiseRejectedResult).reason as Error & { cause: Error }).cause.message, /3 commands wait/);
});

test('a command whose answer was lost fails and is not sent again', async (t) => {
  const { server, connection: other } = await own(t);
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  t.teardown(() => proxy.close());
  const connection = await openRedis({ url: `redis://127.0.0.1:${proxy.port}`, logger: false });
  t.teardown(() => connection.close());
  await connection.ping();
  proxy.stall();
  const lost = connection.client.incr('n');
  await sleep(50);
  proxy.cut();
  proxy.resume();
  await t.throwsAsync(lost, { instanceOf: RedisUnavailableError });
  t.true(await until(() => connection.isReady));
  await connection.ping();
  t.is(await other.client.get('n'), null);
});

test('a connection that stands and says nothing is given up by its timeouts and made anew', async (t) => {
  const { server } = await own(t);
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  t.teardown(() => proxy.close());
  const connection = await openRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    commandTimeout: 600,
    connectTimeout: 2000,
    maxRetryDelay: 100,
    logger: false,
  });
  t.teardown(() => connection.close());
  await connection.ping();
  proxy.stall();
  const begin = performance.now();
  await t.throwsAsync(connection.client.get('a'), { instanceOf: RedisUnavailableError });
  t.true(performance.now() - begin < 2000);
  t.true(await until(() => !connection.isReady), 'the connection is given up');
  proxy.cut();
  proxy.resume();
  t.true(await until(() => connection.isReady), 'and made anew');
  t.is(await connection.client.get('a'), null);
});

// Alone: it holds the thread up.
test.serial('an answer that came while the thread was held up counts, however late it is read', async (t) => {
  const { server } = await own(t);
  const connection = await openRedis({ url: server.url, commandTimeout: 200, logger: false });
  t.teardown(() => connection.close());
  await connection.ping();
  for (let round = 0; round < 5; round += 1) {
    const answers = Promise.all([
      connection.client.incr('n'),
      connection.client.pipeline().incr('n').incr('n').exec(),
      connection.withConnection((one) => one.incr('m')),
    ]);
    // Sent by now, and answered before the thread looks again: behind its timers.
    await new Promise((resolve) => setImmediate(resolve));
    for (const end = performance.now() + 400; performance.now() < end;);
    await t.notThrowsAsync(answers);
  }
  t.is(await connection.client.get('n'), '15');
  t.is(await connection.client.get('m'), '5');
});

test('the keep-alive finds a dead connection without a command', async (t) => {
  const { server } = await own(t);
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  t.teardown(() => proxy.close());
  const connection = await openRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    keepAlive: 100,
    commandTimeout: 600,
    logger: false,
  });
  t.teardown(() => connection.close());
  await connection.ping();
  proxy.stall();
  t.true(await until(() => !connection.isReady));
});

test('subscriptions stand again after an outage, and say that there was a gap', async (t) => {
  const { server, connection, client } = await own(t);
  const heard: string[] = [];
  let gaps = 0;
  const subscription = connection.subscribe('news', (message) => heard.push(message), { onGap: () => (gaps += 1) });
  await subscription.ready;
  await client.publish('news', 'a');
  await until(() => heard.length === 1);
  await server.stop();
  t.true(await until(() => !connection.isReady));
  await server.start();
  t.true(await until(() => gaps === 1));
  t.true(await until(() => connection.isReady));
  await client.publish('news', 'b');
  t.true(await until(() => heard.length === 2));
  t.deepEqual(heard, ['a', 'b']);
});

test('a subscription made during an outage stands when it is over', async (t) => {
  const { server, connection, client } = await own(t);
  await client.ping();
  await server.stop();
  const heard: string[] = [];
  const subscription = connection.subscribe('news', (message) => heard.push(message));
  await sleep(100);
  await server.start();
  await subscription.ready;
  t.true(await until(() => connection.isReady));
  await client.publish('news', 'a');
  t.true(await until(() => heard.length === 1));
});

test('what blocks fails when the connection breaks', async (t) => {
  const { server, connection } = await own(t);
  const blocked = connection.withConnection((one) => one.blpop('never', 0));
  const failed = t.throwsAsync(blocked, { instanceOf: RedisUnavailableError });
  await until(() => connection.stats().in_use_connections === 1);
  await server.stop();
  await failed;
  t.is(connection.stats().in_use_connections, 0);
});

test('the log tells of the loss once and of the return once, without the password', async (t) => {
  const { server, connection, client, lines } = await own(t);
  await client.ping();
  await server.stop();
  t.true(await until(() => lines.length > 0));
  await sleep(500);
  await t.throwsAsync(client.get('a'));
  await server.start();
  t.true(await until(() => connection.isReady));
  t.deepEqual(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ["Redis 'main' cannot be reached", "Redis 'main' is back"],
  );
});

test('a wrong password is told, and fails commands instead of the process', async (t) => {
  const { server, client, lines } = await own(t);
  await client.config('SET', 'requirepass', 'right');
  const url = server.url.replace('redis://', 'redis://:wrong-password@');
  const connection = await openRedis({
    url,
    maxRetryDelay: 100,
    logger: { destination: { write: (line) => lines.push(line) } },
  });
  t.teardown(() => connection.close());
  const error = await t.throwsAsync(connection.client.get('a'));
  await until(() => lines.length > 0);
  t.regex(lines.join(''), /WRONGPASS/);
  t.notRegex(lines.join('') + String(error), /wrong-password/);
  await t.throwsAsync(connection.client.get('a'), { instanceOf: RedisUnavailableError });
});

test('close during an outage ends at once', async (t) => {
  const { server, connection, client } = await own(t);
  await client.ping();
  await server.stop();
  await until(() => !connection.isReady);
  const begin = performance.now();
  await connection.close();
  t.true(performance.now() - begin < 500);
});
