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
import type { Reply } from './reply.ts';
import { RequestInputs } from './request.ts';
import { toReply } from './response.ts';
import type { ReplyPlan } from './response.ts';
import type { Source } from './types/injectable.ts';
import type { MaybePromise } from './types/schema.ts';
import type { InputPlan } from './validation/inputs.ts';

/** What an endpoint is compiled from. */
export interface EndpointParts {
  readonly handler: (context: RequestContext) => unknown;
  readonly dependencies: DependencyPlan;
  /** Compiles the route's inputs together with these sources; undefined when there is nothing to check. */
  readonly compileInputs: (sources: readonly Source<unknown>[]) => InputPlan | undefined;
  readonly plan: ReplyPlan;
  readonly fail: Fail;
}

/** Compiles an endpoint. */
export function compileEndpoint(parts: EndpointParts): Chain {
  const { handler, plan, fail, dependencies } = parts;
  const bare: Chain = (context) => finish(handler(context), plan, context);
  const checked = withInputs(parts, dependencies.isEmpty ? ignoringValues(bare) : withDependencies(parts));
  return (context) => guard(() => checked(context), fail, context);
}

/** What follows the inputs: it gets the values of the dependencies' sources. */
type AfterInputs = (context: RequestContext, values: readonly unknown[]) => MaybePromise<Reply>;

const ignoringValues =
  (chain: Chain): AfterInputs =>
  (context) =>
    chain(context);

const noValues: readonly unknown[] = Object.freeze([]);

function withInputs({ compileInputs, dependencies }: EndpointParts, next: AfterInputs): Chain {
  let { sources } = dependencies;
  let inputs = compileInputs(sources);
  return (context) => {
    if (dependencies.sources !== sources) {
      // An override has changed what the dependencies read.
      ({ sources } = dependencies);
      inputs = compileInputs(sources);
    }
    if (inputs === undefined) return next(context, noValues);
    const raw = new RequestInputs(RequestContext.requestOf(context));
    const values = inputs.run(raw, context as unknown as Record<string, unknown>);
    return values instanceof Promise ? values.then((value) => next(context, value)) : next(context, values);
  };
}

function withDependencies({ dependencies, handler, plan }: EndpointParts): AfterInputs {
  return (context, values) => {
    const opened = dependencies.open(values, context as unknown as Record<string, unknown>);
    return andThen(opened, (scope) => {
      if (scope === undefined) return finish(handler(context), plan, context);
      return within(scope, () => finish(handler(context), plan, context));
    });
  };
}

/**
 * Runs `work` and closes the scope before its reply leaves, so that a commit that fails is still an error (D4). A reply of
 * an error status that was returned, not thrown, closes it like any other: nothing failed.
 */
function within(scope: DependencyScope, work: () => MaybePromise<Reply>): MaybePromise<Reply> {
  let reply: MaybePromise<Reply>;
  try {
    reply = work();
  } catch (error) {
    return closeFailed(scope, error);
  }
  if (reply instanceof Promise) {
    return reply.then(
      (value) => closeDone(scope, value),
      (error: unknown) => closeFailed(scope, error),
    );
  }
  return closeDone(scope, reply);
}

function closeDone(scope: DependencyScope, reply: Reply): MaybePromise<Reply> {
  const done = (): Reply => {
    if (scope.hasAfter) reply.onSent(() => scope.closeAfter());
    return reply;
  };
  let closed: MaybePromise<void>;
  try {
    closed = scope.close();
  } catch (error) {
    return closeAfterFailed(scope, error);
  }
  return closed instanceof Promise ? closed.then(done, (error: unknown) => closeAfterFailed(scope, error)) : done();
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
