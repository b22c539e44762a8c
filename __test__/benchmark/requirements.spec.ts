import test from 'ava';

import { bodyCases } from '../../benchmark/http/body-cases.ts';
import { findLosses } from '../../benchmark/http/comparison.ts';
import { dataCases } from '../../benchmark/http/data-cases.ts';
import { judge } from '../../benchmark/http/requirements.ts';
import type { Requirement } from '../../benchmark/http/requirements.ts';
import { toJsonLine } from '../../benchmark/http/result.ts';
import type { Result } from '../../benchmark/http/result.ts';
import { routeCases } from '../../benchmark/http/route-cases.ts';
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
  const ofRoutes = judge([], userCodeUs, routeCases);
  t.is(ofRoutes.length, 18);
  // Speed, CPU and latency of all, and more of uploads and of what is done in Rust.
  const ofData = dataCases.length * (3 + 3) + 3 + 1;
  t.is(judge([], userCodeUs).length, 18 + 11 + 11 + 11 + 6 + 2 - 1 + ofData);
});

test('speed with errors is no speed', (t) => {
  for (const fault of [{ non2xx: 1 }, { socketErrors: 1 }, { problem: 'the server ended with code 1' }]) {
    t.is(verdictOf(pair({ medians, ...fault }), /per second at 64/)?.verdict, 'not measured');
  }
});

test('of what is done in Rust, twice the speed or half the CPU is required', (t) => {
  const verdictFor = (changes: { rps: number; cpuUs: number }): string | undefined => {
    const results = [
      resultWith({ caseId: 'gzip' }),
      resultWith({ caseId: 'gzip', server: 'covet', medians: sampleWith(changes) }),
    ];
    return judge(results, userCodeUs, bodyCases).find(({ what, caseId }) => caseId === 'gzip' && /Rust/.test(what))
      ?.verdict;
  };
  t.is(verdictFor({ rps: 2000, cpuUs: 50 }), 'met');
  t.is(verdictFor({ rps: 1000, cpuUs: 25 }), 'met');
  t.is(verdictFor({ rps: 1999, cpuUs: 25.1 }), 'missed');
});

test('covet/data is judged beside plain pg in the same server, and beside both peers', (t) => {
  const verdicts = (ours: { rps: number; cpuUs: number; p99Ms: number }): Record<string, string> => {
    const atRate = { ...sampleWith({ p99Ms: ours.p99Ms }), rate: 500 };
    const results = (['covet', 'covet-pg', 'fastify', 'nest'] as const).map((server) =>
      server === 'covet'
        ? resultWith({ caseId: 'row', server, atRate, medians: sampleWith(ours) })
        : resultWith({ caseId: 'row', server, atRate: { ...sampleWith(), rate: 500 } }),
    );
    const rows = judge(results, userCodeUs, dataCases).filter(({ caseId }) => caseId === 'row');
    return Object.fromEntries(rows.map(({ what, target, verdict }) => [`${what} ${target}`, verdict]));
  };
  const met = verdicts({ rps: 1000, cpuUs: 50, p99Ms: 2 });
  t.is(Object.keys(met).length, 7);
  t.deepEqual(new Set(Object.values(met)), new Set(['met']));
  const plain = 'CPU per request with covet/data ≤ 1.1x plain pg in the same server';
  t.is(verdicts({ rps: 1000, cpuUs: 54.9, p99Ms: 2 })[plain], 'met');
  const missed = verdicts({ rps: 999, cpuUs: 55.1, p99Ms: 2.01 });
  t.deepEqual(new Set(Object.values(missed)), new Set(['missed']));
});

test('a cached read is to be five times as fast as one that is not', (t) => {
  const verdictAt = (rps: number): string | undefined => {
    const results = [
      resultWith({ server: 'covet', caseId: 'row' }),
      resultWith({ server: 'covet', caseId: 'cached', medians: sampleWith({ rps }) }),
    ];
    return judge(results, userCodeUs, dataCases).find(({ target }) => target === '≥ 5x the uncached')?.verdict;
  };
  t.is(verdictAt(5000), 'met');
  t.is(verdictAt(4999), 'missed');
});

test('Covet with plain pg is no other', (t) => {
  const faster = resultWith({ server: 'covet-pg', medians: sampleWith({ rps: 3000 }) });
  t.deepEqual(findLosses([resultWith({ server: 'covet' }), faster]), []);
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
