/**
 * covet-router beside find-my-way: the same tables, the same look-ups, one run.
 *
 * Builds and runs `crates/router/examples/lookup.rs`, then times find-my-way in this process, and prints one JSON line
 * per router and table plus the ratio. `--check` exits with 1 when covet is not at least twice as fast.
 *
 *     npx tsx benchmark/router/find-my-way.ts [--check] [--rounds 5] [--round-ms 300]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import FindMyWay, { type HTTPMethod } from 'find-my-way';

interface Table {
  readonly routes: readonly (readonly [HTTPMethod, string])[];
  readonly lookups: readonly (readonly [HTTPMethod, string])[];
}

interface Result {
  readonly router: string;
  readonly table: string;
  readonly routes: number;
  readonly lookups: number;
  /** How many look-ups found a route, and the length of all their (ASCII) values: both routers must agree. */
  readonly found: number;
  readonly params_bytes: number;
  readonly ns_per_lookup: number;
}

/** The least ratio that `--check` accepts. */
const TARGET = 2;

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    'round-ms': { type: 'string', default: '300' },
  },
});
const rounds = Number(options.rounds);
const roundMs = Number(options['round-ms']);
if (!Number.isInteger(rounds) || rounds < 1 || !(roundMs > 0)) {
  throw new TypeError('--rounds and --round-ms take positive numbers');
}

/** `{name}` and `{*rest}` in find-my-way's words. */
const toFindMyWay = (pattern: string): string => pattern.replace(/\{\*\w+\}/g, '*').replace(/\{(\w+)\}/g, ':$1');

function lookUp(router: ReturnType<typeof FindMyWay>, lookups: Table['lookups']): { found: number; bytes: number } {
  let found = 0;
  let bytes = 0;
  for (const [method, path] of lookups) {
    const route = router.find(method, path);
    if (route === null) continue;
    found++;
    for (const name in route.params) bytes += route.params[name]!.length;
  }
  return { found, bytes };
}

function measure(file: string): Result {
  const table = JSON.parse(readFileSync(file, 'utf8')) as Table;
  const router = FindMyWay();
  for (const [method, pattern] of table.routes) router.on(method, toFindMyWay(pattern), () => undefined);

  const { found, bytes } = lookUp(router, table.lookups);
  const timings: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    let passes = 0;
    let elapsed = 0;
    do {
      lookUp(router, table.lookups);
      passes++;
      elapsed = performance.now() - start;
    } while (elapsed < roundMs);
    timings.push((elapsed * 1e6) / passes / table.lookups.length);
  }
  timings.shift(); // The first round warms up.
  timings.sort((a, b) => a - b);
  return {
    router: 'find-my-way',
    table: basename(file, '.json'),
    routes: table.routes.length,
    lookups: table.lookups.length,
    found,
    params_bytes: bytes,
    ns_per_lookup: timings[rounds >> 1]!,
  };
}

/** The Rust side, for all files at once; built first so that no compiler runs beside a measurement. */
function measureCovet(files: readonly string[]): Result[] {
  const manifest = fileURLToPath(new URL('../../crates/router/Cargo.toml', import.meta.url));
  const example = ['--release', '--quiet', '--manifest-path', manifest, '--example', 'lookup'];
  execFileSync('cargo', ['build', ...example], { stdio: 'inherit' });
  const output = execFileSync('cargo', ['run', ...example, '--', String(roundMs), String(rounds), ...files]);
  return output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Result);
}

const files = ['github', 'synthetic'].map((name) => fileURLToPath(new URL(`./tables/${name}.json`, import.meta.url)));
const covet = measureCovet(files);
for (const [at, file] of files.entries()) {
  const ours = covet[at]!;
  const theirs = measure(file);
  if (ours.found !== theirs.found || ours.params_bytes !== theirs.params_bytes) {
    throw new Error(`the routers disagree on ${ours.table}: ${JSON.stringify([ours, theirs])}`);
  }
  const speedup = Number((theirs.ns_per_lookup / ours.ns_per_lookup).toFixed(2));
  for (const line of [ours, theirs, { table: ours.table, speedup, target: TARGET }]) console.log(JSON.stringify(line));
  if (options.check && speedup < TARGET) process.exitCode = 1;
}
