import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type as systemName } from 'node:os';

import { benchmarkRoot } from './paths.ts';
import { packageVersion } from './peers.ts';

/** Where and with what a run was made. */
export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly commit: string;
  /** Versions of the load generators. */
  readonly tools: string;
  /** The machine's load average when the run began: others at work spoil the numbers. */
  readonly loadAverage: number;
  readonly date: string;
}

export function readEnvironment(wrkVersion: string | undefined): Environment {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    kernel: `${systemName()} ${release()}`,
    node: process.version,
    commit: readCommit(),
    tools: `wrk ${wrkVersion ?? 'not installed'}, autocannon ${packageVersion('autocannon')}`,
    loadAverage: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  };
}

function readCommit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: benchmarkRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD');
    return git('status', '--porcelain') === '' ? commit : `${commit} with changes`;
  } catch {
    // An unpacked archive, or a repository without its first commit.
    return 'none';
  }
}
