import { errorCodes } from '../error-code.ts';
import { CovetError } from '../error.ts';

/** What went wrong, by name. */
export type JobErrorCode = 'JOB_PAYLOAD_INVALID' | 'JOB_UNKNOWN' | 'JOB_QUEUE_FULL' | 'JOB_QUEUE_UNAVAILABLE';

/**
 * A job could not be added. Unhandled in a handler it answers with the status of its code.
 *
 * | code                    | status | when                                                                              |
 * | ----------------------- | ------ | --------------------------------------------------------------------------------- |
 * | `JOB_PAYLOAD_INVALID`   | 500    | the payload does not fit the job's schema, or is no JSON: a mistake of the program |
 * | `JOB_UNKNOWN`           | 500    | the job is none of those the queue was given                                      |
 * | `JOB_QUEUE_FULL`        | 503    | the in-process queue holds as many as it may; with `Retry-After`                  |
 * | `JOB_QUEUE_UNAVAILABLE` | 503    | Redis or PostgreSQL does not answer, or the queue is closed; with `Retry-After`   |
 */
export class JobError extends CovetError {
  declare readonly code: JobErrorCode;

  constructor(code: JobErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, {
      code,
      ...errorCodes[code],
      headers: errorCodes[code].status === 503 ? { 'retry-after': '1' } : undefined,
      ...('cause' in options ? { cause: options.cause } : undefined),
    });
  }
}

/**
 * Thrown by a job's handler to say that trying again is of no use: the job fails at once, whatever attempts are left.
 *
 * @example
 * ```ts
 * import { UnrecoverableError, defineJob } from 'covet/jobs';
 * import { z } from 'zod';
 *
 * const Charge = defineJob('charge', { payload: z.object({ card: z.string() }) }, ({ payload }) => {
 *   if (payload.card === 'expired') throw new UnrecoverableError('The card has expired');
 * });
 * ```
 */
export class UnrecoverableError extends Error {}

for (const [name, errorClass] of Object.entries({ JobError, UnrecoverableError })) {
  // On the prototype and by a literal key, as for the other errors: it survives a minifier.
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
}
