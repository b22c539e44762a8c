import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

/** What a process and its descendants have used since they started. */
export interface ProcessUsage {
  /** User and system time of the process and all its descendants, in µs; the kernel counts in steps of 10 ms. */
  readonly cpuUs: number;
  /** Time the main thread, which runs the JavaScript of every server here, spent on a core, in µs. */
  readonly mainThreadUs: number;
}

// USER_HZ, the unit of utime and stime in /proc/<pid>/stat, is part of the kernel's ABI: 100 on every port that
// Node runs on.
const usPerTick = 10_000;

/** Reads what the process and its descendants have used so far. Linux only. */
export function readUsage(pid: number): ProcessUsage {
  let ticks = 0;
  for (const each of processTree(pid)) ticks += parseStatTicks(readFileSync(`/proc/${each}/stat`, 'utf8'));
  const schedstat = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
  return { cpuUs: ticks * usPerTick, mainThreadUs: parseSchedstatNs(schedstat) / 1000 };
}

/** Resident memory of the process and its descendants, in MiB. Linux only. */
export function readRssMib(pid: number): number {
  let kib = 0;
  for (const each of processTree(pid)) kib += parseVmRssKib(readFileSync(`/proc/${each}/status`, 'utf8'));
  return kib / 1024;
}

/** Begins to keep the peak of resident memory of the process and its descendants anew. Linux only. */
export function resetPeakRss(pid: number): void {
  // 5: "reset the peak resident set size" (proc_pid_clear_refs(5)).
  for (const each of processTree(pid)) writeFileSync(`/proc/${each}/clear_refs`, '5');
}

/** The most that was resident since {@link resetPeakRss}, in MiB: the sum of each process's own peak. Linux only. */
export function readPeakRssMib(pid: number): number {
  let kib = 0;
  for (const each of processTree(pid)) kib += parseVmHwmKib(readFileSync(`/proc/${each}/status`, 'utf8'));
  return kib / 1024;
}

/** `utime + stime` out of `/proc/<pid>/stat`, in clock ticks; the command name may hold spaces and brackets. */
export function parseStatTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return toNumber(fields[11], 'utime') + toNumber(fields[12], 'stime');
}

/** The time spent on a core out of a `schedstat` file, in ns. */
export function parseSchedstatNs(schedstat: string): number {
  return toNumber(schedstat.split(' ')[0], 'time on a core');
}

/** `VmRSS` out of `/proc/<pid>/status`, in KiB. */
export function parseVmRssKib(status: string): number {
  return toNumber(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1], 'VmRSS');
}

/** `VmHWM`, the peak, out of `/proc/<pid>/status`, in KiB. */
export function parseVmHwmKib(status: string): number {
  return toNumber(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1], 'VmHWM');
}

function processTree(root: number): number[] {
  const pids = [root];
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
      if (children !== '') pids.push(...children.split(' ').map(Number));
    }
  }
  return pids;
}

function toNumber(text: string | undefined, what: string): number {
  const number = Number(text);
  if (text === undefined || text === '' || !Number.isFinite(number)) throw new Error(`the kernel tells no ${what}`);
  return number;
}
