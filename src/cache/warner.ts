import { Seldom } from '../internal/seldom.ts';
import { createLogger, writeLog } from '../logger.ts';
import type { LoggerOption } from '../logger.ts';

/** Tells of a fault that no caller sees. */
export type Warn = (what: string, error: unknown) => void;

/** Writes a warning of each kind once a minute, with how many it stands for. */
export function createWarner(cache: string, option: LoggerOption | undefined): Warn {
  const logger = createLogger(option);
  const seldom = new Seldom();
  return (what, error) => {
    const unsaid = seldom.ask(what);
    if (unsaid !== undefined) writeLog(logger, 'warn', { cache, err: error, unsaid }, what);
  };
}
