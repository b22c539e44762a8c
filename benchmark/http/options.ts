import { parseArgs } from 'node:util';

import type { BenchmarkCase } from './benchmark-case.ts';
import { benchmarkCases, judgedConnections } from './cases.ts';
import { peerNames, suites } from './peers.ts';
import type { PeerName, Suite } from './peers.ts';

/** What to measure and how long. */
export interface Options {
  readonly servers: readonly PeerName[];
  readonly cases: readonly BenchmarkCase[];
  /** Absent: those that each case has of its own. */
  readonly connections?: readonly number[];
  /** At one number of connections only, the one by which a case is judged. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** `auto` is wrk where it is installed, autocannon elsewhere. */
  readonly tool: 'auto' | 'autocannon' | 'wrk';
  /** Requests per second of the fixed-rate windows; absent: a share of what the slowest server carries. */
  readonly rate?: number;
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

function idsOf(suite: Suite): string {
  return benchmarkCases
    .filter((each) => each.suite === suite)
    .map(({ id }) => id)
    .join(', ');
}

export const usage = `npm run bench -- [options]

  --servers a,b       ${peerNames.join(', ')} (default: all)
  --cases a,b         routes (${idsOf('routes')}),
                      bodies (${idsOf('bodies')}),
                      data (${idsOf('data')}),
                      or single ones of them (default: all)
  --connections a,b   default 8,64,256 for routes, 64 for bodies and data, 8 for events
  --rounds n          windows of each server, interleaved; default 5
  --seconds n         length of a window; default 3, after a warm-up of 1
  --tool name         wrk or autocannon; default wrk where it is installed, else autocannon
  --rate n            requests per second of the fixed-rate windows; default 60 % of the slowest server's
  --quick             one round of one second at one number of connections: a look, not a measurement
  --json              one line of JSON for each result instead of tables
  --write             write benchmark/RESULTS.md (routes), RESULTS-BODIES.md and RESULTS-DATA.md, whichever were
                      measured
  --help              this text
`;

/**
 * Reads the command line.
 *
 * @throws Error that says which option is wrong and what it may be.
 */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      servers: { type: 'string' },
      cases: { type: 'string' },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      tool: { type: 'string', default: 'auto' },
      rate: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const chosenCases: readonly string[] = toChoices('cases', values.cases, [
    ...suites,
    ...benchmarkCases.map(({ id }) => id),
  ]);
  return {
    servers: toChoices('servers', values.servers, peerNames),
    cases: benchmarkCases.filter(({ id, suite }) => chosenCases.includes(id) || chosenCases.includes(suite)),
    ...(values.connections === undefined
      ? {}
      : { connections: values.connections.split(',').map((text) => toPositive('connections', text, true)) }),
    quick,
    rounds: toPositive('rounds', values.rounds ?? (quick ? '1' : '5'), true),
    seconds: toPositive('seconds', values.seconds ?? (quick ? '1' : '3'), false),
    warmUpSeconds: 1,
    tool: toChoices('tool', values.tool, ['auto', 'autocannon', 'wrk'] as const)[0] ?? 'auto',
    ...(values.rate === undefined ? {} : { rate: toPositive('rate', values.rate, false) }),
    json: values.json,
    write: values.write,
    help: values.help,
  };
}

/** The numbers of connections at which a case is measured. */
export function connectionsOf({ connections, quick }: Options, benchmarkCase: BenchmarkCase): readonly number[] {
  if (connections !== undefined) return connections;
  return quick ? [judgedConnections(benchmarkCase.connections)] : benchmarkCase.connections;
}

function toChoices<T extends string>(option: string, text: string | undefined, allowed: readonly T[]): readonly T[] {
  if (text === undefined) return allowed;
  return text.split(',').map((name) => {
    const choice = allowed.find((each) => each === name);
    if (choice === undefined) throw new Error(`--${option} knows no "${name}"; it may be ${allowed.join(', ')}`);
    return choice;
  });
}

function toPositive(option: string, text: string, isWhole: boolean): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)) || (isWhole && !Number.isInteger(value))) {
    throw new Error(`--${option} wants a ${isWhole ? 'whole ' : ''}number above 0, not "${text}"`);
  }
  return value;
}
