/** What a cache gives, keeps and forgets, by memory, by Redis, and by both. */
import test from 'ava';

import { createGate, sleep, until } from '../helpers/serve.ts';
import { allLayers, open } from './open-cache.ts';

for (const layers of allLayers) {
  const say = (what: string): string => `${what} (${layers})`;

  test(say('what was set is there until it runs out'), async (t) => {
    const { cache, pass } = await open(t, layers, { ttl: 10 });
    t.is(await cache.get('a'), undefined);
    t.false(await cache.has('a'));
    await cache.set('a', { b: [1, 'x'] });
    t.deepEqual(await cache.get('a'), { b: [1, 'x'] });
    t.true(await cache.has('a'));
    pass(9.9);
    t.true(await cache.has('a'));
    pass(0.2);
    t.false(await cache.has('a'));
    t.is(await cache.get('a'), undefined);
  });

  test(say('values come back as they were, and each caller has its own'), async (t) => {
    const { cache } = await open(t, layers);
    const value = {
      date: new Date(1234),
      big: 2n ** 70n,
      map: new Map([[{ a: 1 }, new Set([1, 'x'])]]),
      bytes: new Uint8Array([0, 255]),
      odd: [Number.NaN, -Infinity, undefined, null],
      $covet: ['d', 5],
      text: 'ä "$covet" €',
    };
    const made = await cache.getOrSet('a', () => value);
    t.deepEqual(made, value);
    const read = await cache.get<typeof value>('a');
    t.deepEqual(read, value);
    read!.text = 'changed';
    made.map.clear();
    t.deepEqual(await cache.get('a'), value);
  });

  test(say('null and undefined are kept for a time of their own'), async (t) => {
    const { cache, pass } = await open(t, layers, { ttl: 100, negativeTtl: 5 });
    let loads = 0;
    const load = (value: unknown) =>
      cache.getOrSet(['user', String(value)], () => {
        loads += 1;
        return value;
      });
    for (const value of [null, undefined]) {
      t.is(await load(value), value);
      t.is(await load(value), value);
      t.true(await cache.has(['user', String(value)]));
    }
    t.is(loads, 2);
    pass(5.1);
    await load(null);
    t.is(loads, 3);
    t.is(await cache.getOrSet('none', () => null, { negativeTtl: 0 }), null);
    t.false(await cache.has('none'));
  });

  test(say('a time to live of 0 keeps nothing and deletes what is there'), async (t) => {
    const { cache } = await open(t, layers);
    let loads = 0;
    const load = (ttl: number) => cache.getOrSet('a', () => (loads += 1), { ttl });
    t.is(await load(0), 1);
    t.is(await load(0), 2);
    t.is(await load(60), 3);
    t.is(await load(60), 3);
    t.is(await load(0), 4);
    await cache.set('a', 'x', { ttl: 0 });
    t.false(await cache.has('a'));
  });

  test(say('500 callers of a cold key cause one load'), async (t) => {
    const { cache } = await open(t, layers);
    let loads = 0;
    const results = await Promise.all(
      Array.from({ length: 500 }, () =>
        cache.getOrSet('cold', async () => {
          loads += 1;
          await sleep(20);
          return { n: loads };
        }),
      ),
    );
    t.is(loads, 1);
    t.true(results.every(({ n }) => n === 1));
    t.is(cache.stats().loads, 1);
  });

  test(say('an error goes to all who wait, and the next call tries again'), async (t) => {
    const { cache } = await open(t, layers);
    let loads = 0;
    const load = () =>
      cache.getOrSet('a', async () => {
        loads += 1;
        await sleep(5);
        if (loads === 1) throw new RangeError('first');
        return 'second';
      });
    const results = await Promise.allSettled([load(), load(), load()]);
    t.true(results.every((result) => result.status === 'rejected' && result.reason instanceof RangeError));
    t.is(await load(), 'second');
    t.is(cache.stats().errors, 1);
  });

  test(say('in its grace a value is given while one call makes the next'), async (t) => {
    const { cache, pass } = await open(t, layers, { ttl: 10, grace: 100 });
    let loads = 0;
    const gate = createGate();
    const load = () =>
      cache.getOrSet('a', async () => {
        loads += 1;
        if (loads > 1) await gate.promise;
        return loads;
      });
    t.is(await load(), 1);
    pass(11);
    t.is(await cache.get('a'), undefined, 'get gives what is fresh');
    t.deepEqual(await Promise.all([load(), load(), load()]), [1, 1, 1]);
    gate.open();
    t.true(await until(() => loads === 2));
    let value = 1;
    for (let tries = 0; tries < 100 && value === 1; tries += 1) {
      await sleep(5);
      value = await load();
    }
    t.is(value, 2);
    t.is(loads, 2);
    await sleep(100);
    pass(111);
    t.is(await load(), 3, 'after its grace it is gone');
  });

  test(say('in its grace a value is given when the factory fails, and the factory has a rest'), async (t) => {
    const { cache, pass, lines } = await open(t, layers === 'Redis' ? 'memory and Redis' : layers, {
      ttl: 10,
      grace: 100,
    });
    await cache.set('a', 'old');
    pass(11);
    let loads = 0;
    const load = () =>
      cache.getOrSet('a', (): string => {
        loads += 1;
        throw new Error('the source is down');
      });
    for (let count = 0; count < 5; count += 1) {
      t.is(await load(), 'old');
      await sleep(5);
    }
    t.is(loads, 1);
    t.true(await until(() => lines.length > 0));
    t.is(lines.filter((line) => line.includes('the source is down')).length, 1);
    pass(6);
    t.is(await load(), 'old');
    t.true(await until(() => cache.stats().errors === 2));
    await sleep(100);
    pass(100);
    await t.throwsAsync(load(), { message: 'the source is down' });
  });

  test(say('a soft limit waits for a better value, a hard one gives up waiting'), async (t) => {
    const { cache, pass } = await open(t, layers, { ttl: 10, grace: 100 });
    await cache.set('a', 'old');
    pass(11);
    const quick = cache.getOrSet('a', () => sleep(10).then(() => 'new'), { timeout: { soft: 2000 } });
    t.is(await quick, 'new');
    pass(11);
    const slow = cache.getOrSet('a', () => sleep(300).then(() => 'newer'), { timeout: { soft: 20 } });
    t.is(await slow, 'new');
    let signal: AbortSignal | undefined;
    const late = cache.getOrSet(
      'b',
      async (context) => {
        signal = context.signal;
        await sleep(300);
        return 'late';
      },
      { timeout: 30 },
    );
    await t.throwsAsync(late, { code: 'TIMEOUT_ERROR' });
    t.true(signal?.aborted);
    let value: unknown;
    for (let tries = 0; tries < 200 && value === undefined; tries += 1) {
      await sleep(10);
      value = await cache.get('b');
    }
    t.is(value, 'late', 'what came late is kept');
  });

  test(say('tags delete what has them, alone'), async (t) => {
    const { cache } = await open(t, layers);
    await cache.set('a', 1, { tags: ['x', 'y'] });
    await cache.set('b', 2, { tags: ['y'] });
    await cache.set('c', 3);
    await cache.deleteByTag('x');
    t.deepEqual(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key))), [undefined, 2, 3]);
    await cache.set('a', 1, { tags: ['x'] });
    await cache.deleteByTags(['x', 'y']);
    t.deepEqual(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key))), [undefined, undefined, 3]);
    await cache.set('a', 4, { tags: ['x'] });
    t.is(await cache.get('a'), 4);
  });

  test(say('clear deletes all of this cache'), async (t) => {
    const { cache, another } = await open(t, layers);
    const other = await another({ prefix: `covet_other_${layers.length}_${Date.now()}:` });
    await cache.set('a', 1);
    await cache.set('b', 2, { tags: ['x'] });
    await other.set('a', 'other');
    await cache.clear();
    t.deepEqual([await cache.get('a'), await cache.get('b')], [undefined, undefined]);
    t.is(await other.get('a'), 'other');
    await other.clear();
  });

  for (const [how, invalidate] of [
    ['delete', 'delete'],
    ['a tag', 'tag'],
    ['clear', 'clear'],
  ] as const) {
    test(say(`what is invalidated by ${how} while it is being made is not kept`), async (t) => {
      const { cache } = await open(t, layers);
      const gate = createGate();
      const first = cache.getOrSet('a', () => gate.promise.then(() => 'before'), { tags: ['x'] });
      await until(() => cache.stats().loads === 1);
      if (invalidate === 'delete') await cache.delete('a');
      else if (invalidate === 'tag') await cache.deleteByTag('x');
      else await cache.clear();
      gate.open();
      t.is(await first, 'before');
      t.is(await cache.getOrSet('a', () => 'after', { tags: ['x'] }), 'after');
    });
  }

  test(say('a value set while another is being made stays'), async (t) => {
    const { cache } = await open(t, layers);
    const gate = createGate();
    const first = cache.getOrSet('a', () => gate.promise.then(() => 'made'));
    await until(() => cache.stats().loads === 1);
    await cache.set('a', 'set');
    gate.open();
    t.is(await first, 'made');
    t.is(await cache.get('a'), 'set');
  });

  test(say('values are those of the current tenant, and without one there are none'), async (t) => {
    let tenant: string | undefined = 'one';
    const { cache } = await open(t, layers, { tenant: () => tenant });
    await cache.set('a', 1, { tags: ['x'] });
    tenant = 'two';
    t.is(await cache.get('a'), undefined);
    await cache.set('a', 2, { tags: ['x'] });
    await cache.deleteByTag('x');
    tenant = 'one';
    t.is(await cache.get('a'), 1);
    // What would be the same text put together.
    tenant = 'one:k';
    t.is(await cache.get('a'), undefined);
    tenant = undefined;
    await t.throwsAsync(cache.get('a'), { instanceOf: TypeError, message: /there is no tenant here/ });
    await t.throwsAsync(
      cache.getOrSet('a', () => 1),
      { message: /there is no tenant here/ },
    );
  });
}
