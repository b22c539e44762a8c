import type { Sample } from './result.ts';

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values to take the median of');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

/** The median of each measure on its own: one slow window spoils none of them. */
export function medianSample(samples: readonly Sample[]): Sample {
  const of = (measure: keyof Sample): number => median(samples.map((sample) => sample[measure] ?? 0));
  const hasLoop = samples.every((sample) => sample.loopUs !== undefined);
  return {
    rps: of('rps'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    cpuUs: of('cpuUs'),
    jsThreadUs: of('jsThreadUs'),
    ...(hasLoop ? { loopUs: of('loopUs') } : {}),
    rssMib: of('rssMib'),
    peakRssMib: of('peakRssMib'),
    requests: of('requests'),
    non2xx: of('non2xx'),
    socketErrors: of('socketErrors'),
  };
}

/** The sum of a measure over the samples. */
export function total(samples: readonly Sample[], measure: 'requests' | 'non2xx' | 'socketErrors'): number {
  return samples.reduce((sum, sample) => sum + sample[measure], 0);
}
