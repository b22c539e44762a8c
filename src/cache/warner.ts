import { createLogger, writeLog } from '../logger.ts';
import type { LoggerOption } from '../logger.ts';

/** One warning of a kind in this many milliseconds. */
const interval = 60_000;

/** Tells of a fault that no caller sees. */
export type Warn = (what: string, error: unknown) => void;

/** Writes a warning of each kind once a minute, with how many it stands for. */
export function createWarner(cache: string, option: LoggerOption | undefined): Warn {
  const logger = createLogger(option);
  const told = new Map<string, { readonly at: number; unsaid: number }>();
  return (what, error) => {
    const last = told.get(what);
    const now = performance.now();
    if (last !== undefined && now - last.at < interval) {
      last.unsaid += 1;
      return;
    }
    told.set(what, { at: now, unsaid: 0 });
    writeLog(logger, 'warn', { cache, err: error, unsaid: last?.unsaid ?? 0 }, what);
  };
}
