import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { benchmarkRoot, buildRoot } from './paths.ts';

const routePeers = ['covet', 'fastify', 'bun', 'node', 'hono', 'express', 'nest', 'brahma'] as const;
/** `covet-pg` is Covet's server with plain `pg` in its handlers: what `covet/data` adds to is told by it. */
export const peerNames = [...routePeers, 'covet-pg'] as const;
export type PeerName = (typeof peerNames)[number];

/** Cases that share one program for each server: what `servers/`, `servers/bodies/` and `servers/data/` hold. */
export const suites = ['routes', 'bodies', 'data'] as const;
export type Suite = (typeof suites)[number];

/** Who has a program for a suite. */
export const suitePeers: Readonly<Record<Suite, readonly PeerName[]>> = {
  routes: routePeers,
  bodies: ['covet', 'fastify', 'bun', 'hono'],
  data: ['covet', 'covet-pg', 'fastify', 'nest', 'node'],
};

/** How a server is started, and which version of what it is. */
export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Variables of its environment, beside our own. */
  readonly env?: Readonly<Record<string, string>>;
}

const require = createRequire(join(benchmarkRoot, 'package.json'));

const titles: Readonly<Record<PeerName, string>> = {
  covet: 'Covet',
  fastify: 'Fastify',
  bun: 'Bun.serve',
  node: 'node:http',
  hono: 'Hono on @hono/node-server',
  express: 'Express',
  nest: 'NestJS on Fastify',
  brahma: 'brahma-firelight',
  'covet-pg': 'Covet without covet/data',
};

const folders: Readonly<Record<Suite, string>> = {
  routes: 'servers',
  bodies: 'servers/bodies',
  data: 'servers/data',
};

const packages: Readonly<Partial<Record<PeerName, readonly string[]>>> = {
  fastify: ['fastify'],
  hono: ['hono', '@hono/node-server'],
  express: ['express'],
  nest: ['@nestjs/core', 'fastify'],
  brahma: ['brahma-firelight'],
};

/** With what each speaks to the database. */
const dataPackages: Readonly<Partial<Record<PeerName, readonly string[]>>> = {
  covet: ['pg'],
  'covet-pg': ['pg'],
  fastify: ['@fastify/postgres', 'pg', 'lru-cache'],
  nest: ['@nestjs/typeorm', 'typeorm', 'pg', '@nestjs/cache-manager', 'cache-manager'],
  node: ['pg'],
};

/**
 * Describes how to start a peer's program for a suite.
 *
 * @throws Error when the peer cannot be started on this machine, saying what is missing.
 */
export function findPeer(name: PeerName, suite: Suite): Peer {
  const script = join(buildRoot, folders[suite], `${name}.js`);
  if (name === 'bun') {
    const command = findBun();
    const version = execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
    return { name, title: titles.bun, version, command, args: [script] };
  }
  const parts = suite === 'data' ? (dataPackages[name] ?? []) : [];
  const version = [versionOf(name), ...parts.map((part) => `${part} ${packageVersion(part)}`)].join(' with ');
  return { name, title: titles[name], version, command: process.execPath, args: [script] };
}

/** The version of a package installed for the benchmark, such as `autocannon`. */
export function packageVersion(name: string): string {
  // Not through require.resolve: most packages do not export their package.json.
  const path = join(benchmarkRoot, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function versionOf(name: PeerName): string {
  if (name === 'node') return process.versions.node;
  if (name === 'covet' || name === 'covet-pg') {
    const path = join(benchmarkRoot, '..', 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  }
  return (packages[name] ?? []).map((part) => packageVersion(part)).join(' / ');
}

/**
 * Finds Bun's binary. The `bun` package itself holds a placeholder until its install script has run, which many
 * machines forbid; the binary comes in a package of its own for each platform.
 */
function findBun(): string {
  const architecture = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const file = process.platform === 'win32' ? 'bun.exe' : 'bun';
  const tried: string[] = [];
  for (const suffix of ['', '-musl', '-baseline', '-musl-baseline']) {
    const name = `@oven/bun-${process.platform}-${architecture}${suffix}`;
    try {
      const binary = join(dirname(require.resolve(`${name}/package.json`)), 'bin', file);
      execFileSync(binary, ['--version'], { stdio: 'ignore' });
      return binary;
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  throw new Error(`no binary of Bun runs here (${tried.join('; ')})`);
}
