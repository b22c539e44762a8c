/** What may be said of a job when it is added: to a queue, or to an outbox. */

/** Options of {@link Jobs.add} and {@link Outbox.add}. */
export interface AddJobOptions {
  /** Words that name this very job. A second one of the same name is not added while the store remembers the first. */
  readonly id?: string | undefined;
  /** Milliseconds until it may be started. Default 0. */
  readonly delay?: number | undefined;
  /** -10 to 10; higher ones are started first. Default 0. */
  readonly priority?: number | undefined;
}

/** Delay and priority, checked. @throws RangeError when one is out of range. */
export function checkAddOptions({ delay = 0, priority = 0 }: AddJobOptions): { delay: number; priority: number } {
  if (!(delay >= 0 && Number.isFinite(delay))) throw new RangeError(`delay must be 0 or more, not ${delay}`);
  if (!Number.isInteger(priority) || Math.abs(priority) > 10) {
    throw new RangeError(`priority must be an integer from -10 to 10, not ${priority}`);
  }
  return { delay, priority };
}
