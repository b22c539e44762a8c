/** Jobs that the clock adds. */
import { importPeer } from '../internal/import-peer.ts';
import type { Job, PayloadOf } from './job.ts';

/** A job and when to add it, as made by {@link schedule}. */
export interface Schedule {
  readonly job: Job;
  readonly cron: string;
  readonly payload: (tick: Date) => unknown;
  readonly timezone: string | undefined;
  readonly name: string;
}

/** Options of {@link schedule}. */
export interface ScheduleOptions {
  /** An IANA time zone, `'Europe/Berlin'`. Default `'UTC'`. */
  readonly timezone?: string | undefined;
  /** Tells several schedules of one job apart. Default: the job's name and the expression. */
  readonly name?: string | undefined;
}

/**
 * Adds a job whenever a cron expression says so: five fields, or six with seconds first, as
 * [croner](https://croner.56k.guru) reads them; it has to be installed: `npm install croner`.
 *
 * Any number of processes may keep the same schedule: for each tick there is one job, whose id is the lock. The process
 * that adds it first wins, whoever else tries adds nothing, and no leader has to be alive for it. While the store is away it
 * is tried again, until the next tick. Ticks at which no process ran are not made up for.
 *
 * With `listen({ workers })` the first thread keeps the schedule alone. It does so from when the queue is opened there:
 * `app.onStart(() => app.resolve(queue))`.
 *
 * @param payload what the job gets, or a function of the tick.
 *
 * @example
 * ```ts
 * import { defineJob, jobs, schedule } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * const Report = defineJob('report', { payload: z.object({ day: z.iso.date() }) }, () => {});
 * export const queue = jobs({
 *   handlers: [Report],
 *   schedules: [schedule(Report, '0 6 * * 1-5', (tick) => ({ day: tick.toISOString().slice(0, 10) }))],
 * });
 * ```
 */
export function schedule<J extends Job>(
  job: J,
  cron: string,
  payload: PayloadOf<J> | ((tick: Date) => PayloadOf<J>),
  options: ScheduleOptions = {},
): Schedule {
  return {
    job,
    cron,
    payload: typeof payload === 'function' ? payload : () => payload,
    timezone: options.timezone,
    name: options.name ?? `${job.name} ${cron}`,
  };
}

/** A moment that a schedule names. */
export interface Tick {
  readonly at: Date;
  /** The one after; undefined for the last. */
  readonly next: Date | undefined;
}

/** Schedules that were read, and do nothing yet. */
export interface Clock {
  /** Calls `onTick` at every tick of every schedule from now on. */
  start(onTick: (due: Schedule, tick: Tick) => void): void;
  stop(): void;
}

/** @throws TypeError for an expression or a time zone that is none. */
export async function readSchedules(schedules: readonly Schedule[]): Promise<Clock> {
  if (schedules.length === 0) return { start: () => {}, stop: () => {} };
  const { Cron } = await importPeer(() => import('croner'), 'croner', 'schedules of jobs');
  let onTick: ((due: Schedule, tick: Tick) => void) | undefined;
  const crons = schedules.map((each) => {
    try {
      const options = { timezone: each.timezone ?? 'UTC', unref: true, paused: true };
      const cron = new Cron(each.cron, options, () => {
        // What the expression says, not what the clock says: the same tick in every process, however late each of them is.
        const [at = new Date()] = cron.previousRuns(1, new Date(Date.now() + 1));
        onTick?.(each, { at, next: cron.nextRun(at) ?? undefined });
      });
      return cron;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TypeError(`Schedule '${each.name}': ${reason}`, { cause });
    }
  });
  return {
    start: (listener) => {
      onTick = listener;
      for (const cron of crons) cron.resume();
    },
    stop: () => {
      for (const cron of crons) cron.stop();
    },
  };
}
