/** What the server holds at a moment, as it says itself and as the system does. */
export interface Usage {
  /** Slots that are not free: requests in flight. */
  readonly slots: number;
  /** Flows that somebody holds on either side of the border. */
  readonly flows: number;
  /** Flows that JavaScript listens to. */
  readonly listening: number;
  readonly connections: number;
  readonly descriptors: number;
  readonly temporaryFiles: number;
}

/** Resident memory after a forced collection, at a time of the run. */
export interface MemorySample {
  readonly seconds: number;
  readonly mib: number;
}

/** All that is judged at the end of a run. */
export interface Outcome {
  /** Once every feature had been used once, and all was quiet. */
  readonly before: Usage;
  /** After the run, once all was quiet, or never was. */
  readonly after: Usage;
  readonly memory: readonly MemorySample[];
  /** Wrong answers, and clients that were not dealt with in time: one sentence each. */
  readonly faults: readonly string[];
  readonly stillServes: boolean;
}

/** MiB by which memory may seem to grow over the second half of a run, by its slope, however long it is. */
export const growthLimitMib = 16;

/** @returns one sentence for each thing that is not as it should be. */
export function findLeaks({ before, after, memory, faults, stillServes }: Outcome): string[] {
  const leaks = [...faults];
  const none = ['slots', 'flows', 'listening', 'connections', 'temporaryFiles'] as const;
  for (const name of none) {
    if (after[name] !== 0) leaks.push(`${after[name]} ${name} left, where none should be`);
  }
  if (after.descriptors > before.descriptors) {
    leaks.push(`${after.descriptors} descriptors, where there were ${before.descriptors} before`);
  }
  const growth = growthOfSecondHalf(memory);
  if (growth > growthLimitMib) {
    leaks.push(`memory grows: by ${growth.toFixed(1)} MiB over the second half, where ${growthLimitMib} may be chance`);
  }
  if (!stillServes) leaks.push('the server serves no more');
  return leaks;
}

/**
 * How much memory grew over the second half of the samples, in MiB: by the median of the slopes between any two of them,
 * which a few samples in the middle of a burst do not move.
 */
export function growthOfSecondHalf(memory: readonly MemorySample[]): number {
  const half = memory.slice(memory.length >> 1);
  const [first, last] = [half[0], half.at(-1)];
  if (first === undefined || last === undefined || half.length < 4) {
    throw new Error('too few samples of memory to judge it by: the run was too short');
  }
  const slopes = half.flatMap((a, index) =>
    half.slice(index + 1).map((b) => (b.mib - a.mib) / (b.seconds - a.seconds)),
  );
  const sorted = slopes.toSorted((a, b) => a - b);
  return (sorted[sorted.length >> 1] as number) * (last.seconds - first.seconds);
}
