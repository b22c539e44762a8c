/**
 * What still runs for requests when the server closes: handlers that nobody waits for, streams and their ends, tasks after
 * responses.
 * In: each of them, as it begins and ends. Out: at close, a wait for all of it; what is cut off is reported by its route.
 */
import { setImmediate } from 'node:timers/promises';

import { CovetError } from './error.ts';
import { tenantOfRequest } from './internal/work-scope.ts';
import type { Request } from './request.ts';

/** Hears of a fault, and of which route and whose request it was. */
export type OnFault = (error: unknown, route: string, tenant: string | undefined) => void;

/** Something that runs for a request. */
export interface Run {
  readonly request: Request;
  /** How a report names it. */
  readonly what: () => string;
  /** It is told that nobody waits for it any more. */
  readonly stop?: () => void;
}

export class RunningWork {
  readonly #onFault: OnFault;
  readonly #runs = new Set<Run>();
  #onIdle: (() => void) | undefined;

  constructor(onFault: OnFault) {
    this.#onFault = onFault;
  }

  add(run: Run): void {
    this.#runs.add(run);
  }

  /** It has ended; what follows it is added before that, so that nothing is missed in between. */
  end(run: Run): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.#onIdle?.();
  }

  /** Resolves when nothing runs any more, or after `grace` milliseconds. */
  async idle(grace: number): Promise<void> {
    if (this.#runs.size === 0 || grace <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, grace);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Tells all that still runs to stop, and reports it: from here on it is nobody's. */
  async cutOff(): Promise<void> {
    if (this.#runs.size === 0) return;
    const reason = new DOMException('The server was closed before this was answered', 'AbortError');
    for (const run of this.#runs) {
      const { request } = run;
      const error = new CovetError(`The server closed before this ended: ${run.what()}`);
      this.#onFault(error, request.route, tenantOfRequest(request));
      request.abort(reason);
      run.stop?.();
    }
    // One turn: who listens to the signal can let go of what it uses while that is still there.
    await setImmediate();
    this.#runs.clear();
  }
}
