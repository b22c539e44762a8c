/** Commands, connections of one's own and subscriptions, on the real Redis; the loss of it is in outage.spec.ts. */
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { z } from 'zod';

import { connections } from '../../src/connections/index.ts';
import { defineSettings } from '../../src/index.ts';
import { RedisUnavailableError, openRedis, redis } from '../../src/redis/index.ts';
import type { OpenRedisOptions, RedisConnection } from '../../src/redis/index.ts';
import { useRedis } from '../helpers/redis.ts';
import { createGate, serve, sleep, until } from '../helpers/serve.ts';

async function open(t: ExecutionContext, options: OpenRedisOptions = {}) {
  const corner = useRedis();
  const { url, prefix } = corner;
  const connection = await openRedis({ url, logger: false, ...options });
  t.teardown(async () => {
    await connection.close();
    await corner.clear();
  });
  return { connection, client: connection.client, prefix, url };
}

test('commands, pipelines and transactions run on the shared connection', async (t) => {
  const { client, prefix } = await open(t);
  await client.set(`${prefix}a`, '1', 'EX', 60);
  t.is(await client.incr(`${prefix}a`), 2);
  t.deepEqual(await client.pipeline().get(`${prefix}a`).incr(`${prefix}a`).exec(), [
    [null, '2'],
    [null, 3],
  ]);
  t.deepEqual(await client.multi().incr(`${prefix}a`).get(`${prefix}a`).exec(), [
    [null, 4],
    [null, '4'],
  ]);
});

test('what Redis refuses is its own error', async (t) => {
  const { client, prefix } = await open(t);
  await client.set(`${prefix}a`, 'text');
  const error = await t.throwsAsync(client.incr(`${prefix}a`), { message: /not an integer/ });
  t.false(error instanceof RedisUnavailableError);
});

test('what would hold up or change the shared connection is refused, and the pipeline it stands in goes on', async (t) => {
  const { client, prefix } = await open(t);
  await client.ping();
  const refused = { instanceOf: TypeError, message: /withConnection/ };
  await t.throwsAsync(client.blpop(`${prefix}list`, 0), refused);
  await t.throwsAsync(client.watch(`${prefix}a`), refused);
  await t.throwsAsync(client.subscribe('a'), refused);
  await t.throwsAsync(client.select(3), refused);
  await t.throwsAsync(client.xread('BLOCK', 0, 'STREAMS', `${prefix}s`, '0'), refused);
  t.is(await client.xread('STREAMS', `${prefix}s`, '0'), null);
  const results = await client.pipeline().set(`${prefix}a`, '1').watch(`${prefix}a`).get(`${prefix}a`).exec();
  t.deepEqual(
    results?.map(([error, value]) => error?.name ?? value),
    ['OK', 'TypeError', '1'],
  );
});

test('a connection of its own blocks nobody, and is used again', async (t) => {
  const { connection, client, prefix } = await open(t);
  const popped = connection.withConnection((own) => own.blpop(`${prefix}list`, 10));
  await until(() => connection.stats().in_use_connections === 1);
  t.is(await client.lpush(`${prefix}list`, 'a'), 1);
  t.deepEqual(await popped, [`${prefix}list`, 'a']);
  const id = (): Promise<number> => connection.withConnection((own) => own.client('ID'));
  const ids = new Set<number>();
  // CLIENT is among the commands that make a connection unfit for the next caller.
  for (let count = 0; count < 3; count += 1) ids.add(await id());
  t.is(ids.size, 3);
  const { created_connections: before } = connection.stats();
  for (let count = 0; count < 5; count += 1) await connection.withConnection((own) => own.ping());
  t.is(connection.stats().created_connections, before + 1);
});

test('a transaction that watches sees the change of another', async (t) => {
  const { connection, client, prefix } = await open(t);
  const result = await connection.withConnection(async (own) => {
    await own.watch(`${prefix}a`);
    await client.set(`${prefix}a`, 'changed');
    return own.multi().set(`${prefix}a`, 'mine').exec();
  });
  t.is(result, null);
  t.is(await client.get(`${prefix}a`), 'changed');
});

test('a connection left with a command under way is not given to the next caller', async (t) => {
  const { connection, prefix } = await open(t);
  let left: Promise<unknown> | undefined;
  await connection.withConnection(async (own) => {
    left = own.blpop(`${prefix}never`, 0);
    await sleep(20);
  });
  await t.throwsAsync(left!, { instanceOf: RedisUnavailableError });
  t.is(await connection.withConnection((own) => own.ping()), 'PONG');
});

test('callers beyond the limit wait their turn, and are told when it does not come', async (t) => {
  const { connection } = await open(t, { maxConnections: 4, connectTimeout: 300 });
  const gate = createGate();
  const held = [1, 2].map(() => connection.withConnection(() => gate.promise));
  await until(() => connection.stats().in_use_connections === 2);
  const late = await t.throwsAsync(
    connection.withConnection((own) => own.ping()),
    {
      instanceOf: RedisUnavailableError,
    },
  );
  t.regex(String(late?.cause), /all 2 connections were in use for 300 ms/);
  const waiting = [1, 2, 3].map(() => connection.withConnection((own) => own.ping()));
  gate.open();
  await Promise.all(held);
  t.deepEqual(await Promise.all(waiting), ['PONG', 'PONG', 'PONG']);
  t.true(connection.stats().created_connections <= 3);
});

test('an error of the work passes through, and the connection goes back', async (t) => {
  const { connection } = await open(t, { maxConnections: 3 });
  await t.throwsAsync(
    connection.withConnection(() => {
      throw new RangeError('mine');
    }),
    { instanceOf: RangeError },
  );
  t.is(await connection.withConnection((own) => own.ping()), 'PONG');
});

test('listeners of a channel hear it over one connection, until each is closed', async (t) => {
  const { connection, client, prefix } = await open(t);
  const [channel, heard] = [`${prefix}news`, [] as string[]];
  const one = connection.subscribe(channel, (message) => heard.push(`one ${message}`));
  const two = connection.subscribe(channel, (message) => heard.push(`two ${message}`));
  const other = connection.subscribe(`${prefix}other`, (message) => heard.push(`other ${message}`));
  await Promise.all([one.ready, two.ready, other.ready]);
  t.is(connection.stats().in_use_connections, 1);
  await client.publish(channel, 'a');
  await client.publish(`${prefix}other`, 'b');
  t.true(await until(() => heard.length === 3));
  await one.close();
  await client.publish(channel, 'c');
  t.true(await until(() => heard.length === 4));
  await two.close();
  t.is(await client.publish(channel, 'd'), 0);
  t.deepEqual(heard.sort(), ['one a', 'other b', 'two a', 'two c']);
});

test('a listener that throws hurts no other', async (t) => {
  const lines: string[] = [];
  const { connection, client, prefix } = await open(t, {
    logger: { destination: { write: (line) => lines.push(line) } },
  });
  const heard: string[] = [];
  const bad = connection.subscribe(`${prefix}c`, () => {
    throw new Error('listener fault');
  });
  const good = connection.subscribe(`${prefix}c`, (message) => heard.push(message));
  await Promise.all([bad.ready, good.ready]);
  await client.publish(`${prefix}c`, 'a');
  t.true(await until(() => heard.length === 1));
  t.regex(lines.join(''), /listener fault/);
});

test('the gauges are the connections that Redis itself counts', async (t) => {
  const { connection, client, prefix } = await open(t);
  const subscription = connection.subscribe(`${prefix}c`, () => {});
  await subscription.ready;
  const mine = async (): Promise<number> => {
    const list = String(await client.client('LIST'));
    return list.split('\n').filter((line) => line.includes(`name=${prefix}`)).length;
  };
  await client.client('SETNAME', prefix);
  t.is(await mine(), 1);
  await connection.withConnection(async (own) => {
    await own.client('SETNAME', prefix);
    t.is(await mine(), 2);
    const pending = own.blpop(`${prefix}x`, 0.2);
    await sleep(20);
    t.like(connection.stats(), {
      max_connections: 50,
      created_connections: 3,
      available_connections: 1,
      in_use_connections: 2,
      total_connections: 3,
      active_connections: 1,
    });
    await pending;
  });
});

test('as a dependency it is one for the application, shown among its connections and closed with it', async (t) => {
  const corner = useRedis();
  const { url, prefix } = corner;
  t.teardown(() => corner.clear());
  const Settings = defineSettings(z.object({ REDIS_URL: z.string() }), { env: { REDIS_URL: url } });
  const main = redis('main', { settings: Settings }, ({ settings }) => ({ url: settings.REDIS_URL, logger: false }));
  let seen: RedisConnection | undefined;
  const served = await serve(t, (app) => {
    app.get('/visits', { deps: { redis: main } }, ({ redis }) => {
      seen = redis;
      return redis.client.incr(`${prefix}visits`);
    });
    app.get('/health', { deps: { connections } }, ({ connections }) => connections.check());
  });
  t.is(await (await fetch(`${served.url}/visits`)).json(), 1);
  t.is(await (await fetch(`${served.url}/visits`)).json(), 2);
  const health = (await (await fetch(`${served.url}/health`)).json()) as any;
  t.is(health.connections.redis_main.status, 'up');
  await served.app.close();
  await t.throwsAsync(seen!.client.get('a'), { instanceOf: RedisUnavailableError, message: /is closed/ });
});

test('close waits for answers under way, breaks off what blocks, and can be called twice', async (t) => {
  const { connection, client, prefix } = await open(t);
  await client.ping();
  const blocked = connection.withConnection((own) => own.blpop(`${prefix}x`, 0));
  const brokenOff = t.throwsAsync(blocked, { instanceOf: RedisUnavailableError });
  await until(() => connection.stats().in_use_connections === 1);
  const answers = Promise.all(Array.from({ length: 100 }, () => client.incr(`${prefix}n`)));
  await Promise.all([connection.close(), connection.close()]);
  t.is((await answers).at(-1), 100);
  await brokenOff;
  await t.throwsAsync(
    connection.withConnection((own) => own.ping()),
    { instanceOf: RedisUnavailableError },
  );
  await connection.subscribe('a', () => {}).ready;
});

const faults: Record<string, [OpenRedisOptions, RegExp]> = {
  'two places': [{ url: 'redis://a', cluster: { nodes: [{ host: 'b' }] } }, /one of `url`, `sentinel` and `cluster`/],
  'no nodes': [{ cluster: { nodes: [] } }, /`cluster.nodes` is empty/],
  'another protocol': [{ url: 'http://user:hunter2@a' }, /`url` is no address such as redis/],
  'no URL': [{ url: 'localhost:6379:x' }, /`url` is no address/],
  'a database of a cluster': [{ cluster: { nodes: [{ host: 'b' }] }, db: 2 }, /no database but 0/],
  'a negative database': [{ db: -1 }, /`db` is a whole number/],
  'too few connections': [{ maxConnections: 2 }, /`maxConnections` is a whole number from 3, not 2/],
  'a broken timeout': [{ commandTimeout: 1.5 }, /`commandTimeout` is a whole number from 1, not 1.5/],
};
for (const [name, [options, message]] of Object.entries(faults)) {
  test(`${name} is refused`, async (t) => {
    const error = await t.throwsAsync(openRedis(options), { code: 'INVALID_OPTION', message });
    t.notRegex(error.message, /hunter2/);
    t.throws(() => redis('main', options), { code: 'INVALID_OPTION' });
  });
}
