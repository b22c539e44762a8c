import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RouteCaseId } from './benchmark-case.ts';
import { buildPrograms } from './build.ts';
import { judgedConnections } from './cases.ts';
import { openDataDatabase } from './data-database.ts';
import type { DataDatabase } from './data-database.ts';
import { readEnvironment } from './environment.ts';
import { LoadProcess } from './load-process.ts';
import type { Tool } from './load-process.ts';
import { findWrk } from './load/wrk.ts';
import { measureGroup } from './measure.ts';
import type { Setting } from './measure.ts';
import { connectionsOf, parseOptions, usage } from './options.ts';
import type { Options } from './options.ts';
import { benchmarkRoot } from './paths.ts';
import { findPeer, suitePeers, suites } from './peers.ts';
import type { Peer, PeerName, Suite } from './peers.ts';
import { renderReport } from './report.ts';
import type { Run } from './report.ts';
import type { UserCodeUs } from './requirements.ts';
import { isClean, toJsonLine } from './result.ts';
import type { Result } from './result.ts';
import { routeCases } from './route-cases.ts';
import { ServerProcess } from './server-process.ts';
import { databaseVariable } from './servers/data/fixtures.ts';
import { findFaults } from './verify.ts';

/** What `--write` writes. */
const reportFiles: Readonly<Record<Suite, string>> = {
  routes: 'RESULTS.md',
  bodies: 'RESULTS-BODIES.md',
  data: 'RESULTS-DATA.md',
};

let database: DataDatabase | undefined;

// Signals end the program through its exit handlers, which end the servers. The database goes before.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void closeDatabase().finally(() => process.exit(1)));
}

const log = (line: string): void => console.error(line);

process.exitCode = await main();

/** @returns the exit code: 0 when every server asked for was timed without an error. */
async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    log(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const wrkVersion = await findWrk();
  const environment = readEnvironment(wrkVersion);
  const tool = chooseTool(options.tool, wrkVersion);
  log(
    `Load from ${tool}. Others at work on this machine now spoil the numbers (load average ${environment.loadAverage}).`,
  );
  buildPrograms();

  const load = new LoadProcess();
  process.once('exit', () => load.stop());
  const userCodeUs = await measureUserCode(load);
  let isAllClean = true;
  for (const suite of suites) {
    const cases = options.cases.filter((each) => each.suite === suite);
    if (cases.length === 0) continue;
    const setting: Setting = { load, tool, options: { ...options, cases }, log };
    const { report, isClean: isSuiteClean } = await measureSuite(suite, setting, { environment, userCodeUs });
    isAllClean &&= isSuiteClean;
    if (!options.json) console.log(report);
    if (options.write) writeFileSync(join(benchmarkRoot, reportFiles[suite]), report);
  }
  load.stop();
  return isAllClean ? 0 : 1;
}

async function measureSuite(
  suite: Suite,
  setting: Setting,
  told: Pick<Run, 'environment' | 'userCodeUs'>,
): Promise<{ report: string; isClean: boolean }> {
  if (suite === 'data') database = await openDataDatabase();
  try {
    const shared = database === undefined ? {} : { witness: database.ask };
    const { peers, refused } = await admit(setting.options, suite);
    const results = await measureAll(peers, refused, { ...setting, ...shared });
    const run = { ...told, options: setting.options, tool: setting.tool, peers, refused, results };
    const report = renderReport(database === undefined ? run : { ...run, database: database.origin });
    return { report, isClean: results.every(isClean) };
  } finally {
    await closeDatabase();
  }
}

async function closeDatabase(): Promise<void> {
  const closing = database;
  database = undefined;
  await closing?.close();
}

function chooseTool(wanted: Options['tool'], wrkVersion: string | undefined): Tool {
  if (wanted === 'wrk' && wrkVersion === undefined)
    throw new Error('wrk is not installed; --tool autocannon needs nothing');
  if (wanted !== 'auto') return wanted;
  return wrkVersion === undefined ? 'autocannon' : 'wrk';
}

/**
 * Starts every server that has a program for the suite. One that answers a question of `routes` wrongly is not timed at
 * all; of the others, where each case is a feature of its own, it is left out of the case, by `measureGroup`.
 */
async function admit(
  { servers, cases }: Options,
  suite: Suite,
): Promise<{ peers: Peer[]; refused: Map<PeerName, string> }> {
  const peers: Peer[] = [];
  const refused = new Map<PeerName, string>();
  for (const name of suitePeers[suite].filter((each) => servers.includes(each))) {
    try {
      const found = findPeer(name, suite);
      const peer = database === undefined ? found : { ...found, env: { [databaseVariable]: database.url } };
      const server = await ServerProcess.start(peer);
      try {
        const faults = suite === 'routes' ? await findFaults(server.port, cases) : [];
        if (faults.length > 0) throw new Error(faults.join('; '));
        peers.push(peer);
      } finally {
        await server.stop();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`${name} is not timed: ${reason}`);
      refused.set(name, reason);
    }
  }
  return { peers, refused };
}

async function measureAll(
  peers: readonly Peer[],
  refused: ReadonlyMap<PeerName, string>,
  setting: Setting,
): Promise<Result[]> {
  const { options, tool } = setting;
  const results: Result[] = [];
  for (const benchmarkCase of options.cases) {
    const takesPart = (name: PeerName): boolean => benchmarkCase.servers?.includes(name) ?? true;
    const allConnections = connectionsOf(options, benchmarkCase);
    for (const connections of allConnections) {
      const hasRate = benchmarkCase.load !== 'events' && connections === judgedConnections(allConnections);
      const group = { benchmarkCase, connections, hasRate };
      const contenders = peers.filter(({ name }) => takesPart(name));
      const measured = await measureGroup(contenders, group, setting);
      for (const [server, problem] of refused) {
        if (!takesPart(server)) continue;
        const nothing = { rounds: 0, non2xx: 0, socketErrors: 0 };
        measured.push({ server, caseId: benchmarkCase.id, connections, tool, ...nothing, problem });
      }
      if (options.json) for (const result of measured) console.log(toJsonLine(result));
      results.push(...measured);
    }
  }
  return results;
}

async function measureUserCode(load: LoadProcess): Promise<UserCodeUs> {
  const measured = { hello: 0, user: 0, create: 0 };
  for (const { id, request } of routeCases)
    measured[id as RouteCaseId] = await load.measureUserCode(id as RouteCaseId, request);
  return measured;
}
