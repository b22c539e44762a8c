import type { Result, Sample } from '../../benchmark/http/result.ts';

/** A window with unremarkable numbers, to be changed where a test cares. */
export function sampleWith(changes: Partial<Sample> = {}): Sample {
  const sample = {
    rps: 1000,
    p50Ms: 1,
    p99Ms: 2,
    cpuUs: 50,
    jsThreadUs: 40,
    rssMib: 80,
    peakRssMib: 90,
    requests: 3000,
  };
  return { ...sample, non2xx: 0, socketErrors: 0, ...changes };
}

/** A clean result with such a window. */
export function resultWith(changes: Partial<Result> = {}): Result {
  const result = { server: 'fastify', caseId: 'hello', connections: 64, tool: 'wrk', rounds: 5 } as const;
  return { ...result, medians: sampleWith(), non2xx: 0, socketErrors: 0, ...changes };
}
