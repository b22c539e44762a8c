import test from 'ava';

import { findLosses } from '../../benchmark/http/comparison.ts';
import { judge } from '../../benchmark/http/requirements.ts';
import type { Requirement } from '../../benchmark/http/requirements.ts';
import { toJsonLine } from '../../benchmark/http/result.ts';
import type { Result } from '../../benchmark/http/result.ts';
import { resultWith, sampleWith } from './samples.ts';

const userCodeUs = { hello: 0.5, user: 0, create: 0 };

function pair(ours: Partial<Result>): Result[] {
  const atRate = { ...sampleWith(), rate: 500 };
  return [resultWith({ atRate }), resultWith({ server: 'covet', atRate, ...ours })];
}

function verdictOf(results: readonly Result[], what: RegExp): Requirement | undefined {
  return judge(results, userCodeUs).find((each) => each.caseId === 'hello' && what.test(each.what));
}

const medians = sampleWith({ rps: 1600, cpuUs: 37.5, jsThreadUs: 2.5, rssMib: 96 });

test('numbers just reached are met', (t) => {
  const results = pair({ medians });
  for (const what of [/per second at 64/, /^CPU/, /^p99/, /^JS thread/, /^memory/]) {
    t.is(verdictOf(results, what)?.verdict, 'met', String(what));
  }
  t.is(verdictOf(results, /^JS thread/)?.measured, 2);
});

test('numbers just not reached are missed', (t) => {
  const worse = sampleWith({ rps: 1599, cpuUs: 37.6, jsThreadUs: 2.51, rssMib: 96.1 });
  const results = pair({ medians: worse, atRate: { ...sampleWith({ p99Ms: 2.01 }), rate: 500 } });
  for (const what of [/per second at 64/, /^CPU/, /^p99/, /^JS thread/, /^memory/]) {
    t.is(verdictOf(results, what)?.verdict, 'missed', String(what));
  }
});

test('what was not timed is not measured', (t) => {
  t.is(verdictOf(pair({ medians }), /at 8/)?.verdict, 'not measured');
  t.true(judge([], userCodeUs).every(({ verdict }) => verdict === 'not measured'));
  t.is(judge([], userCodeUs).length, 18);
});

test('speed with errors is no speed', (t) => {
  for (const fault of [{ non2xx: 1 }, { socketErrors: 1 }, { problem: 'the server ended with code 1' }]) {
    t.is(verdictOf(pair({ medians, ...fault }), /per second at 64/)?.verdict, 'not measured');
  }
});

test('a loss names case, connections, measure, peer and factor, the worst first', (t) => {
  const bun = resultWith({ server: 'bun', medians: sampleWith({ rps: 3000, p99Ms: 1 }) });
  const elsewhere = resultWith({ server: 'node', connections: 8, medians: sampleWith({ rps: 9000 }) });
  const broken = resultWith({ server: 'hono', medians: sampleWith({ rps: 9000 }), non2xx: 1 });
  t.deepEqual(findLosses([resultWith({ server: 'covet' }), bun, elsewhere, broken]), [
    { caseId: 'hello', connections: 64, measure: 'requests/s', peer: 'bun', factor: 3 },
    { caseId: 'hello', connections: 64, measure: 'p99', peer: 'bun', factor: 2 },
  ]);
});

test('a line of JSON begins with the agreed keys', (t) => {
  const line = toJsonLine(resultWith({ server: 'covet' }));
  t.true(
    line.startsWith(
      '{"server":"covet","case":"hello","connections":64,"rps":1000,"p50_ms":1,"p99_ms":2,"cpu_us_per_request":50,"rss_mib":80,',
    ),
    line,
  );
});

test('a server that was not timed has a line as well, of nulls and the reason', (t) => {
  const { medians: _untimed, ...untimed } = resultWith({ problem: 'did not start' });
  const line = JSON.parse(toJsonLine(untimed)) as Record<string, unknown>;
  t.is(line['rps'], null);
  t.is(line['error'], 'did not start');
});
