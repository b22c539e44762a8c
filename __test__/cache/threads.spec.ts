/** One cache behind `listen({ workers })`, without Redis: one memory, one maker for a value, one word when something is gone. */
import test from 'ava';

import { sleep, until } from '../helpers/serve.ts';
import { seeAll, startThreads } from './ask-threads.ts';

for (const values of ['copies', 'frozen'] as const) {
  test.serial(`what one thread sets, deletes or clears, all threads see at once (${values})`, async (t) => {
    const threads = await startThreads(t, { values });
    const { ask } = threads;
    const see = (key: string): Promise<unknown[]> => seeAll(threads, key);
    t.deepEqual(await see('before'), ['listening', 'listening', 'listening'], 'what was there before others came');
    for (let round = 0; round < 30; round += 1) {
      const [a, b, c] = [ask[round % 3]!, ask[(round + 1) % 3]!, ask[(round + 2) % 3]!];
      await a(`/set/k/${round}?tag=x`);
      t.deepEqual(await see('k'), [`${round}`, `${round}`, `${round}`]);
      await b(`/set/k/again${round}?tag=y`);
      t.deepEqual(await see('k'), [`again${round}`, `again${round}`, `again${round}`]);
      await c('/tag/x');
      t.is((await see('k')).filter((value) => value === null).length, 0, 'it has that tag no more');
      await [() => a('/tag/y'), () => b('/delete/k'), () => c('/clear')][round % 3]!();
      t.deepEqual(await see('k'), [null, null, null]);
    }
  });
}

test.serial('500 callers of a cold key on three threads cause one load', async (t) => {
  const { ask, loads } = await startThreads(t);
  const calls = ask.map((one, index) => one(`/load/cold?ms=300&callers=${[167, 167, 166][index]}`));
  const results = (await Promise.all(calls)) as { by: number }[];
  t.is(loads('cold').length, 1);
  t.is(new Set(results.map(({ by }) => by)).size, 1);
});

test.serial(
  'a thread that fails to make a value leaves it to the next; one beyond its hard limit is not waited for',
  async (t) => {
    const { ask, ids, loads } = await startThreads(t);
    const failing = ask[1](`/load/a?ms=100&fails=${ids[1]}`);
    await until(() => loads('a').length === 1);
    const waiting = ask[2](`/load/a?ms=100&fails=${ids[1]}`);
    t.deepEqual(await failing, { status: 500 });
    t.is(String((await waiting).by), ids[2]);
    t.is(loads('a').length, 2);

    const late = ask[1]('/load/b?ms=600&hard=100');
    await until(() => loads('b').length === 1);
    t.deepEqual(await Promise.all([late, ask[2]('/load/b?ms=600&hard=50')]), [{ status: 504 }, { status: 504 }]);
    await sleep(800);
    t.is(String((await ask[0]('/get/b')).value.by), ids[1], 'what came late is kept, for all');
  },
);

test.serial('a thread that ends while it makes a value is followed by another', async (t) => {
  const { ask, askBeside, ids, loads } = await startThreads(t);
  void ask[1]('/load/a?ms=60000').catch(() => undefined);
  await until(() => loads('a').length === 1);
  const waiting = [ask[0]('/load/a?ms=50'), ask[2]('/load/a?ms=50')];
  await sleep(100);
  t.is(loads('a').length, 1, 'they wait');
  t.is(await askBeside[1]('/exit'), 'exiting');
  const values = (await Promise.all(waiting)) as { by: number }[];
  t.is(loads('a').length, 2);
  t.is(values[0]!.by, values[1]!.by);
  t.not(String(values[0]!.by), ids[1]);
});

test.serial('a value whose key or tag another thread deletes while it is made is given, and not kept', async (t) => {
  const { ask, ids, loads } = await startThreads(t);
  const ways = ['/delete/k', '/tag/x', '/clear', '/set/k/new'];
  for (const [round, way] of ways.entries()) {
    const making = ask[1]('/load/k?ms=300&tag=x');
    await until(() => loads('k').length === 2 * round + 1);
    await ask[2](way);
    const next = way === '/set/k/new' ? ask[0]('/get/k') : ask[2]('/load/k?ms=10&tag=x');
    t.is(String((await making).by), ids[1], way);
    const after = await next;
    if (way === '/set/k/new') t.is(after.value, 'new', way);
    else t.is(String(after.by), ids[2], way);
    const kept = (await ask[1]('/get/k')).value;
    t.deepEqual(kept, way === '/set/k/new' ? 'new' : after, way);
    await ask[0]('/clear');
  }
});

test.serial('a thread that leaves the cache does not hold up the others', async (t) => {
  const { ask, askBeside, ids, loads } = await startThreads(t);
  const leaving = ask[1]('/load/a?ms=500');
  await until(() => loads('a').length === 1);
  const waiting = ask[2]('/load/a');
  await sleep(50);
  t.is(loads('a').length, 1);
  t.is(await askBeside[1]('/close-cache'), 'closed');
  t.is(String((await waiting).by), ids[2]);
  t.is(String((await leaving).by), ids[1], 'its own callers get it');
  t.is(String((await ask[0]('/load/a')).by), ids[2], 'what was made by who left is not kept');
  t.is(typeof (await ask[1]('/load/a')).by, 'number', 'who left serves on');
});

test.serial('one limit holds for all threads, and stats are of all', async (t) => {
  const limit = 300_000;
  const { ask } = await startThreads(t, { maxBytes: limit });
  await Promise.all(ask.map((one) => one('/fill/100')));
  const stats = await Promise.all(ask.map((one) => one('/stats')));
  for (const { bytes, entries, evictions } of stats) {
    t.true(bytes <= limit && bytes > limit / 2, `${bytes} bytes`);
    t.true(entries > 100 && entries < 300, `${entries} entries`);
    t.true(evictions >= 301 - entries, `${evictions} evictions`);
  }
  t.is(new Set(stats.map(({ entries }) => entries)).size, 1);
  await ask[1]('/clear');
  t.deepEqual((await ask[2]('/stats')).entries, 0);
});

test.serial('in its grace a value is given on every thread while one makes the next', async (t) => {
  const { ask, loads } = await startThreads(t);
  await ask[0]('/load/a?ttl=1&grace=100');
  await sleep(1100);
  const asked = await Promise.all(ask.map((one) => one('/load/a?ms=300&ttl=60&grace=100')));
  t.is(new Set(asked.map(({ by }) => by)).size, 1);
  t.true(await until(() => loads('a').length === 2));
  await sleep(500);
  await Promise.all(ask.map((one) => one('/load/a?ms=300&ttl=60&grace=100')));
  t.is(loads('a').length, 2);
});

test.serial('requests to three threads for an answer that is not there run the handler once', async (t) => {
  const { ask, askBeside, loads } = await startThreads(t);
  const calls = [...ask, ...askBeside].map((one) => one('/answer/cold?ms=300'));
  const answers = (await Promise.all(calls)) as { by: number }[];
  t.is(loads('cold').length, 1);
  t.is(new Set(answers.map(({ by }) => by)).size, 1);
});

test.serial('an answer in its grace is given on the other threads while one makes the next', async (t) => {
  const { ask, ids, loads } = await startThreads(t);
  t.is(String((await ask[0]('/brief/a')).by), ids[0]);
  await sleep(1100);
  const next = ask[1]('/brief/a?ms=500');
  t.true(await until(() => loads('a').length === 2));
  t.is(String((await ask[2]('/brief/a')).by), ids[0]);
  t.is(String((await next).by), ids[1]);
  t.is(String((await ask[2]('/brief/a')).by), ids[1]);
  t.is(loads('a').length, 2);
});
