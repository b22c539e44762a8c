import test from 'ava';

import { findLeaks, growthOfSecondHalf } from '../../benchmark/soak/judge.ts';
import type { MemorySample, Outcome, Usage } from '../../benchmark/soak/judge.ts';
import { parseSoakOptions } from '../../benchmark/soak/options.ts';
import { Random } from '../../benchmark/soak/random.ts';
import { renderSoak } from '../../benchmark/soak/report.ts';
import { soak } from '../../benchmark/soak/soak.ts';

const nothing: Usage = { slots: 0, flows: 0, listening: 0, connections: 0, descriptors: 30, temporaryFiles: 0 };

function memoryOf(mibAt: (second: number) => number): MemorySample[] {
  return Array.from({ length: 60 }, (_, seconds) => ({ seconds, mib: mibAt(seconds) }));
}

function leaksOf(changes: Partial<Outcome>): string[] {
  const quiet = { before: nothing, after: nothing, memory: memoryOf(() => 100), faults: [], stillServes: true };
  return findLeaks({ ...quiet, ...changes });
}

test('a run that leaves nothing has no leaks; fewer descriptors are none', (t) => {
  t.deepEqual(leaksOf({}), []);
  t.deepEqual(leaksOf({ after: { ...nothing, descriptors: 29 } }), []);
});

for (const name of ['slots', 'flows', 'listening', 'connections', 'temporaryFiles'] as const) {
  test(`one of the ${name} that is left is a leak`, (t) => {
    t.deepEqual(leaksOf({ after: { ...nothing, [name]: 1 } }), [`1 ${name} left, where none should be`]);
  });
}

test('so are descriptors, wrong answers and a server that has gone', (t) => {
  t.deepEqual(leaksOf({ after: { ...nothing, descriptors: 31 } }), ['31 descriptors, where there were 30 before']);
  t.deepEqual(leaksOf({ faults: ['json: status 500'] }), ['json: status 500']);
  t.deepEqual(leaksOf({ stillServes: false }), ['the server serves no more']);
});

test('memory that grows in the second half is a leak; warming up and bursts are not', (t) => {
  t.regex(leaksOf({ memory: memoryOf((second) => 100 + second) })[0] ?? '', /^memory grows: by 29\.0 MiB/);
  t.deepEqual(leaksOf({ memory: memoryOf((second) => 100 + Math.min(second, 29) * 10) }), []);
  t.deepEqual(leaksOf({ memory: memoryOf((second) => (second % 10 === 9 ? 200 : 100)) }), []);
  t.throws(() => growthOfSecondHalf([{ seconds: 1, mib: 1 }]), { message: /too few samples/ });
});

test('a seed makes the same choices again, another makes others', (t) => {
  const choicesOf = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 50 }, () => random.whole(1, 6));
  };
  t.deepEqual(choicesOf(7), choicesOf(7));
  t.notDeepEqual(choicesOf(7), choicesOf(8));
  t.deepEqual(
    [...new Set(choicesOf(0))].toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
});

test('options of the soak are read, and refused with their names', (t) => {
  t.deepEqual(parseSoakOptions(['--minutes', '0.5', '--clients', '6', '--seed', '3']), {
    seconds: 30,
    clients: 6,
    seed: 3,
  });
  t.is(parseSoakOptions(['--help']), undefined);
  t.throws(() => parseSoakOptions(['--minutes', '0']), { message: /--minutes/ });
  t.throws(() => parseSoakOptions(['--clients', '2']), { message: /--clients/ });
  t.throws(() => parseSoakOptions(['--seed', '-1']), { message: /seed/ });
});

test('a minute of clients of every kind leaves nothing behind', async (t) => {
  t.timeout(240_000);
  const seed = Math.floor(Math.random() * 1_000_000);
  t.log(`seed ${seed}`);
  const report = await soak({ seconds: 60, clients: 24, seed });
  t.deepEqual(report.leaks, [], renderSoak(report));
  t.true([...report.deeds.values()].every((count) => count > 1));
});
