import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { HttpRequest } from '../benchmark-case.ts';
import type { LoadJob, LoadResult } from './job.ts';

const timeoutSeconds = 5;

/**
 * Loads a server with wrk, on one thread: each connection sends its next request when the last is answered.
 *
 * wrk counts in whole seconds; a part of one is rounded up.
 */
export async function runWrk(job: LoadJob): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'covet-benchmark-'));
  try {
    const script = join(folder, 'request.lua');
    const body = join(folder, 'body');
    if (job.request.body !== undefined) writeFileSync(body, job.request.body);
    writeFileSync(script, toLuaScript(job.request, body));
    const seconds = Math.max(1, Math.ceil(job.seconds));
    const args = ['-t1', `-c${job.connections}`, `-d${seconds}s`, `--timeout=${timeoutSeconds}s`, '--latency'];
    const url = `http://127.0.0.1:${job.port}${job.request.path}`;
    return parseWrkReport(await run('wrk', [...args, '-s', script, url], seconds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The version of the installed wrk, or `undefined` where there is none. */
export async function findWrk(): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    // It prints its version with its usage, and counts that as a failure.
    execFile('wrk', ['-v'], (error, stdout) => {
      if (error !== null && error.code === 'ENOENT') resolve(undefined);
      else if (stdout.startsWith('wrk ')) resolve(stdout.split(' ')[1]);
      else reject(new Error('the program wrk is not the load generator', { cause: error }));
    });
  });
}

/** Reads the one line of numbers that the script's `done` adds to wrk's own report. */
export function parseWrkReport(report: string): LoadResult {
  const line = /^numbers (.*)$/m.exec(report)?.[1];
  if (line === undefined) throw new Error(`wrk reported no numbers: ${report.slice(0, 500)}`);
  const numbers = line.split(' ').map(Number);
  if (numbers.length !== 6 || numbers.some((number) => !Number.isFinite(number))) {
    throw new Error(`wrk reported these for numbers: ${line}`);
  }
  const [requests, microseconds, p50Us, p99Us, non2xx, socketErrors] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const seconds = microseconds / 1_000_000;
  return { requests, seconds, p50Ms: p50Us / 1000, p99Ms: p99Us / 1000, non2xx, socketErrors };
}

/** The script wrk runs: the request, whose body lies in `bodyFile`, and a report that a program can read. */
export function toLuaScript({ method, headers, body }: HttpRequest, bodyFile: string): string {
  const lines = [`wrk.method = ${toLuaString(method)}`];
  // wrk's own table of headers stays: it adds Host to it.
  lines.push('wrk.headers["Connection"] = "keep-alive"');
  for (const [name, value] of Object.entries(headers)) {
    lines.push(`wrk.headers[${toLuaString(name)}] = ${toLuaString(value)}`);
  }
  if (body !== undefined) lines.push(`wrk.body = io.open(${toLuaString(bodyFile)}, "rb"):read(${toLuaString('*a')})`);
  return `${lines.join('\n')}\n${reportInLua}`;
}

// errors.status counts answers above 399; a redirect cannot come from a server that answered rightly before.
const reportInLua = `
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("numbers %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status, failed))
end
`;

function toLuaString(text: string): string {
  // Every byte but letters and digits as a decimal escape: nothing in it can mean anything to Lua.
  const bytes = Array.from(Buffer.from(text));
  const isPlain = (byte: number): boolean => /[A-Za-z0-9]/.test(String.fromCharCode(byte));
  return `"${bytes.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`)).join('')}"`;
}

function run(command: string, args: readonly string[], seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: (seconds + 15) * 1000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} failed: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}
