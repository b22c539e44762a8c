import type { HttpRequest, RouteCaseId } from '../benchmark-case.ts';

/** What a load generator is to do. */
export interface LoadJob {
  readonly port: number;
  readonly request: HttpRequest;
  readonly connections: number;
  readonly seconds: number;
  /** Absent: `requests`. `events`: each connection listens to one event stream; a rate means nothing to it. */
  readonly load?: 'requests' | 'events';
  /** Requests per second to keep to; absent: as many as the connections carry, one at a time on each. */
  readonly rate?: number;
}

/** What came of it. */
export interface LoadResult {
  /** Requests answered, with whatever status. */
  readonly requests: number;
  /** How long it really took. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers with a status below 200 or above 299. */
  readonly non2xx: number;
  /** Connections that failed or closed, and requests never answered. */
  readonly socketErrors: number;
}

/** What the benchmark asks of the process that loads servers. */
export type WorkerQuestion =
  | { readonly kind: 'load'; readonly job: LoadJob }
  | { readonly kind: 'user-code'; readonly caseId: RouteCaseId; readonly request: HttpRequest };

/** What it gets back. */
export type WorkerAnswer = { readonly value: unknown } | { readonly error: string };
