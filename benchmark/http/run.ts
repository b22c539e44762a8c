import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildPrograms } from './build.ts';
import { benchmarkCases } from './cases.ts';
import { readEnvironment } from './environment.ts';
import { LoadProcess } from './load-process.ts';
import type { Tool } from './load-process.ts';
import { findWrk } from './load/wrk.ts';
import { measureGroup } from './measure.ts';
import type { Setting } from './measure.ts';
import { parseOptions, usage } from './options.ts';
import type { Options } from './options.ts';
import { benchmarkRoot } from './paths.ts';
import { findPeer } from './peers.ts';
import type { Peer, PeerName } from './peers.ts';
import { renderReport } from './report.ts';
import type { UserCodeUs } from './requirements.ts';
import { isClean, toJsonLine } from './result.ts';
import type { Result } from './result.ts';
import { ServerProcess } from './server-process.ts';
import { findFaults } from './verify.ts';

// Signals end the program through its exit handlers, which end the servers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

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

  const { peers, refused } = await admit(options.servers);
  const load = new LoadProcess();
  process.once('exit', () => load.stop());
  const results = await measureAll(peers, refused, { load, tool, options, log });
  const userCodeUs = await measureUserCode(load);
  load.stop();

  const report = renderReport({ environment, options, tool, peers, refused, results, userCodeUs });
  if (!options.json) console.log(report);
  if (options.write) writeFileSync(join(benchmarkRoot, 'RESULTS.md'), report);
  return results.every(isClean) ? 0 : 1;
}

function chooseTool(wanted: Options['tool'], wrkVersion: string | undefined): Tool {
  if (wanted === 'wrk' && wrkVersion === undefined)
    throw new Error('wrk is not installed; --tool autocannon needs nothing');
  if (wanted !== 'auto') return wanted;
  return wrkVersion === undefined ? 'autocannon' : 'wrk';
}

/** Asks every server every question of every case; only those that answer all of them rightly are timed. */
async function admit(names: readonly PeerName[]): Promise<{ peers: Peer[]; refused: Map<PeerName, string> }> {
  const peers: Peer[] = [];
  const refused = new Map<PeerName, string>();
  for (const name of names) {
    try {
      const peer = findPeer(name);
      const server = await ServerProcess.start(peer);
      try {
        const faults = await findFaults(server.port, benchmarkCases);
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
  const rateConnections = options.connections.includes(64) ? 64 : options.connections[0];
  const results: Result[] = [];
  for (const benchmarkCase of options.cases) {
    for (const connections of options.connections) {
      const group = { benchmarkCase, connections, hasRate: connections === rateConnections };
      const measured = await measureGroup(peers, group, setting);
      for (const [server, problem] of refused) {
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
  for (const { id, request } of benchmarkCases) measured[id] = await load.measureUserCode(id, request);
  return measured;
}
