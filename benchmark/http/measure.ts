import type { BenchmarkCase } from './benchmark-case.ts';
import type { LoadProcess, Tool } from './load-process.ts';
import type { LoadJob } from './load/job.ts';
import type { Options } from './options.ts';
import type { Peer } from './peers.ts';
import { readPeakRssMib, readRssMib, readUsage, resetPeakRss } from './process-usage.ts';
import type { Result, Sample } from './result.ts';
import { roundOrder } from './round-order.ts';
import { ServerProcess } from './server-process.ts';
import { medianSample, total } from './statistics.ts';
import { findFaults } from './verify.ts';
import type { Witness } from './verify.ts';

/** The share of the slowest server's speed that is the fixed rate: every server has slack there. */
const rateShare = 0.6;

/** What a group of windows is about. */
export interface Group {
  readonly benchmarkCase: BenchmarkCase;
  readonly connections: number;
  /** Whether windows at the fixed rate follow those at full speed. */
  readonly hasRate: boolean;
}

/** What windows are taken with. */
export interface Setting {
  readonly load: LoadProcess;
  readonly tool: Tool;
  readonly options: Options;
  readonly log: (line: string) => void;
  /** Where the servers share a database. */
  readonly witness?: Witness;
}

interface Contender {
  readonly peer: Peer;
  readonly server?: ServerProcess;
  readonly samples: Sample[];
  readonly atRate: Sample[];
  problem?: string;
}

/**
 * Measures one case at one number of connections: each server in a fresh process, alive throughout and loaded in
 * turn, round after round, so that what the machine does meanwhile falls on all of them.
 */
export async function measureGroup(peers: readonly Peer[], group: Group, setting: Setting): Promise<Result[]> {
  const { benchmarkCase, connections } = group;
  const { options } = setting;
  const contenders: Contender[] = [];
  const takeRounds = async (rate?: number): Promise<void> => {
    const { request, load = 'requests' } = benchmarkCase;
    const job = { request, load, connections, seconds: options.seconds };
    for (let round = 0; round < options.rounds; round += 1) {
      for (const index of roundOrder(contenders.length, round)) {
        await takeWindow(contenders[index]!, benchmarkCase, rate === undefined ? job : { ...job, rate }, setting);
      }
    }
  };
  try {
    for (const peer of peers) {
      const contender = await startContender(peer, benchmarkCase, setting.witness);
      if (contender.problem !== undefined) setting.log(`${peer.name}: ${contender.problem}`);
      contenders.push(contender);
    }
    await takeRounds();
    const rate = group.hasRate ? (options.rate ?? findRate(contenders)) : undefined;
    if (rate !== undefined) {
      setting.log(`${benchmarkCase.id} at ${connections} connections: fixed rate of ${rate}/s`);
      await takeRounds(rate);
    }
    return contenders.map((contender) => toResult(contender, group, setting.tool, rate));
  } finally {
    await Promise.all(contenders.map(async ({ server }) => server?.stop()));
  }
}

async function startContender(peer: Peer, benchmarkCase: BenchmarkCase, witness?: Witness): Promise<Contender> {
  const contender = { peer, samples: [], atRate: [] };
  let server: ServerProcess;
  try {
    server = await ServerProcess.start(peer);
  } catch (error) {
    return { ...contender, problem: toMessage(error) };
  }
  const faults = await findFaults(server.port, [benchmarkCase], witness);
  return faults.length === 0 ? { ...contender, server } : { ...contender, server, problem: faults.join('; ') };
}

async function takeWindow(
  contender: Contender,
  benchmarkCase: BenchmarkCase,
  job: Omit<LoadJob, 'port'>,
  setting: Setting,
): Promise<void> {
  const { server, peer, problem } = contender;
  if (server === undefined || problem !== undefined) return;
  const samples = job.rate === undefined ? contender.samples : contender.atRate;
  try {
    const sample = await loadServer(server, { ...job, port: server.port }, setting);
    samples.push(sample);
    setting.log(`${benchmarkCase.id} c=${job.connections} ${peer.name}: ${describe(sample)}`);
    const faults = await findFaults(server.port, [benchmarkCase], setting.witness);
    if (faults.length > 0) contender.problem = `wrong after a window: ${faults.join('; ')}`;
  } catch (error) {
    contender.problem = toMessage(error);
  }
  // Its end explains whatever was seen of it, a refused connection for example.
  if (server.end !== undefined) contender.problem = `the server ${server.end}`;
  if (contender.problem !== undefined) setting.log(`${peer.name}: ${contender.problem}`);
}

async function loadServer(server: ServerProcess, job: LoadJob, { load, tool, options }: Setting): Promise<Sample> {
  const warmUp = await load.run(tool, { ...job, seconds: options.warmUpSeconds });
  const loopBefore = await server.loopActiveMs();
  resetPeakRss(server.pid);
  const before = readUsage(server.pid);
  const result = await load.run(tool, job);
  const after = readUsage(server.pid);
  const loopAfter = await server.loopActiveMs();
  const { requests } = result;
  if (requests === 0) throw new Error('not one request was answered');
  const hasLoop = loopBefore !== undefined && loopAfter !== undefined;
  return {
    rps: requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuUs: (after.cpuUs - before.cpuUs) / requests,
    jsThreadUs: (after.mainThreadUs - before.mainThreadUs) / requests,
    ...(hasLoop ? { loopUs: ((loopAfter - loopBefore) * 1000) / requests } : {}),
    rssMib: readRssMib(server.pid),
    peakRssMib: readPeakRssMib(server.pid),
    requests,
    non2xx: result.non2xx + warmUp.non2xx,
    socketErrors: result.socketErrors + warmUp.socketErrors,
  };
}

function findRate(contenders: readonly Contender[]): number | undefined {
  const speeds = contenders
    .filter(({ problem, samples }) => problem === undefined && samples.length > 0)
    .map(({ samples }) => medianSample(samples).rps);
  return speeds.length === 0 ? undefined : Math.floor(Math.min(...speeds) * rateShare);
}

function toResult(contender: Contender, group: Group, tool: Tool, rate: number | undefined): Result {
  const { peer, samples, atRate, problem } = contender;
  return {
    server: peer.name,
    caseId: group.benchmarkCase.id,
    connections: group.connections,
    tool,
    rounds: samples.length,
    ...(samples.length === 0 ? {} : { medians: medianSample(samples) }),
    ...(rate === undefined || atRate.length === 0 ? {} : { atRate: { ...medianSample(atRate), rate } }),
    non2xx: total(samples, 'non2xx') + total(atRate, 'non2xx'),
    socketErrors: total(samples, 'socketErrors') + total(atRate, 'socketErrors'),
    ...(problem === undefined ? {} : { problem }),
  };
}

function describe(sample: Sample): string {
  const errors = sample.non2xx + sample.socketErrors;
  const speed = `${Math.round(sample.rps)}/s, p99 ${sample.p99Ms.toFixed(2)} ms, CPU ${sample.cpuUs.toFixed(1)} µs`;
  return errors === 0 ? speed : `${speed}, ${errors} errors`;
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
