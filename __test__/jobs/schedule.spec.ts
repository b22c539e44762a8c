/** Jobs that the clock adds: one a tick, however many processes keep the schedule. */
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { Redis } from 'ioredis';
import { z } from 'zod';

import { Covet } from '../../src/index.ts';
import { bullJobs, defineJob, jobs, schedule } from '../../src/jobs/index.ts';
import { runProgram } from '../helpers/child.ts';
import { createOwnRedis, useRedis } from '../helpers/redis.ts';
import { stores, until } from './stores.ts';

const payload = z.object({ tick: z.string() });

for (const [name, create] of Object.entries(stores)) {
  test(`${name}: three processes keep a schedule, and each tick has one job`, async (t) => {
    const store = await create();
    t.teardown(store.clear);
    const ticks: string[] = [];
    const Tick = defineJob('tick', { payload }, ({ payload }) => ticks.push(payload.tick));
    const every = schedule(Tick, '* * * * * *', (tick) => ({ tick: tick.toISOString() }));
    // In memory each process is for itself.
    const driver = store.driver();
    const count = name === 'memory' ? 1 : 3;
    for (let index = 0; index < count; index += 1) {
      const app = new Covet({ logger: false });
      t.teardown(() => app.close());
      const own = name === 'memory' ? driver : store.driver();
      await app.resolve(jobs({ handlers: [Tick], driver: own, schedules: [every] }));
    }
    await until(() => ticks.length >= 3);
    t.deepEqual(ticks, [...new Set(ticks)], 'no tick came twice');
    t.true(ticks.every((tick) => tick.endsWith('.000Z')));
    const times = ticks.map((tick) => Date.parse(tick)).sort((a, b) => a - b);
    t.is(times.at(-1)! - times[0]!, (times.length - 1) * 1000, 'none was left out');
  });
}

test('the tick is that of the time zone, and closing ends the schedule', async (t) => {
  const ticks: string[] = [];
  const Tick = defineJob('tick', { payload }, ({ payload }) => ticks.push(payload.tick));
  const app = new Covet({ logger: false });
  const schedules = [
    schedule(Tick, '* * * * * *', { tick: 'a fixed payload' }, { timezone: 'Asia/Kathmandu', name: 'all' }),
    schedule(Tick, '* * * * * *', { tick: 'another' }),
  ];
  await app.resolve(jobs({ handlers: [Tick], schedules }));
  await until(() => ticks.includes('a fixed payload') && ticks.includes('another'));
  await app.close();
  const { length } = ticks;
  await sleep(1200);
  t.is(ticks.length, length);
});

test('of several threads one keeps the schedule', async (t) => {
  const child = runProgram(t, 'jobs/programs/ticking-threads.ts');
  await until(() => child.output.filter((line) => line.startsWith('open=')).length === 3, 60_000);
  const ticks = (): string[] => child.output.filter((line) => line.startsWith('tick='));
  const before = ticks().length;
  await until(() => ticks().length >= before + 4);
  t.deepEqual(ticks(), [...new Set(ticks())], 'no tick came twice');
  t.true(ticks().every((line) => line.endsWith(' 0')));
});

test('a tick that is due while the store is away is added when it is back', async (t) => {
  const server = await createOwnRedis();
  t.teardown(() => server.close());
  await server.start();
  const ticks: string[] = [];
  const Tick = defineJob('tick', { payload }, ({ payload }) => ticks.push(payload.tick));
  const every = schedule(Tick, '*/20 * * * * *', (tick) => ({ tick: tick.toISOString() }));
  const app = new Covet({ logger: false });
  t.teardown(() => app.close());
  await app.resolve(jobs({ handlers: [Tick], driver: bullJobs({ url: server.url }), schedules: [every] }));
  await server.stop();
  const due = Math.ceil((Date.now() + 1) / 20_000) * 20_000;
  await sleep(due + 1500 - Date.now());
  await server.start();
  await until(() => ticks.length > 0, 40_000);
  t.deepEqual(ticks.slice(0, 1), [new Date(due).toISOString()]);
});

test('BullMQ: a tick is added once, also when its job was forgotten', async (t) => {
  const redis = useRedis();
  const client = new Redis(redis.url);
  t.teardown(async () => {
    client.disconnect();
    await redis.clear();
  });
  const prefix = `${redis.prefix}jobs`;
  const driver = bullJobs({ url: redis.url, prefix });
  await driver.open('main', () => {});
  t.teardown(() => driver.close());
  const backoff = { delay: 1, max: 1 };
  const job = { name: 'tick', payload: '{}', delay: 0, priority: 0, attempts: 1, timeout: 1000, backoff };
  const added = [
    { ...job, id: 'known', rememberedFor: 60_000 },
    { ...job, id: 'not known' },
  ];
  await driver.add(added);
  t.is((await driver.counts()).waiting, 2);
  // As 10,000 others would that are done.
  for (const key of await client.keys(`${prefix}:main:*`)) {
    if (!key.includes(':known:')) await client.unlink(key);
  }
  t.is((await driver.counts()).waiting, 0);
  await driver.add(added);
  t.is((await driver.counts()).waiting, 1);
});

test('an expression, a time zone or a schedule that is none is refused when the queue opens', async (t) => {
  const Tick = defineJob('tick', { payload }, () => {});
  const Other = defineJob('other', { payload }, () => {});
  const open = async (...schedules: ReturnType<typeof schedule>[]): Promise<void> => {
    const app = new Covet({ logger: false });
    try {
      await app.resolve(jobs({ handlers: [Tick], schedules }));
    } finally {
      await app.close();
    }
  };
  const one = { tick: '1' };
  await t.throwsAsync(open(schedule(Tick, '99 * * * *', one)), { instanceOf: TypeError, message: /Schedule 'tick 99/ });
  await t.throwsAsync(open(schedule(Tick, '* * * * *', one, { timezone: 'Moon/Crater' })), { instanceOf: TypeError });
  t.throws(() => jobs({ handlers: [Tick], schedules: [schedule(Other, '* * * * *', one)] }), {
    message: "Queue 'main': the scheduled job 'other' is no handler of it",
  });
  t.throws(
    () => jobs({ handlers: [Tick], schedules: [schedule(Tick, '* * * * *', one), schedule(Tick, '* * * * *', one)] }),
    { message: "Queue 'main' has two schedules named 'tick * * * * *'" },
  );
});
