import test from 'ava';

import { parseOptions } from '../../benchmark/http/options.ts';
import { renderReport } from '../../benchmark/http/report.ts';
import type { Run } from '../../benchmark/http/report.ts';
import { resultWith, sampleWith } from './samples.ts';

function runWith(changes: Partial<Run>): Run {
  const environment = { cpu: 'A CPU', cores: 2, memoryGib: 24, kernel: 'Linux 6', node: 'v20.20.2', commit: 'abc123' };
  return {
    environment: { ...environment, tools: 'wrk 4', loadAverage: 0.1, date: '2026-01-01' },
    options: parseOptions(['--connections', '64', '--cases', 'hello']),
    tool: 'wrk',
    peers: [{ name: 'fastify', title: 'Fastify', version: '5.0.0', command: 'node', args: [] }],
    refused: new Map(),
    results: [],
    userCodeUs: { hello: 0.5, user: 0.5, create: 3 },
    ...changes,
  };
}

test('tells machine, versions and commit', (t) => {
  const report = renderReport(runWith({}));
  for (const said of ['A CPU, 2 cores, 24 GiB, Linux 6', 'v20.20.2', 'abc123', 'Fastify 5.0.0', 'wrk 4']) {
    t.true(report.includes(said), said);
  }
});

test('sets every server against Fastify, the fastest first', (t) => {
  const covet = resultWith({ server: 'covet', medians: sampleWith({ rps: 2000, cpuUs: 25, loopUs: 3 }) });
  const report = renderReport(runWith({ results: [resultWith(), covet] }));
  const rows = report.split('\n').filter((line) => /^\| (?:covet|fastify) /.test(line));
  t.deepEqual(rows, [
    '| covet | 2000 | 2.00 | 1.00 | 2.00 | 25.0 | 0.50 | 40.00 | 3.00 | 80 | 1.00 | 90 | 1.00 |  |',
    '| fastify | 1000 | 1.00 | 1.00 | 2.00 | 50.0 | 1.00 | 40.00 | – | 80 | 1.00 | 90 | 1.00 |  |',
  ]);
  t.true(report.includes('| requests per second at 64 connections | GET / (JSON) | ≥ 1.6x Fastify | 2.00 | met |'));
  t.true(report.includes('| CPU per request at 64 connections | GET / (JSON) | ≤ 0.75x Fastify | 0.50 | met |'));
});

test('shows the fixed rate where one was kept', (t) => {
  const atRate = { ...sampleWith({ p99Ms: 0.7 }), rate: 600 };
  const report = renderReport(runWith({ results: [resultWith({ atRate })] }));
  t.regex(report, /\| p99 ms \| p99 ms at 600\/s \|/);
  t.regex(report, /\| fastify \| 1000 \| 1\.00 \| 1\.00 \| 2\.00 \| 0\.70 \|/);
});

test('tells what a body carries as a speed', (t) => {
  const options = parseOptions(['--cases', 'download']);
  const report = renderReport(runWith({ options, results: [resultWith({ caseId: 'download' })] }));
  t.regex(report, /\| requests\/s \| x Fastify \| MiB\/s \|/);
  t.regex(report, /\| fastify \| 1000 \| 1\.00 \| 1000 \|/);
  t.false(report.includes('User code'));
});

test('hides no error and no absence', (t) => {
  const failing = resultWith({ server: 'node', non2xx: 3, socketErrors: 4, problem: 'the server\nended with code 1' });
  const refused = new Map([['bun', 'no binary | here'] as const]);
  const report = renderReport(runWith({ results: [failing], refused }));
  t.true(report.includes('**3 not 2xx, 4 socket errors; the server ended with code 1**'));
  t.true(report.includes('- Not timed: bun: no binary \\| here'));
  t.true(report.includes('Covet was not timed.'));
});

test('tells the database that servers share, and leaves out who has no program', (t) => {
  const options = parseOptions(['--cases', 'data']);
  const report = renderReport(runWith({ options, database: 'PostgreSQL 15, the server on port 5432' }));
  t.true(report.includes('\n- Database: PostgreSQL 15, the server on port 5432\n'));
  t.false(report.includes('Bun'));
});

test('names what is lost, and to whom', (t) => {
  const results = [resultWith({ server: 'covet' }), resultWith({ server: 'bun', medians: sampleWith({ rps: 1500 }) })];
  const report = renderReport(runWith({ results }));
  t.true(report.includes('| GET / (JSON) | 64 | requests/s | bun | 1.50x |'));
  t.true(report.includes('| GET / (JSON) | 64 | 0.67 | 1.00 | 1.00 | – | 1.00 | 1.00 | 1.00 | 1.00 |'));
});
