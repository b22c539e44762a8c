/**
 * Errors that no request can answer: a rejected promise nobody awaited, a throw in a timer.
 * In: what Node would end the process for. Out: a line in the log with an error id, while an application listens.
 */
import { randomUUID } from 'node:crypto';

import { writeLog } from './logger.ts';
import type { Logger } from './logger.ts';

type Event = 'uncaughtException' | 'unhandledRejection';

const events: readonly Event[] = ['uncaughtException', 'unhandledRejection'];
const loggers: Logger[] = [];
const installed: Event[] = [];

const report = (error: unknown): void => {
  // The newest application's: with several in one process none of them is known to be at fault.
  const logger = loggers.at(-1);
  if (logger === undefined) return;
  const message = 'An error outside of any request; a promise was not awaited, or a callback threw';
  writeLog(logger, 'error', { err: error, error_id: randomUUID() }, message);
};

/** Reports to `logger` from now on. Where the program listens for such an event itself, that is left to it. */
export function guardProcess(logger: Logger): void {
  loggers.push(logger);
  if (loggers.length > 1) return;
  for (const event of events) {
    if (process.listenerCount(event) > 0) continue;
    process.on(event, report);
    installed.push(event);
  }
}

/** Ends what {@link guardProcess} began. */
export function unguardProcess(logger: Logger): void {
  const at = loggers.indexOf(logger);
  if (at === -1) return;
  loggers.splice(at, 1);
  if (loggers.length > 0) return;
  for (const event of installed.splice(0)) process.off(event, report);
}
