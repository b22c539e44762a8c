/** What is invalidated while it is read, made or set, here and by another process. */
import test from 'ava';
import { Redis } from 'ioredis';

import { createGate, sleep, until } from '../helpers/serve.ts';
import { allLayers, open } from './open-cache.ts';

for (const ask of ['get', 'has', 'getOrSet'] as const) {
  for (const [how, tags] of [
    ['delete', []],
    ['a tag of the value', ['x']],
    ['clear', []],
  ] as const) {
    test(`${ask} does not put back what is deleted meanwhile by ${how}`, async (t) => {
      const { cache, another } = await open(t, 'memory and Redis');
      const other = await another();
      for (let round = 0; round < 20; round += 1) {
        await cache.set('a', 'old', { tags });
        t.true(await until(() => other.stats().entries === 0));
        const asked = ask === 'getOrSet' ? other.getOrSet('a', () => 'made') : other[ask]('a');
        for (let turns = 0; turns < round % 5; turns += 1) await new Promise(setImmediate);
        if (how === 'delete') await other.delete('a');
        else if (how === 'clear') await other.clear();
        else await other.deleteByTag('x');
        await asked;
        if (ask === 'getOrSet') t.not(await other.get('a'), 'old');
        else t.is(await other.get('a'), undefined);
        await other.delete('a');
      }
    });
  }
}

test('a key deleted by another process while it is made is kept nowhere', async (t) => {
  const { cache, another, url, prefix } = await open(t, 'memory and Redis');
  const other = await another();
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  let kept = 0;
  for (let round = 0; round < 300; round += 1) {
    const key = `k${round}`;
    let source = 'old';
    const made = other.getOrSet(key, async () => {
      const value = source;
      await sleep(0);
      return value;
    });
    for (let turns = Math.random() * 12; turns > 1; turns -= 1) await new Promise(setImmediate);
    source = 'new';
    await cache.delete(key);
    await made;
    if (String(await client.get(`${prefix}cache:{k:${key}}`)).includes('old')) kept += 1;
  }
  t.is(kept, 0, 'in Redis');
  await sleep(200);
  for (let round = 0; round < 300; round += 1) if ((await other.get(`k${round}`)) === 'old') kept += 1;
  t.is(kept, 0, 'in memory');
});

for (const how of ['delete', 'set'] as const) {
  test(`a value that another process is making is not written over ${how}`, async (t) => {
    const { cache, another } = await open(t, 'memory and Redis');
    const other = await another();
    const gate = createGate();
    const made = other.getOrSet('a', () => gate.promise.then(() => 'old'));
    await until(() => other.stats().loads === 1);
    if (how === 'delete') await cache.delete('a');
    else await cache.set('a', 'set');
    const third = await another();
    if (how === 'delete') t.is(await third.getOrSet('a', () => 'new'), 'new', 'and nobody waits for it');
    gate.open();
    t.is(await made, 'old');
    await sleep(50);
    t.is(await third.get('a'), how === 'delete' ? 'new' : 'set');
    t.is(await other.get('a'), how === 'delete' ? 'new' : 'set');
  });
}

for (const layers of allLayers) {
  test(`what comes behind its time-out is not kept if it was deleted since (${layers})`, async (t) => {
    const { cache } = await open(t, layers);
    const gate = createGate();
    const late = cache.getOrSet('a', () => gate.promise.then(() => 'old'), { timeout: 30 });
    await t.throwsAsync(late, { code: 'TIMEOUT_ERROR' });
    await cache.delete('a');
    gate.open();
    await sleep(50);
    t.is(await cache.get('a'), undefined);
  });

  test(`what is deleted while it is being set is gone (${layers})`, async (t) => {
    const { cache } = await open(t, layers);
    await cache.set('a', 'before');
    const set = cache.set('a', 'set', { tags: ['x'] });
    await cache.deleteByTag('x');
    await set;
    t.not(await cache.get('a'), 'before');
    const other = cache.set('b', 'set');
    await cache.delete('b');
    await other;
    t.is(await cache.get('b'), undefined);
  });
}

test('of values set at once one stays', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  await Promise.all([cache.set('a', 1), cache.set('a', 2), other.set('a', 3), other.set('a', 4)]);
  await sleep(50);
  const value = await cache.get<number>('a');
  t.true([1, 2, 3, 4].includes(value!), String(value));
  t.is(await other.get('a'), value);
});

test('a load that takes longer than ten seconds is made once', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  const other = await another();
  let loads = 0;
  const load = async (): Promise<number> => {
    loads += 1;
    await sleep(11_500);
    return loads;
  };
  t.deepEqual(await Promise.all([cache.getOrSet('a', load), other.getOrSet('a', load)]), [1, 1]);
  const slow = other.getOrSet('b', () => sleep(600));
  await until(() => other.stats().loads + cache.stats().loads === 2);
  await t.throwsAsync(
    cache.getOrSet('b', () => 1, { timeout: 100 }),
    { code: 'TIMEOUT_ERROR' },
  );
  await slow;
});

test('a value with a long life stays valid when one with a short life has its tag', async (t) => {
  const { cache, url, prefix } = await open(t, 'Redis');
  const client = new Redis(url);
  t.teardown(() => client.disconnect());
  await cache.set('a', 1, { tags: ['x'], ttl: 30 * 86_400 });
  await cache.set('b', 1, { tags: ['x'], ttl: 1 });
  t.true((await client.ttl(`${prefix}cache:tag:x`)) > 30 * 86_400);
  t.true((await client.ttl(`${prefix}cache:tag:`)) > 30 * 86_400);
});
