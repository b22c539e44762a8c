import type { CaseId } from './benchmark-case.ts';
import type { PeerName } from './peers.ts';
import { isClean } from './result.ts';
import type { Result } from './result.ts';

/** One measure of one case in which a peer is ahead of Covet. */
export interface Loss {
  readonly caseId: CaseId;
  readonly connections: number;
  readonly measure: string;
  readonly peer: PeerName;
  /** How many times better the peer is; above 1. */
  readonly factor: number;
}

interface Measure {
  readonly name: string;
  readonly read: (result: Result) => number | undefined;
  readonly isMoreBetter: boolean;
}

/** What servers are compared by. */
export const measures: readonly Measure[] = [
  { name: 'requests/s', read: ({ medians }) => medians?.rps, isMoreBetter: true },
  { name: 'p50', read: ({ medians }) => medians?.p50Ms, isMoreBetter: false },
  { name: 'p99', read: ({ medians }) => medians?.p99Ms, isMoreBetter: false },
  { name: 'p99 at the fixed rate', read: ({ atRate }) => atRate?.p99Ms, isMoreBetter: false },
  { name: 'CPU', read: ({ medians }) => medians?.cpuUs, isMoreBetter: false },
  { name: 'JS thread', read: ({ medians }) => medians?.jsThreadUs, isMoreBetter: false },
  { name: 'peak RSS', read: ({ medians }) => medians?.peakRssMib, isMoreBetter: false },
  { name: 'RSS', read: ({ medians }) => medians?.rssMib, isMoreBetter: false },
];

/** Everything in which a peer beats Covet, the worst first. Results with errors in them compare with nothing. */
export function findLosses(results: readonly Result[]): Loss[] {
  const clean = results.filter(isClean);
  return clean
    .filter(({ server }) => server === 'covet')
    .flatMap((ours) => clean.filter((theirs) => isRival(ours, theirs)).flatMap((theirs) => lossesTo(ours, theirs)))
    .toSorted((a, b) => b.factor - a.factor);
}

function isRival(ours: Result, theirs: Result): boolean {
  const isSameCell = theirs.caseId === ours.caseId && theirs.connections === ours.connections;
  // Covet with plain `pg` is ours as well; what it is ahead by has a requirement of its own.
  return isSameCell && theirs.server !== 'covet' && theirs.server !== 'covet-pg';
}

function lossesTo(ours: Result, theirs: Result): Loss[] {
  const losses: Loss[] = [];
  for (const { name, read, isMoreBetter } of measures) {
    const own = read(ours);
    const other = read(theirs);
    if (own === undefined || other === undefined) continue;
    const factor = isMoreBetter ? other / own : own / other;
    const { caseId, connections } = ours;
    if (factor > 1) losses.push({ caseId, connections, measure: name, peer: theirs.server, factor });
  }
  return losses;
}
