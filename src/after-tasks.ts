/**
 * What runs after a response has left: tasks of handlers and middleware, then the ends of dependencies.
 * In: both, by request. Out: the faults among them, each reported.
 */
import { tenantOfRequest } from './internal/work-scope.ts';
import type { AfterTask } from './pending-response.ts';
import type { Request } from './request.ts';
import type { OnFault, RunningWork } from './running-work.ts';

export class AfterTasks {
  readonly #onFault: OnFault;
  readonly #work: RunningWork;

  /** @param work Where they count as long as they run. */
  constructor(onFault: OnFault, work: RunningWork) {
    this.#onFault = onFault;
    this.#work = work;
  }

  /** Runs `tasks` one after the other, then `endings` together, and lets the request go. Nobody waits for it. */
  run(request: Request, tasks: readonly AfterTask[] = [], endings: readonly AfterTask[] = []): void {
    let left = tasks.length;
    const what = (): string =>
      left > 0 ? `${left} of its tasks after the response` : 'a dependency closed after the response';
    const run = { request, what };
    this.#work.add(run);
    const runAll = async (): Promise<void> => {
      for (const task of tasks) {
        await this.#attempt(task, request);
        left--;
      }
      await Promise.all(endings.map((ending) => this.#attempt(ending, request)));
      request.release();
      this.#work.end(run);
    };
    // Behind the flush, so that the response does not wait. The tasks may still read what was uploaded.
    setImmediate(() => void runAll());
  }

  async #attempt(task: AfterTask, request: Request): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#onFault(error, request.route, tenantOfRequest(request));
    }
  }
}
