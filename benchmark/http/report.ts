import type { BenchmarkCase, CaseId } from './benchmark-case.ts';
import { benchmarkCases } from './cases.ts';
import { findLosses, measures } from './comparison.ts';
import type { Environment } from './environment.ts';
import type { Tool } from './load-process.ts';
import { connectionsOf } from './options.ts';
import type { Options } from './options.ts';
import { suitePeers } from './peers.ts';
import type { Peer, PeerName } from './peers.ts';
import { judge } from './requirements.ts';
import type { UserCodeUs } from './requirements.ts';
import { findResult, isClean } from './result.ts';
import type { Result, Sample } from './result.ts';

/** All a report tells. */
export interface Run {
  readonly environment: Environment;
  readonly options: Options;
  readonly tool: Tool;
  readonly peers: readonly Peer[];
  /** Servers that answered wrongly or did not start, and were therefore not timed. */
  readonly refused: ReadonlyMap<PeerName, string>;
  readonly results: readonly Result[];
  readonly userCodeUs: UserCodeUs;
  /** The database that servers share, where they do. */
  readonly database?: string;
}

/** The report of a run, as Markdown. */
export function renderReport(run: Run): string {
  const sections = [
    renderSetting(run),
    renderRequirements(run),
    ...renderCells(run),
    ...renderBun(run),
    renderLosses(run),
  ];
  return `${sections.join('\n\n')}\n`;
}

function renderSetting({ environment, options, tool, peers, refused, database }: Run): string {
  const versions = peers.map(({ title, version }) => `${title} ${version}`).join(', ');
  const lines = [
    '# Results',
    '',
    `- Machine: ${environment.cpu}, ${environment.cores} cores, ${environment.memoryGib} GiB, ${environment.kernel}`,
    `- Node.js ${environment.node}; ${environment.tools}; load average at the start ${environment.loadAverage.toFixed(2)}`,
    `- Commit ${environment.commit}, ${environment.date}`,
    `- Servers: ${versions}`,
    `- Load: ${tool}, ${options.rounds} interleaved rounds of ${options.seconds} s each, medians; the load runs on the same machine`,
  ];
  if (database !== undefined) lines.push(`- Database: ${database}`);
  for (const [name, reason] of refused) lines.push(`- Not timed: ${name}: ${oneLine(reason)}`);
  return lines.join('\n');
}

function renderRequirements({ results, userCodeUs, options }: Run): string {
  const rows = judge(results, userCodeUs, options.cases).map(({ what, caseId, target, measured, verdict }) => [
    what,
    titleOf(caseId),
    target,
    fixed(measured, 2),
    verdict === 'met' ? 'met' : `**${verdict}**`,
  ]);
  const table = `## Requirements\n\n${renderTable(['what', 'case', 'target', 'measured', ''], rows)}`;
  const userCode = options.cases
    .filter(({ suite }) => suite === 'routes')
    .map(({ id, title }) => `${title} ${userCodeUs[id as keyof UserCodeUs].toFixed(2)} µs`);
  if (userCode.length === 0) return table;
  return `${table}\n\nUser code (handler and schema, in a hot loop): ${userCode.join(', ')}.`;
}

function renderCells({ results, options, refused }: Run): string[] {
  return options.cases.flatMap((benchmarkCase) =>
    connectionsOf(options, benchmarkCase).map((connections) => {
      const { id, title } = benchmarkCase;
      const cell = results.filter((each) => each.caseId === id && each.connections === connections);
      const timed = cell.filter(({ server }) => !refused.has(server));
      return `## ${title}, ${connections} connections\n\n${renderCell(timed, benchmarkCase)}`;
    }),
  );
}

interface Column {
  readonly name: string;
  readonly read: (result: Result) => string;
}

function renderCell(cell: readonly Result[], benchmarkCase: BenchmarkCase): string {
  const columns = columnsFor(cell, benchmarkCase);
  const rows = cell
    .toSorted((a, b) => (b.medians?.rps ?? 0) - (a.medians?.rps ?? 0))
    .map((result) => columns.map(({ read }) => read(result)));
  return renderTable(
    columns.map(({ name }) => name),
    rows,
  );
}

function columnsFor(cell: readonly Result[], { carries }: BenchmarkCase): Column[] {
  const fastify = cell.find(({ server }) => server === 'fastify')?.medians;
  const rate = cell.find(({ atRate }) => atRate !== undefined)?.atRate?.rate;
  const number = (name: string, measure: keyof Sample, digits: number): Column => ({
    name,
    read: ({ medians }) => fixed(medians?.[measure], digits),
  });
  const toFastify = (measure: keyof Sample): Column => ({
    name: 'x Fastify',
    read: ({ medians }) => fixed(quotient(medians?.[measure], fastify?.[measure]), 2),
  });
  const columns: Column[] = [
    { name: 'server', read: ({ server }) => server },
    number('requests/s', 'rps', 0),
    toFastify('rps'),
    ...(carries === undefined ? [] : [carriedColumn(carries)]),
    number('p50 ms', 'p50Ms', 2),
    number('p99 ms', 'p99Ms', 2),
  ];
  if (rate !== undefined) {
    columns.push({ name: `p99 ms at ${rate}/s`, read: ({ atRate }) => fixed(atRate?.p99Ms, 2) });
  }
  columns.push(number('CPU µs', 'cpuUs', 1), toFastify('cpuUs'));
  columns.push(number('JS thread µs', 'jsThreadUs', 2), number('loop µs', 'loopUs', 2));
  columns.push(number('RSS MiB', 'rssMib', 0), toFastify('rssMib'));
  columns.push(number('peak MiB', 'peakRssMib', 0), toFastify('peakRssMib'));
  columns.push({ name: 'errors', read: renderErrors });
  return columns;
}

function carriedColumn({ unit, amount }: NonNullable<BenchmarkCase['carries']>): Column {
  return {
    name: unit,
    read: ({ medians }) => fixed(medians === undefined ? undefined : medians.rps * amount, 0),
  };
}

function renderErrors(result: Result): string {
  if (isClean(result)) return '';
  const counts = `${result.non2xx} not 2xx, ${result.socketErrors} socket errors`;
  return result.problem === undefined ? `**${counts}**` : `**${counts}; ${oneLine(result.problem)}**`;
}

function renderBun({ results, options }: Run): string[] {
  if (options.cases.every(({ suite }) => !suitePeers[suite].includes('bun'))) return [];
  const rows = options.cases.flatMap((benchmarkCase) =>
    connectionsOf(options, benchmarkCase).map((connections) => {
      const { id, title } = benchmarkCase;
      const covet = findResult(results, 'covet', id, connections);
      const bun = findResult(results, 'bun', id, connections);
      const cells = measures.map(({ read }) => fixed(quotient(covet && read(covet), bun && read(bun)), 2));
      return [title, String(connections)].concat(cells);
    }),
  );
  const header = ['case', 'connections', ...measures.map(({ name }) => name)];
  const note = 'Covet divided by Bun: above 1 is better for requests/s, below 1 for everything else.';
  return [`## Against Bun.serve\n\n${note}\n\n${renderTable(header, rows)}`];
}

function renderLosses({ results }: Run): string {
  const heading = '## Where others are ahead of Covet';
  if (!results.some((result) => result.server === 'covet' && isClean(result))) {
    return `${heading}\n\nCovet was not timed.`;
  }
  const losses = findLosses(results);
  if (losses.length === 0) return `${heading}\n\nNowhere in this run.`;
  const rows = losses.map(({ caseId, connections, measure, peer, factor }) => [
    titleOf(caseId),
    String(connections),
    measure,
    peer,
    `${factor.toFixed(2)}x`,
  ]);
  return `${heading}\n\n${renderTable(['case', 'connections', 'measure', 'ahead', 'by'], rows)}`;
}

function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function titleOf(caseId: CaseId): string {
  return benchmarkCases.find(({ id }) => id === caseId)?.title ?? caseId;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

function quotient(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
