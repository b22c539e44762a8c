import { benchmarkCases } from './cases.ts';
import type { CaseId } from './cases.ts';
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
  readonly measure: (find: Find, caseId: CaseId) => number | undefined;
}

type Find = (server: 'covet' | 'fastify', caseId: CaseId, connections: number) => Result | undefined;

/** How long the user's own code of each case takes, in µs. */
export type UserCodeUs = Readonly<Record<CaseId, number>>;

function atLeast(limit: number): Pick<Rule, 'target' | 'isMet'> {
  return { target: `≥ ${limit}x Fastify`, isMet: (measured) => measured >= limit };
}

function atMost(limit: number, unit: string): Pick<Rule, 'target' | 'isMet'> {
  return { target: `≤ ${limit}${unit}`, isMet: (measured) => measured <= limit };
}

function ratio(
  find: Find,
  caseId: CaseId,
  connections: number,
  read: (result: Result) => number | undefined,
): number | undefined {
  const covet = find('covet', caseId, connections);
  const fastify = find('fastify', caseId, connections);
  const ours = covet && read(covet);
  const theirs = fastify && read(fastify);
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function rulesFor(userCodeUs: UserCodeUs): readonly Rule[] {
  return [
    {
      what: 'requests per second at 64 connections',
      ...atLeast(1.6),
      measure: (find, caseId) => ratio(find, caseId, 64, ({ medians }) => medians?.rps),
    },
    {
      what: 'requests per second at 8 connections',
      ...atLeast(1.2),
      measure: (find, caseId) => ratio(find, caseId, 8, ({ medians }) => medians?.rps),
    },
    {
      what: 'CPU per request at 64 connections',
      ...atMost(0.75, 'x Fastify'),
      measure: (find, caseId) => ratio(find, caseId, 64, ({ medians }) => medians?.cpuUs),
    },
    {
      what: 'p99 at the fixed rate, 64 connections',
      ...atMost(1, 'x Fastify'),
      measure: (find, caseId) => ratio(find, caseId, 64, ({ atRate }) => atRate?.p99Ms),
    },
    {
      what: 'JS thread per request beyond user code, 64 connections',
      ...atMost(2, ' µs'),
      measure: (find, caseId) => {
        const spent = find('covet', caseId, 64)?.medians?.jsThreadUs;
        return spent === undefined ? undefined : spent - userCodeUs[caseId];
      },
    },
    {
      what: 'memory (RSS) after load at 64 connections',
      ...atMost(1.2, 'x Fastify'),
      measure: (find, caseId) => ratio(find, caseId, 64, ({ medians }) => medians?.rssMib),
    },
  ];
}

/**
 * Judges every number Covet is to reach, case by case. A result with errors in it counts as not measured: speed at
 * which requests fail is none.
 */
export function judge(results: readonly Result[], userCodeUs: UserCodeUs): Requirement[] {
  const find: Find = (server, caseId, connections) => {
    const result = findResult(results, server, caseId, connections);
    return result !== undefined && isClean(result) ? result : undefined;
  };
  const ids = benchmarkCases.map(({ id }) => id);
  return rulesFor(userCodeUs).flatMap(({ what, target, isMet, measure }) =>
    ids.map((caseId): Requirement => {
      const measured = measure(find, caseId);
      if (measured === undefined) return { what, caseId, target, verdict: 'not measured' };
      return { what, caseId, target, measured, verdict: isMet(measured) ? 'met' : 'missed' };
    }),
  );
}
