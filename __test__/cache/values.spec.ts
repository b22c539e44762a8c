/** What can be kept and what cannot, by memory, by Redis, and by both. */
import test from 'ava';

import { allLayers, open } from './open-cache.ts';

for (const layers of allLayers) {
  const say = (what: string): string => `${what} (${layers})`;

  test(say('what is no data is refused, and no caller gets it'), async (t) => {
    const { cache } = await open(t, layers);
    await t.throwsAsync(cache.set('a', { f: () => 1 }), {
      instanceOf: TypeError,
      message: /the value\.f is a function/,
    });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await t.throwsAsync(
      cache.getOrSet('a', () => circle),
      { message: /circle/ },
    );
    t.false(await cache.has('a'));
    const refused: Record<string, unknown> = {
      'an invalid Date': new Date(Number.NaN),
      Float64Array: new Float64Array([1.5]),
      ArrayBuffer: new ArrayBuffer(4),
      DataView: new DataView(new ArrayBuffer(4)),
      Error: new RangeError('x'),
      RegExp: /x/,
      Promise: Promise.resolve(1),
      WeakMap: new WeakMap(),
      URLSearchParams: new URLSearchParams('a=1'),
    };
    for (const [kind, value] of Object.entries(refused)) {
      const error = await t.throwsAsync(cache.set('a', { list: [value] }), { instanceOf: TypeError });
      t.true(error.message.startsWith('the value.list[0] is ') && error.message.includes(kind), error.message);
    }
    class Point {
      x = 1;
    }
    await cache.set('a', { url: new URL('http://a/'), point: new Point(), bare: Object.create(null) as object });
    t.deepEqual(await cache.get('a'), { url: 'http://a/', point: { x: 1 }, bare: {} });
  });

  test(say('halves of a pair of surrogates are text like any other, in keys, tags and values'), async (t) => {
    const { cache } = await open(t, layers);
    await cache.set('\ud800', 'one', { tags: ['\ud800'] });
    await cache.set('\ud801', 'two');
    t.deepEqual([await cache.get('\ud800'), await cache.get('\ud801')], ['one', 'two']);
    t.is(await cache.getOrSet('made', () => 'x\ud800', { tags: ['\udfff'] }), 'x\ud800');
    await cache.deleteByTag('\ud800');
    t.is(await cache.get('\ud800'), undefined);
    t.is(await cache.get('\ud801'), 'two');
  });
}
