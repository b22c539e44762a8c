/** A request whose handler has not answered yet. */
import type { RequestContext } from './context.ts';
import type { Request } from './request.ts';
import type { Run } from './running-work.ts';

export class PendingRequest implements Run {
  readonly context: RequestContext;
  readonly request: Request;
  /** 0 until the first sweep: a clock read for each request would cost more, and none may be cut short. */
  deadline = 0;

  constructor(context: RequestContext, request: Request) {
    this.context = context;
    this.request = request;
  }

  what(): string {
    return `the handler of ${this.request.method} ${this.request.route}`;
  }
}
