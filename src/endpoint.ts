/**
 * The innermost part of a route: inputs, dependencies, handler, reply.
 * In: a context. Out: a reply, always; what any step throws becomes one. Each part that a route does not use is left out
 * when it is compiled, and nothing is awaited that is not a promise.
 */
import type { Chain, Fail } from './compose.ts';
import { guard } from './compose.ts';
import { RequestContext } from './context.ts';
import type { DependencyPlan } from './di/plan.ts';
import type { DependencyScope } from './di/scope.ts';
import { andThen, isThenable } from './internal/promise.ts';
import { keepWorkScope, withWorkScope } from './internal/work-scope.ts';
import type { BodyParsers } from './negotiation/body-parsers.ts';
import type { PendingResponse } from './pending-response.ts';
import { StreamBody } from './reply-stream.ts';
import type { Reply } from './reply.ts';
import { RequestInputs } from './request-inputs.ts';
import { toReply } from './response.ts';
import type { ReplyPlan } from './response.ts';
import type { FormOptions } from './types/form-options.ts';
import type { Source } from './types/injectable.ts';
import type { MaybePromise } from './types/schema.ts';
import type { InputPlan } from './validation/inputs.ts';

/** What an endpoint is compiled from. */
export interface EndpointParts {
  readonly handler: (context: RequestContext) => unknown;
  readonly dependencies: DependencyPlan;
  /** Compiles the route's inputs together with these sources; undefined when there is nothing to check. */
  readonly compileInputs: (sources: readonly Source<unknown>[]) => InputPlan | undefined;
  /** Of the formats beside JSON that a body may come in, if there are any. */
  readonly parsers: BodyParsers | undefined;
  /** Of the route's form, if it has its own. */
  readonly formLimits: FormOptions | undefined;
  readonly plan: ReplyPlan;
  readonly fail: Fail;
}

/** Compiles an endpoint. */
export function compileEndpoint(parts: EndpointParts): Chain {
  const { handler, plan, dependencies } = parts;
  const bare: Chain = (context) => finish(handler(context), plan, context);
  const checked = withInputs(parts, dependencies.isEmpty ? ignoringValues(bare) : withDependencies(parts));
  const fail = dependencies.isEmpty ? parts.fail : withPending(parts.fail);
  const { negotiation } = plan;
  if (negotiation === undefined) return (context) => guard(() => checked(context), fail, context);
  const negotiated: Chain = (context) => {
    // Before anything is done: a client that can read no answer shall not have caused it.
    negotiation.check(context);
    return checked(context);
  };
  return (context) => guard(() => negotiated(context), fail, context);
}

/** What follows the inputs: it gets the values of the dependencies' sources. */
type AfterInputs = (context: RequestContext, values: readonly unknown[]) => MaybePromise<Reply>;

const ignoringValues =
  (chain: Chain): AfterInputs =>
  (context) =>
    chain(context);

const noValues: readonly unknown[] = Object.freeze([]);

function withInputs({ compileInputs, dependencies, parsers, formLimits }: EndpointParts, next: AfterInputs): Chain {
  let { sources } = dependencies;
  let inputs = compileInputs(sources);
  return (context) => {
    if (dependencies.sources !== sources) {
      // An override has changed what the dependencies read.
      ({ sources } = dependencies);
      inputs = compileInputs(sources);
    }
    if (inputs === undefined) return next(context, noValues);
    const raw = new RequestInputs(RequestContext.requestOf(context), parsers, formLimits);
    const values = inputs.run(raw, context as unknown as Record<string, unknown>);
    return values instanceof Promise ? values.then((value) => next(context, value)) : next(context, values);
  };
}

function withDependencies({ dependencies, handler, plan }: EndpointParts): AfterInputs {
  const answer: AfterInputs = (context, values) => {
    const opened = dependencies.open(values, context as unknown as Record<string, unknown>);
    return andThen(opened, (scope) => {
      const { pending } = RequestContext.requestOf(context);
      if (scope !== undefined) return within(scope, pending, () => finish(handler(context), plan, context));
      const reply = finish(handler(context), plan, context);
      return pending === undefined ? reply : andThen(reply, (value) => pending.complete(value));
    });
  };
  return (context, values) => {
    if (!dependencies.hasScope) return answer(context, values);
    return withWorkScope(() => answer(context, values), RequestContext.requestOf(context));
  };
}

/** What dependencies have put on the response leaves with errors as well. */
function withPending(fail: Fail): Fail {
  return (error, context) => {
    const reply = fail(error, context);
    const { pending } = RequestContext.requestOf(context);
    return pending === undefined ? reply : andThen(reply, (value) => pending.applyTo(value));
  };
}

/**
 * Runs `work` and closes the scope before its reply leaves, so that a commit that fails is still an error (D4). A reply of
 * an error status that was returned, not thrown, closes it like any other: nothing failed.
 */
function within(
  scope: DependencyScope,
  pending: PendingResponse | undefined,
  work: () => MaybePromise<Reply>,
): MaybePromise<Reply> {
  let reply: MaybePromise<Reply>;
  try {
    reply = work();
  } catch (error) {
    return closeFailed(scope, error);
  }
  if (reply instanceof Promise) {
    return reply.then(
      (value) => closeDone(scope, pending, value),
      (error: unknown) => closeFailed(scope, error),
    );
  }
  return closeDone(scope, pending, reply);
}

function closeDone(scope: DependencyScope, pending: PendingResponse | undefined, reply: Reply): MaybePromise<Reply> {
  const done = (): Reply => {
    if (scope.hasAfter) reply.onSent(keepWorkScope(() => scope.closeAfter()));
    return reply;
  };
  const failed = (error: unknown): Promise<never> => closeAfterFailed(scope, error);
  const complete = (): MaybePromise<Reply> => {
    if (pending === undefined) return done();
    const completed = pending.complete(reply);
    return completed instanceof Promise ? completed.then(done) : done();
  };
  const body = reply.encoded?.body;
  try {
    let closed: MaybePromise<void> = undefined;
    // What makes the pieces still uses them: they are closed when it is done, and before the client is told so.
    if (body instanceof StreamBody) {
      body.beforeEnd((error) => (error === undefined ? scope.close() : scope.close(error)));
    } else closed = scope.close();
    if (pending === undefined) return closed instanceof Promise ? closed.then(done, failed) : done();
    const completed = closed instanceof Promise ? closed.then(complete) : complete();
    return completed instanceof Promise ? completed.catch(failed) : completed;
  } catch (error) {
    return failed(error);
  }
}

/** The scope sees the error, and may put another in its place. */
async function closeFailed(scope: DependencyScope, error: unknown): Promise<never> {
  let failure = error;
  try {
    await scope.close(error);
  } catch (replaced) {
    failure = replaced;
  }
  return closeAfterFailed(scope, failure);
}

async function closeAfterFailed(scope: DependencyScope, error: unknown): Promise<never> {
  await scope.closeAfter(error);
  throw error;
}

function finish(value: unknown, plan: ReplyPlan, context: RequestContext): MaybePromise<Reply> {
  if (!isThenable(value)) return toReply(value, plan, context);
  return Promise.resolve(value).then((result) => toReply(result, plan, context));
}
