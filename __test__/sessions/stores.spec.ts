/** What a store does on its own: room, sweeping, schema, what is left when something ends half way. */
import { randomBytes } from 'node:crypto';

import test from 'ava';
import { Redis } from 'ioredis';

import { openDatabase, sql } from '../../src/data/index.ts';
import { openRedis } from '../../src/redis/index.ts';
import { MemorySessionStore, PostgresSessionStore, RedisSessionStore } from '../../src/sessions/index.ts';
import type { SessionRecord } from '../../src/sessions/index.ts';
import { createDatabase } from '../helpers/database.ts';
import { useRedis } from '../helpers/redis.ts';
import { openStores } from './open-shop.ts';

const newKey = (): string => randomBytes(32).toString('base64url');

function toRecord(given: Partial<SessionRecord> = {}): SessionRecord {
  const now = given.seenAt ?? Date.now();
  return {
    key: newKey(),
    version: 1,
    userId: undefined,
    data: undefined,
    userAgent: 'test',
    address: '127.0.0.1',
    createdAt: now,
    seenAt: now,
    expiresAt: now + 60_000,
    endsAt: now + 600_000,
    ...given,
  };
}

for (const [name, open] of Object.entries(openStores())) {
  test(`${name}: keeps what it is given, and changes only the version it is told`, async (t) => {
    const store = await open(t);
    const record = toRecord({ userId: 'ünï "c" \u{1F600}', data: '{"a":"\\u0000 \u{1F600}"}', userAgent: '' });
    t.is(await store.read(record.key), undefined);
    await store.create(record);
    t.deepEqual(await store.read(record.key), record);
    const second = { ...record, version: 2, data: undefined };
    t.false(await store.replace({ key: record.key, version: 2 }, second));
    const never = { ...second, key: newKey() };
    t.false(await store.replace({ key: never.key, version: 1 }, never));
    t.is(await store.read(never.key), undefined);
    t.true(await store.replace(record, second));
    t.false(await store.replace(record, second));
    t.deepEqual(await store.read(record.key), second);
    const visit = { seenAt: record.seenAt + 5, expiresAt: record.expiresAt + 5, userAgent: 'new', address: '::1' };
    await store.touch(record.key, visit);
    t.deepEqual(await store.read(record.key), { ...second, ...visit });
    t.true(await store.delete(record.key));
    t.false(await store.delete(record.key));
    await store.touch(record.key, visit);
    t.is(await store.read(record.key), undefined, 'a visit brings nothing back');
    t.deepEqual(await store.list(record.userId!, Date.now()), []);
  });

  test(`${name}: of two rotations of one version one wins, and the other leaves nothing`, async (t) => {
    const store = await open(t);
    const record = toRecord({ userId: 'ada' });
    await store.create(record);
    const next = [1, 2, 3].map(() => toRecord({ userId: 'ada', version: 2 }));
    const won = await Promise.all(next.map((each) => store.replace(record, each)));
    t.is(won.filter(Boolean).length, 1);
    t.is(await store.read(record.key), undefined);
    const kept = next[won.indexOf(true)]!;
    t.deepEqual(await store.list('ada', Date.now()), [kept]);
    for (const each of next) t.deepEqual(await store.read(each.key), each === kept ? each : undefined);
  });

  test(`${name}: ends the sessions of one user`, async (t) => {
    const store = await open(t);
    const all = [1, 2, 3].map(() => toRecord({ userId: 'ada' }));
    const bob = toRecord({ userId: 'bob' });
    for (const record of [...all, bob]) await store.create(record);
    t.is(await store.deleteOfUser('ada', { except: all[1]!.key }), 2);
    t.deepEqual(await store.list('ada', Date.now()), [all[1]!]);
    t.is(await store.deleteOfUser('ada'), 1);
    t.is(await store.deleteOfUser('ada'), 0);
    t.deepEqual(await store.list('ada', Date.now()), []);
    t.deepEqual(await store.list('bob', Date.now()), [bob]);
    t.deepEqual(await store.list('bob', bob.expiresAt), []);
  });

  test(`${name}: who begins while the sessions are listed is ended with them after`, async (t) => {
    const store = await open(t);
    const all = Array.from({ length: 200 }, () => toRecord({ userId: 'ada' }));
    await Promise.all(all.flatMap((record) => [store.create(record), store.list('ada', Date.now())]));
    await store.deleteOfUser('ada');
    const left = await Promise.all(all.map(({ key }) => store.read(key)));
    t.is(left.filter(Boolean).length, 0);
  });

  test(`${name}: who changes the id while the sessions are ended does not escape`, async (t) => {
    const store = await open(t);
    const escaped: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const userId = `ada ${round}`;
      const first = toRecord({ userId });
      await store.create(first);
      const keys = [first.key];
      const rotate = async (): Promise<void> => {
        for (let record = first, turn = 0; turn < 15; turn += 1) {
          const next = toRecord({ userId, version: record.version + 1 });
          keys.push(next.key);
          if (!(await store.replace(record, next))) return;
          record = next;
        }
      };
      const end = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, round % 4));
        await store.deleteOfUser(userId);
      };
      await Promise.all([rotate(), end()]);
      // Whoever began before and is at it still has ended by now.
      const left = await Promise.all(keys.map((key) => store.read(key)));
      if (left.some(Boolean)) escaped.push(userId);
    }
    t.deepEqual(escaped, []);
  });

  test(`${name}: the session that is excepted changes its id as before`, async (t) => {
    const store = await open(t);
    const [mine, other] = [toRecord({ userId: 'ada' }), toRecord({ userId: 'ada' })];
    await store.create(mine);
    await store.create(other);
    t.is(await store.deleteOfUser('ada', { except: mine.key }), 1);
    const next = toRecord({ userId: 'ada', version: 2 });
    t.true(await store.replace(mine, next));
    const later = toRecord({ userId: 'ada' });
    await store.create(later);
    t.deepEqual(new Set((await store.list('ada', Date.now())).map(({ key }) => key)), new Set([next.key, later.key]));
    t.is(await store.deleteOfUser('ada'), 2);
  });
}

test('memory: full, it gives up strangers first, then who was not seen for longest', async (t) => {
  const store = new MemorySessionStore({ maxSessions: 3 });
  const [ada, bob, carol] = ['ada', 'bob', 'carol'].map((userId) => toRecord({ userId })) as [
    SessionRecord,
    SessionRecord,
    SessionRecord,
  ];
  await store.create(ada);
  await store.create(bob);
  for (let count = 0; count < 100; count += 1) await store.create(toRecord());
  t.is(store.size, 3);
  t.deepEqual([await store.read(ada.key), await store.read(bob.key)], [ada, bob]);
  await store.create(carol);
  t.is(store.size, 3);
  await store.create(toRecord());
  t.is(store.size, 3, 'no room for a stranger among users');
  await store.touch(ada.key, ada);
  await store.create(toRecord({ userId: 'dave' }));
  t.is(await store.read(bob.key), undefined);
  t.deepEqual(await store.read(ada.key), ada);
});

test('memory: sessions that have ended make room as others come', async (t) => {
  const store = new MemorySessionStore();
  const start = Date.now();
  for (let count = 0; count < 500; count += 1) {
    await store.create(toRecord({ seenAt: start, ...(count % 2 === 0 ? { userId: 'ada' } : {}) }));
  }
  t.is(store.size, 500);
  for (let count = 0; count < 80; count += 1) await store.create(toRecord({ seenAt: start + 60_000 }));
  t.is(store.size, 80);
  t.deepEqual(await store.list('ada', start + 60_000), []);
});

test('PostgreSQL: new sessions take away those that have ended; the table is made once by many', async (t) => {
  const database = await createDatabase();
  const db = await openDatabase({ url: database.url });
  t.teardown(async () => {
    await db.close();
    await database.drop();
  });
  await db.execute(sql`create schema app`);
  const many = Array.from({ length: 8 }, () => new PostgresSessionStore(db, { table: 'app.sessions' }));
  await Promise.all(many.map((store) => store.ensureSchema()));
  const [store] = many as [PostgresSessionStore];
  const start = Date.now();
  for (let count = 0; count < 150; count += 1) await store.create(toRecord({ seenAt: start }));
  const count = async (): Promise<number> =>
    (await db.one(sql<{ n: number }>`select count(*) as n from app.sessions`)).n;
  t.is(await count(), 150);
  await store.create(toRecord({ seenAt: start + 60_000 }));
  t.is(await count(), 51);
  await store.create(toRecord({ seenAt: start + 60_000 }));
  t.is(await count(), 2);
  const ended = toRecord({ userId: 'ada' });
  await store.create(ended);
  await t.throwsAsync(
    db.transaction(async () => {
      await store.delete(ended.key);
      throw new Error('undone');
    }),
    { message: 'undone' },
  );
  t.is(await store.read(ended.key), undefined, 'a logout stays one');
  for (const table of ['', 'a.b.c', 1]) {
    t.throws(() => new PostgresSessionStore(db, { table: table as string }), { instanceOf: TypeError });
  }
});

// Alone: what else runs in this process would hold up its clock.
test.serial('Redis: what has ended is gone, and an index lives no longer than its sessions', async (t) => {
  const redis = useRedis();
  const { url, prefix } = redis;
  const connection = await openRedis({ url, logger: false });
  const client = new Redis(url);
  t.teardown(async () => {
    client.disconnect();
    await connection.close();
    await redis.clear();
  });
  const store = new RedisSessionStore(connection, { prefix });
  const now = Date.now();
  const record = toRecord({ userId: 'ada', seenAt: now, expiresAt: now + 200, endsAt: now + 400 });
  await store.create(record);
  t.is((await client.keys(`${prefix}*`)).length, 2);
  await store.create(toRecord({ userId: 'ada', seenAt: now, expiresAt: now + 50, endsAt: now + 100 }));
  t.true((await client.pttl(`${prefix}user:ada`)) > 250, 'the index is for the longest');
  await new Promise((resolve) => setTimeout(resolve, 700));
  t.deepEqual(await client.keys(`${prefix}*`), []);
  t.throws(() => new RedisSessionStore(connection, { prefix: '' }), { code: 'INVALID_OPTION' });
});

test('Redis: an id that is changed between the look at the index and the end does not escape', async (t) => {
  const redis = useRedis();
  const { url, prefix } = redis;
  const [near, far] = [await openRedis({ url, logger: false }), await openRedis({ url, logger: false })];
  t.teardown(async () => {
    await Promise.all([near.close(), far.close()]);
    await redis.clear();
  });
  const store = new RedisSessionStore(near, { prefix });
  const first = toRecord({ userId: 'ada' });
  const second = toRecord({ userId: 'ada', version: 2 });
  await store.create(first);
  // What the server has answered takes its time to arrive.
  const zrange = far.client.zrange.bind(far.client) as unknown as (...args: string[]) => Promise<string[]>;
  let hasChanged: boolean | undefined;
  Object.assign(far.client, {
    zrange: async (...args: string[]) => {
      const keys = await zrange(...args);
      hasChanged = await store.replace(first, second);
      return keys;
    },
  });
  await new RedisSessionStore(far, { prefix }).deleteOfUser('ada');
  t.false(hasChanged);
  for (const { key } of [first, second]) t.is(await store.read(key), undefined);
});
