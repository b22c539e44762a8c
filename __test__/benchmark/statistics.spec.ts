import test from 'ava';

import { median, medianSample, total } from '../../benchmark/http/statistics.ts';
import { sampleWith } from './samples.ts';

test('the median is the middle value, or the mean of the two in the middle', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([100, 9, 1, 5]), 7);
  t.is(median([3]), 3);
});

test('there is no median of nothing', (t) => {
  t.throws(() => median([]), { message: /no values/ });
});

test('the values keep their order', (t) => {
  const values = [3, 1, 2];
  median(values);
  t.deepEqual(values, [3, 1, 2]);
});

test('each measure has a median of its own', (t) => {
  const samples = [
    sampleWith({ rps: 1, p99Ms: 30, loopUs: 7 }),
    sampleWith({ rps: 2, p99Ms: 10, loopUs: 9 }),
    sampleWith({ rps: 3, p99Ms: 20, loopUs: 8 }),
  ];
  const { rps, p99Ms, loopUs } = medianSample(samples);
  t.deepEqual({ rps, p99Ms, loopUs }, { rps: 2, p99Ms: 20, loopUs: 8 });
});

test('a loop that was not measured in every window has no median', (t) => {
  t.false('loopUs' in medianSample([sampleWith({ loopUs: 7 }), sampleWith()]));
});

test('errors are added up, not averaged away', (t) => {
  t.is(total([sampleWith({ socketErrors: 2 }), sampleWith(), sampleWith({ socketErrors: 1 })], 'socketErrors'), 3);
});
