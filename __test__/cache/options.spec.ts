/** What the options of a cache do, beyond what all caches do alike. */
import test from 'ava';

import { open } from './open-cache.ts';

test('a jitter takes off a part of the time to live, another each time', async (t) => {
  const { cache, pass } = await open(t, 'memory', { ttl: 100, jitter: 0.5 });
  for (let index = 0; index < 200; index += 1) await cache.set(`k${index}`, index);
  const count = async (): Promise<number> => {
    const there = await Promise.all(Array.from({ length: 200 }, (_, index) => cache.has(`k${index}`)));
    return there.filter(Boolean).length;
  };
  pass(49);
  t.is(await count(), 200);
  pass(26);
  const left = await count();
  t.true(left > 50 && left < 150, `${left} of 200 half way through the jitter`);
  pass(26);
  t.is(await count(), 0);
});

test('memory holds no more than its bytes, and gives up what was used least recently', async (t) => {
  const { cache } = await open(t, 'memory', { maxBytes: 10_000 });
  const text = 'x'.repeat(600);
  for (let index = 0; index < 10; index += 1) await cache.set(`k${index}`, text);
  t.true(cache.stats().bytes <= 10_000);
  await cache.get('k0');
  for (let index = 10; index < 15; index += 1) await cache.set(`k${index}`, text);
  t.true(cache.stats().bytes <= 10_000);
  t.is(await cache.get('k0'), text, 'used, and kept');
  t.is(await cache.get('k1'), undefined);
  t.true(cache.stats().evictions > 0);
  await cache.set('huge', 'x'.repeat(20_000));
  t.false(await cache.has('huge'));
  t.true(await cache.has('k0'), 'what does not fit drives nothing out');
  // Two bytes a letter, as it is written.
  await cache.clear();
  await cache.set('ä', 'ä'.repeat(1000));
  t.true(cache.stats().bytes > 2000);
});

test('tags, and frozen values beside their text, are counted', async (t) => {
  const { cache } = await open(t, 'memory', { maxBytes: 1_000_000 });
  const tagsOf = (of: number): string[] => Array.from({ length: 40 }, (_, index) => `${of}-${index}-${'x'.repeat(60)}`);
  for (let index = 0; index < 2000; index += 1) await cache.set(`k${index}`, 1, { tags: tagsOf(index) });
  const { entries, bytes } = cache.stats();
  // Measured: a tag takes 337 bytes of the heap.
  t.true(entries < 1_000_000 / (40 * 337) && bytes <= 1_000_000, `${entries} values, ${bytes} bytes`);
  t.true(entries > 20);
  for (let index = 0; index < 2000; index += 1) await cache.deleteByTags(tagsOf(index).slice(0, 1));
  t.like(cache.stats(), { entries: 0, bytes: 0 });
  for (let index = 0; index < 20; index += 1) await cache.set(`s${index}`, 1, { tags: tagsOf(0) });
  t.is(cache.stats().entries, 20, 'a tag of many is counted once');
  const { cache: frozen } = await open(t, 'memory', { maxBytes: 100_000, values: 'frozen' });
  const fields = Array.from({ length: 1000 }, (_, index) => ({ index }));
  await frozen.set('a', fields);
  t.true(frozen.stats().bytes > 3.9 * JSON.stringify(fields).length);
});

test('frozen values are one for all, and nobody can change them', async (t) => {
  const { cache } = await open(t, 'memory', { values: 'frozen' });
  await cache.set('a', { list: [1], date: new Date(5), map: new Map([['k', { v: 1 }]]) });
  const one = await cache.get<any>('a');
  t.is(await cache.get('a'), one);
  t.throws(() => one.list.push(2), { instanceOf: TypeError });
  t.throws(() => one.date.setTime(0), { message: /cannot be changed/ });
  t.throws(() => one.map.set('x', 1), { message: /cannot be changed/ });
  t.throws(() => (one.map.get('k').v = 2), { instanceOf: TypeError });
  t.is(one.date.getTime(), 5);
});

test('the counters tell what happened', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis');
  await cache.getOrSet('a', () => 'x');
  await cache.getOrSet('a', () => 'x');
  await cache.get('b');
  t.like(cache.stats(), { memory_hits: 1, redis_hits: 0, misses: 2, stale_hits: 0, loads: 1, errors: 0, entries: 1 });
  const other = await another();
  await other.get('a');
  await other.get('a');
  t.like(other.stats(), { memory_hits: 1, redis_hits: 1, misses: 0, loads: 0 });
});

test('msgpack keeps the same values', async (t) => {
  const { cache, another } = await open(t, 'memory and Redis', { format: 'msgpack' });
  const value = { date: new Date(5), bytes: new Uint8Array([1, 2]), list: [undefined, 2n], text: 'ä' };
  await cache.set('a', value);
  await cache.set('u', undefined);
  t.deepEqual(await cache.get('a'), value);
  const other = await another();
  t.deepEqual(await other.get('a'), value);
  t.true(await other.has('u'));
  const json = await another({ format: 'json' });
  t.is(await json.get('a'), undefined, 'another format is a miss');
});

for (const [option, message] of [
  [{ ttl: -1 }, /`ttl` is a number of seconds/],
  [{ ttl: '5' as never }, /`ttl` is a number of seconds/],
  [{ grace: Number.NaN }, /`grace`/],
  [{ jitter: 2 }, /`jitter`/],
  [{ tags: [''] } as object, /a tag is a text/],
  [{ timeout: -5 }, /`timeout`/],
] as const) {
  test(`the option ${JSON.stringify(option)} is refused`, async (t) => {
    const { cache } = await open(t, 'memory');
    await t.throwsAsync(
      cache.getOrSet('a', () => 1, option),
      { code: 'INVALID_OPTION', message },
    );
  });
}
