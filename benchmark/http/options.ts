import { parseArgs } from 'node:util';

import { benchmarkCases } from './cases.ts';
import type { BenchmarkCase } from './cases.ts';
import { peerNames } from './peers.ts';
import type { PeerName } from './peers.ts';

/** What to measure and how long. */
export interface Options {
  readonly servers: readonly PeerName[];
  readonly cases: readonly BenchmarkCase[];
  readonly connections: readonly number[];
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

export const usage = `npm run bench -- [options]

  --servers a,b       ${peerNames.join(', ')} (default: all)
  --cases a,b         ${benchmarkCases.map(({ id }) => id).join(', ')} (default: all)
  --connections a,b   default 8,64,256
  --rounds n          windows of each server, interleaved; default 5
  --seconds n         length of a window; default 3, after a warm-up of 1
  --tool name         wrk or autocannon; default wrk where it is installed, else autocannon
  --rate n            requests per second of the fixed-rate windows; default 60 % of the slowest server's
  --quick             one round of one second at 64 connections: a look, not a measurement
  --json              one line of JSON for each result instead of tables
  --write             write benchmark/RESULTS.md
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
  const caseIds = benchmarkCases.map(({ id }) => id);
  const chosenCases = toChoices('cases', values.cases, caseIds);
  return {
    servers: toChoices('servers', values.servers, peerNames),
    cases: benchmarkCases.filter(({ id }) => chosenCases.includes(id)),
    connections: (values.connections ?? (quick ? '64' : '8,64,256'))
      .split(',')
      .map((text) => toPositive('connections', text, true)),
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
