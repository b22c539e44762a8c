import type { CaseId } from './benchmark-case.ts';
import type { Tool } from './load-process.ts';
import type { PeerName } from './peers.ts';

/** What one window of load showed of one server. */
export interface Sample {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** User and system time of the whole server, for each request. */
  readonly cpuUs: number;
  /** Time on a core of the thread that runs the JavaScript, for each request. */
  readonly jsThreadUs: number;
  /** Time its event loop was busy, for each request; absent where the runtime does not measure it. */
  readonly loopUs?: number;
  readonly rssMib: number;
  /** The most that was resident during the window. */
  readonly peakRssMib: number;
  readonly requests: number;
  readonly non2xx: number;
  readonly socketErrors: number;
}

/** The medians of one server's windows at one case and number of connections. */
export interface Result {
  readonly server: PeerName;
  readonly caseId: CaseId;
  readonly connections: number;
  readonly tool: Tool;
  /** Windows the medians are of. */
  readonly rounds: number;
  /** Absent when the server could not be timed at all. */
  readonly medians?: Sample;
  /** The same at one rate for all servers; measured at one number of connections only. */
  readonly atRate?: Sample & { readonly rate: number };
  /** Over all windows, at full speed and at the fixed rate. */
  readonly non2xx: number;
  readonly socketErrors: number;
  /** Why the server was not timed, or not to the end. */
  readonly problem?: string;
}

/** Whether every request of the result was answered as it should be. */
export function isClean(result: Result): boolean {
  return result.problem === undefined && result.non2xx === 0 && result.socketErrors === 0;
}

/** The result of a server at a case and number of connections, if it was timed there. */
export function findResult(
  results: readonly Result[],
  server: PeerName,
  caseId: CaseId,
  connections: number,
): Result | undefined {
  return results.find((each) => each.server === server && each.caseId === caseId && each.connections === connections);
}

/** One line of `--json`. Numbers that do not exist, of a server that was not timed, are null. */
export function toJsonLine(result: Result): string {
  const { medians, atRate } = result;
  return JSON.stringify({
    server: result.server,
    case: result.caseId,
    connections: result.connections,
    rps: rounded(medians?.rps, 1),
    p50_ms: rounded(medians?.p50Ms, 3),
    p99_ms: rounded(medians?.p99Ms, 3),
    cpu_us_per_request: rounded(medians?.cpuUs, 3),
    rss_mib: rounded(medians?.rssMib, 1),
    js_thread_us_per_request: rounded(medians?.jsThreadUs, 3),
    loop_active_us_per_request: rounded(medians?.loopUs, 3),
    rate: atRate?.rate ?? null,
    rps_at_rate: rounded(atRate?.rps, 1),
    p50_ms_at_rate: rounded(atRate?.p50Ms, 3),
    p99_ms_at_rate: rounded(atRate?.p99Ms, 3),
    cpu_us_per_request_at_rate: rounded(atRate?.cpuUs, 3),
    peak_rss_mib: rounded(medians?.peakRssMib, 1),
    tool: result.tool,
    rounds: result.rounds,
    requests: medians?.requests ?? null,
    non_2xx: result.non2xx,
    socket_errors: result.socketErrors,
    error: result.problem ?? null,
  });
}

function rounded(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : Number(value.toFixed(digits));
}
