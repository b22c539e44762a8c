/** A job's contract: its name, what it is given, how often it is tried, and what does it. */
import type { InjectSpec, Resolve } from '../types/injectable.ts';
import type { InputOf, OutputOf, Schema } from '../types/schema.ts';

/** How long to wait before a failed job is tried again: `delay`, then twice that, up to `max`, each shortened by up to half. */
export interface Backoff {
  /** Milliseconds before the second attempt. Default 1000. */
  readonly delay?: number | undefined;
  /** The longest wait, in milliseconds. Default 3,600,000, an hour. pg-boss knows no such limit. */
  readonly max?: number | undefined;
}

/** What a job is made of. */
export interface JobSpec<S extends Schema = Schema, D extends InjectSpec = InjectSpec> {
  /** Checked when the job is added, and again when it is run: it may have been added by an older program. Must be JSON. */
  readonly payload: S;
  /** What the handler needs, opened for each attempt as for a request. */
  readonly deps?: D | undefined;
  /** How often it is tried at most, 1 to 100. Default 3. */
  readonly attempts?: number | undefined;
  readonly backoff?: Backoff | undefined;
  /**
   * Milliseconds an attempt may take, up to 23 hours; then its signal fires and it has failed. Default 60,000.
   */
  readonly timeout?: number | undefined;
}

/** What a handler gets beside its dependencies. */
export interface JobContext<P> {
  readonly payload: P;
  /** The same for all attempts: what an idempotent handler remembers. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Fires when the attempt has taken too long, or the application closes and does not wait any longer. */
  readonly signal: AbortSignal;
}

/** A job, as made by {@link defineJob}. */
export interface Job<S extends Schema = Schema> {
  readonly name: string;
  readonly payload: S;
  readonly deps: InjectSpec;
  readonly attempts: number;
  readonly backoff: Required<{ readonly [K in keyof Backoff]: number }>;
  readonly timeout: number;
  readonly handler: (context: never) => unknown;
}

/** What goes into a job. */
export type PayloadOf<J extends Job> = InputOf<J['payload']>;

const own = ['payload', 'id', 'attempt', 'signal'];

/** The longest an attempt may take: pg-boss gives up on a job after a day. */
const longest = 23 * 3_600_000;

/**
 * Defines a job. Jobs are done at least once: an attempt whose process died is made again, so let the handler be
 * idempotent, by `id` for instance.
 *
 * @example
 * ```ts
 * import { defineJob } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * export const SendWelcome = defineJob(
 *   'send-welcome',
 *   { payload: z.object({ email: z.email() }), attempts: 5 },
 *   async ({ payload, signal }) => {
 *     await fetch('https://mail.example/send', { method: 'POST', body: payload.email, signal });
 *   },
 * );
 * ```
 *
 * @throws TypeError when the name is none, or a dependency has a name the handler's context uses itself.
 * @throws RangeError when attempts, back-off or timeout are out of range.
 */
export function defineJob<S extends Schema, const D extends InjectSpec = Record<never, never>>(
  name: string,
  spec: JobSpec<S, D>,
  handler: (context: JobContext<OutputOf<S>> & Resolve<D>) => unknown,
): Job<S> {
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) {
    throw new TypeError(`A job's name is 1 to 100 letters, digits, '.', '_' or '-', not '${name}'`);
  }
  const deps: InjectSpec = spec.deps ?? {};
  for (const taken of own.filter((key) => key in deps)) {
    throw new TypeError(`Job '${name}': '${taken}' is the context's own, give the dependency another name`);
  }
  const { attempts = 3, timeout = 60_000 } = spec;
  const { delay = 1000, max = 3_600_000 } = spec.backoff ?? {};
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 100) {
    throw new RangeError(`Job '${name}': attempts must be an integer from 1 to 100, not ${attempts}`);
  }
  for (const [option, value] of Object.entries({ 'backoff.delay': delay, 'backoff.max': max, timeout })) {
    if (!(value > 0 && value <= longest)) {
      throw new RangeError(`Job '${name}': ${option} must be 1 to ${longest} milliseconds, not ${value}`);
    }
  }
  return Object.freeze({ name, payload: spec.payload, deps, attempts, backoff: { delay, max }, timeout, handler });
}

/**
 * Milliseconds to wait after a failed attempt. Half of the wait is left to chance, so that what failed together is not
 * tried again together.
 */
export function toWait({ delay, max }: Job['backoff'], attempt: number, chance: number = Math.random()): number {
  const full = Math.min(max, delay * 2 ** Math.min(attempt - 1, 40));
  return Math.ceil(full / 2 + (full / 2) * chance);
}
