import type { BenchmarkCase } from './benchmark-case.ts';
import { bodyCases } from './body-cases.ts';
import { dataCases } from './data-cases.ts';
import { routeCases } from './route-cases.ts';

/** Every case, in the order it is measured. */
export const benchmarkCases: readonly BenchmarkCase[] = [...routeCases, ...bodyCases, ...dataCases];

/** The number of connections at which a case is judged, and gets its windows at the fixed rate. */
export function judgedConnections(connections: readonly number[]): number {
  return connections.includes(64) ? 64 : (connections[0] as number);
}
