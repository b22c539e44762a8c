import type { BenchmarkCase, CaseId, RouteCaseId } from './benchmark-case.ts';
import { benchmarkCases, judgedConnections } from './cases.ts';
import { suites } from './peers.ts';
import type { PeerName } from './peers.ts';
import { findResult, isClean } from './result.ts';
import type { Result } from './result.ts';

/** A number Covet is to reach, and whether it did. */
export interface Requirement {
  readonly what: string;
  readonly caseId: CaseId;
  readonly target: string;
  /** Absent when one of the two servers was not timed there. */
  readonly measured?: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

interface Rule {
  readonly what: string;
  readonly target: string;
  readonly isMet: (measured: number) => boolean;
  /** Absent: every case of the suite. */
  readonly concerns?: (benchmarkCase: BenchmarkCase) => boolean;
  readonly measure: (find: Find, benchmarkCase: BenchmarkCase) => number | undefined;
}

type Find = (server: PeerName, caseId: CaseId, connections: number) => Result | undefined;
type Read = (result: Result) => number | undefined;

/** How long the user's own code of each case takes, in µs. */
export type UserCodeUs = Readonly<Record<RouteCaseId, number>>;

function atLeast(limit: number): Pick<Rule, 'target' | 'isMet'> {
  return { target: `≥ ${limit}x Fastify`, isMet: (measured) => measured >= limit };
}

function atMost(limit: number, unit: string): Pick<Rule, 'target' | 'isMet'> {
  return { target: `≤ ${limit}${unit}`, isMet: (measured) => measured <= limit };
}

function ratio(find: Find, caseId: CaseId, connections: number, read: Read): number | undefined {
  const covet = find('covet', caseId, connections);
  const fastify = find('fastify', caseId, connections);
  return quotient(covet && read(covet), fastify && read(fastify));
}

function quotient(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

const speed: Read = ({ medians }) => medians?.rps;
const cpu: Read = ({ medians }) => medians?.cpuUs;

function routeRules(userCodeUs: UserCodeUs): readonly Rule[] {
  return [
    {
      what: 'requests per second at 64 connections',
      ...atLeast(1.6),
      measure: (find, { id }) => ratio(find, id, 64, speed),
    },
    {
      what: 'requests per second at 8 connections',
      ...atLeast(1.2),
      measure: (find, { id }) => ratio(find, id, 8, speed),
    },
    {
      what: 'CPU per request at 64 connections',
      ...atMost(0.75, 'x Fastify'),
      measure: (find, { id }) => ratio(find, id, 64, cpu),
    },
    {
      what: 'p99 at the fixed rate, 64 connections',
      ...atMost(1, 'x Fastify'),
      measure: (find, { id }) => ratio(find, id, 64, ({ atRate }) => atRate?.p99Ms),
    },
    {
      what: 'JS thread per request beyond user code, 64 connections',
      ...atMost(2, ' µs'),
      measure: (find, { id }) => {
        const spent = find('covet', id, 64)?.medians?.jsThreadUs;
        return spent === undefined ? undefined : spent - userCodeUs[id as RouteCaseId];
      },
    },
    {
      what: 'memory (RSS) after load at 64 connections',
      ...atMost(1.2, 'x Fastify'),
      measure: (find, { id }) => ratio(find, id, 64, ({ medians }) => medians?.rssMib),
    },
  ];
}

function ratioWhereJudged(find: Find, { id, connections }: BenchmarkCase, read: Read): number | undefined {
  return ratio(find, id, judgedConnections(connections), read);
}

/** How many times ahead, in requests per second or in CPU per request: in the one that is further ahead. */
function advantage(find: Find, benchmarkCase: BenchmarkCase): number | undefined {
  const rps = ratioWhereJudged(find, benchmarkCase, speed);
  const cpuRatio = ratioWhereJudged(find, benchmarkCase, cpu);
  return rps === undefined || cpuRatio === undefined ? undefined : Math.max(rps, 1 / cpuRatio);
}

const isUpload = ({ id }: BenchmarkCase): boolean => id === 'upload' || id === 'upload-form';
/** Whether a server can be faster at it than another; streams of events that come by the clock are all as fast. */
const hasSpeed = ({ load }: BenchmarkCase): boolean => load !== 'events';

const bodyRules: readonly Rule[] = [
  {
    what: 'requests per second',
    ...atLeast(1),
    concerns: hasSpeed,
    measure: (find, each) => ratioWhereJudged(find, each, speed),
  },
  {
    what: 'CPU per request',
    ...atMost(1, 'x Fastify'),
    measure: (find, each) => ratioWhereJudged(find, each, cpu),
  },
  {
    what: 'requests per second or CPU per request, where the work is in Rust',
    ...atLeast(2),
    concerns: ({ isRust = false }) => isRust,
    measure: advantage,
  },
  {
    what: 'requests per second of uploads',
    ...atLeast(3),
    concerns: isUpload,
    measure: (find, each) => ratioWhereJudged(find, each, speed),
  },
  {
    what: 'p99 at the fixed rate',
    ...atMost(1, 'x Fastify'),
    concerns: hasSpeed,
    measure: (find, each) => ratioWhereJudged(find, each, ({ atRate }) => atRate?.p99Ms),
  },
  {
    what: 'p99 of an event under way',
    ...atMost(1, 'x Fastify'),
    concerns: (each) => !hasSpeed(each),
    measure: (find, each) => ratioWhereJudged(find, each, ({ medians }) => medians?.p99Ms),
  },
];

function toPeer(find: Find, { id, connections }: BenchmarkCase, peer: PeerName, read: Read): number | undefined {
  const at = judgedConnections(connections);
  const covet = find('covet', id, at);
  const other = find(peer, id, at);
  return quotient(covet && read(covet), other && read(other));
}

/** Ahead of a peer: in speed, in what it costs, and in how long the slowest take. */
function aheadOf(peer: PeerName, title: string): readonly Rule[] {
  const isLower = { target: `≤ 1x ${title}`, isMet: (measured: number): boolean => measured <= 1 };
  return [
    {
      what: 'requests per second',
      target: `≥ 1x ${title}`,
      isMet: (measured) => measured >= 1,
      measure: (find, each) => toPeer(find, each, peer, speed),
    },
    { what: 'CPU per request', ...isLower, measure: (find, each) => toPeer(find, each, peer, cpu) },
    {
      what: 'p99 at the fixed rate',
      ...isLower,
      measure: (find, each) => toPeer(find, each, peer, ({ atRate }) => atRate?.p99Ms),
    },
  ];
}

const dataRules: readonly Rule[] = [
  {
    what: 'CPU per request with covet/data',
    ...atMost(1.1, 'x plain pg in the same server'),
    concerns: ({ id }) => id !== 'cached',
    measure: (find, each) => toPeer(find, each, 'covet-pg', cpu),
  },
  {
    what: 'requests per second of cached reads',
    target: '≥ 5x the uncached',
    isMet: (measured) => measured >= 5,
    concerns: ({ id }) => id === 'cached',
    measure: (find, { connections }) => {
      const at = judgedConnections(connections);
      return quotient(find('covet', 'cached', at)?.medians?.rps, find('covet', 'row', at)?.medians?.rps);
    },
  },
  ...aheadOf('fastify', 'Fastify'),
  ...aheadOf('nest', 'NestJS'),
];

/**
 * Judges every number Covet is to reach, case by case. A result with errors in it counts as not measured: speed at
 * which requests fail is none.
 */
export function judge(
  results: readonly Result[],
  userCodeUs: UserCodeUs,
  cases: readonly BenchmarkCase[] = benchmarkCases,
): Requirement[] {
  const find: Find = (server, caseId, connections) => {
    const result = findResult(results, server, caseId, connections);
    return result !== undefined && isClean(result) ? result : undefined;
  };
  const rulesOf = { routes: routeRules(userCodeUs), bodies: bodyRules, data: dataRules };
  return suites.flatMap((suite) =>
    rulesOf[suite].flatMap(({ what, target, isMet, measure, concerns }) =>
      cases
        .filter((each) => each.suite === suite && (concerns === undefined || concerns(each)))
        .map((each): Requirement => {
          const { id: caseId } = each;
          const measured = measure(find, each);
          if (measured === undefined) return { what, caseId, target, verdict: 'not measured' };
          return { what, caseId, target, measured, verdict: isMet(measured) ? 'met' : 'missed' };
        }),
    ),
  );
}
