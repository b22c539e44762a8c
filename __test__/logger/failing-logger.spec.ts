import test from 'ava';

import { HttpError } from '../../src/error.ts';
import { logRequestError } from '../../src/logger.ts';
import type { Logger } from '../../src/logger.ts';

test('a logger that throws or rejects hurts nobody and is reported once', async (t) => {
  const warnings: Error[] = [];
  const unhandled: unknown[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  const reject = (reason: unknown): void => void unhandled.push(reason);
  process.on('warning', warn);
  process.on('unhandledRejection', reject);
  t.teardown(() => process.off('warning', warn).off('unhandledRejection', reject));
  const throwing = (): never => {
    throw new Error('disk full');
  };
  const throws: Logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
  const rejecting = (): Promise<never> => Promise.reject(new Error('socket closed'));
  const rejects: Logger = { debug: rejecting, info: rejecting, warn: rejecting, error: rejecting };
  t.notThrows(() => {
    for (const logger of [throws, rejects, {} as Logger]) {
      logRequestError(logger, new Error('boom'));
      logRequestError(logger, new HttpError(404));
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual(unhandled, []);
  t.deepEqual(
    warnings.map((warning) => warning.message),
    ['The logger failed: disk full'],
  );
});
