import type { CookieSetter } from './cookie.ts';
import type { AfterResponse } from './middleware.ts';
import type { ReplyHeaders } from './reply.ts';
import type { MaybePromise } from './schema.ts';

/**
 * The response that is still to come. What is put on it here leaves with whatever the handler answers, errors included, and
 * also where middleware puts another answer in its place.
 *
 * All of it throws a CovetError once the response has left.
 */
export interface PendingResponse extends CookieSetter {
  /** Headers of the answer, unless it has its own of the same name; `vary` and `set-cookie` are added to its own. */
  readonly headers: ReplyHeaders;
  /**
   * Has `task` run when the handler has answered and dependencies with `teardown: 'before'` are closed, before the response
   * leaves. What it throws takes the answer's place. Not run where the request ended in an error that was thrown.
   *
   * Tasks run one after the other, in the order they were given. A streamed answer waits for them before it begins, while
   * its dependencies are still open.
   */
  beforeSend(task: () => MaybePromise<void>): void;
  /** Has a task run once the response has left: see {@link AfterResponse}. */
  readonly afterResponse: AfterResponse;
}
