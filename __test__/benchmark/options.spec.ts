import test from 'ava';

import { benchmarkCases } from '../../benchmark/http/cases.ts';
import { connectionsOf, parseOptions } from '../../benchmark/http/options.ts';

test('by default everything is measured, five times', (t) => {
  const options = parseOptions([]);
  t.is(options.servers.length, 9);
  t.deepEqual(
    options.cases.map(({ id }) => id),
    benchmarkCases.map(({ id }) => id),
  );
  const [hello] = options.cases;
  t.deepEqual(hello && connectionsOf(options, hello), [8, 64, 256]);
  t.deepEqual([options.rounds, options.seconds, options.tool, options.rate], [5, 3, 'auto', undefined]);
});

test('every option is heard', (t) => {
  const line =
    '--servers covet,bun --cases create --connections 1,2 --rounds 7 --seconds 0.5 --tool autocannon --rate 900';
  const options = parseOptions([...line.split(' '), '--json', '--write']);
  t.deepEqual(options.servers, ['covet', 'bun']);
  t.deepEqual(
    options.cases.map(({ id }) => id),
    ['create'],
  );
  t.deepEqual(options.connections, [1, 2]);
  t.deepEqual([options.rounds, options.seconds, options.tool, options.rate], [7, 0.5, 'autocannon', 900]);
  t.true(options.json && options.write);
});

test('cases are named one by one or by suite', (t) => {
  const idsOf = (names: string): string[] => parseOptions(['--cases', names]).cases.map(({ id }) => id);
  t.deepEqual(idsOf('routes'), ['hello', 'user', 'create']);
  t.deepEqual(idsOf('gzip,routes'), ['hello', 'user', 'create', 'gzip']);
  t.deepEqual(idsOf('data'), ['row', 'page', 'updates', 'cached']);
  t.deepEqual(idsOf('bodies,routes,data').length, benchmarkCases.length);
});

test('a quick look is at one number of connections, the one that counts', (t) => {
  const options = parseOptions(['--quick']);
  const numbers = options.cases.map((each) => connectionsOf(options, each));
  t.deepEqual(new Set(numbers.map((each) => each.join(','))), new Set(['64', '8']));
});

test('a quick look gives way to what is said beside it', (t) => {
  const options = parseOptions(['--quick', '--connections', '8', '--rounds', '2']);
  t.deepEqual([options.connections, options.rounds, options.seconds], [[8], 2, 1]);
});

for (const [line, message] of [
  ['--servers koa', /--servers knows no "koa"; it may be covet, fastify/],
  ['--cases hello,', /--cases knows no ""/],
  ['--tool ab', /--tool knows no "ab"/],
  ['--connections 0', /--connections wants a whole number above 0, not "0"/],
  ['--rounds 1.5', /--rounds wants a whole number/],
  ['--seconds soon', /--seconds wants a number above 0/],
  ['--rate -1', /rate/],
  ['--fast', /--fast/],
] as const) {
  test(`refuses ${line}`, (t) => {
    t.throws(() => parseOptions(line.split(' ')), { message });
  });
}
