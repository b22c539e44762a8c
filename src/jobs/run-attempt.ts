import type { Injector } from '../di/injector.ts';
import { TimeoutError } from '../error.ts';
import type { Job } from './job.ts';

/** One attempt at a job. */
export interface Attempt {
  readonly job: Job;
  readonly payload: unknown;
  readonly id: string;
  readonly attempt: number;
  readonly injector: Injector;
  /** Fires when nobody waits any longer. */
  readonly stopping: AbortSignal;
}

/**
 * Calls a job's handler with its dependencies. An attempt that takes too long, or that nobody waits for any longer, has
 * failed there and then; whether the handler stops is its own affair, by the signal it got.
 *
 * @throws TimeoutError, the reason of `stopping`, or what the handler or a teardown throws.
 */
export async function runAttempt({ job, payload, id, attempt, injector, stopping }: Attempt): Promise<void> {
  stopping.throwIfAborted();
  const abort = new AbortController();
  const { signal } = abort;
  const onStop = (): void => abort.abort(stopping.reason);
  const late = new TimeoutError(`Job '${job.name}' took longer than ${job.timeout} ms`);
  const timer = setTimeout(() => abort.abort(late), job.timeout);
  stopping.addEventListener('abort', onStop);
  const handler = job.handler as (context: object) => unknown;
  try {
    await Promise.race([
      rejection(signal),
      injector.run(job.deps, (deps) => handler({ payload, id, attempt, signal, ...deps })),
    ]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', onStop);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
