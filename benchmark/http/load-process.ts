import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import type { HttpRequest, RouteCaseId } from './benchmark-case.ts';
import type { LoadJob, LoadResult, WorkerAnswer, WorkerQuestion } from './load/job.ts';
import { runWrk } from './load/wrk.ts';
import { buildRoot } from './paths.ts';

export type Tool = 'autocannon' | 'wrk';

const graceSeconds = 30;

/** The process that loads the servers, apart from them and from the program that reads their usage. */
export class LoadProcess {
  readonly #child: ChildProcess;

  constructor() {
    const env = { ...process.env };
    delete env['NODE_OPTIONS'];
    this.#child = fork(join(buildRoot, 'load', 'worker.js'), { env, execArgv: [], serialization: 'advanced' });
  }

  /** Runs one load and waits for its end. A job with a rate, or of events, runs on our own generator, whatever the tool. */
  async run(tool: Tool, job: LoadJob): Promise<LoadResult> {
    if (tool === 'wrk' && job.rate === undefined && job.load !== 'events') return runWrk(job);
    return (await this.#ask({ kind: 'load', job }, job.seconds + graceSeconds)) as LoadResult;
  }

  /** How long the user's own code of a case takes, in µs. */
  async measureUserCode(caseId: RouteCaseId, request: HttpRequest): Promise<number> {
    return (await this.#ask({ kind: 'user-code', caseId, request }, graceSeconds)) as number;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(question: WorkerQuestion, seconds: number): Promise<unknown> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (settleWith: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        settleWith();
      };
      const onMessage = (answer: WorkerAnswer): void =>
        settle(() => ('error' in answer ? reject(new Error(answer.error)) : resolve(answer.value)));
      const onExit = (): void => settle(() => reject(new Error('the load process ended')));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle(() => reject(new Error(`the load process said nothing for ${seconds} s`)));
      }, seconds * 1000);
      child.on('message', onMessage);
      child.once('exit', onExit);
      child.send(question);
    });
  }
}
