/** One request as far as dependencies go: open, handle, close, as the dispatcher does it. */
import { Container } from '../../src/di/container.ts';
import type { DependencyPlan } from '../../src/di/plan.ts';
import type { InjectSpec } from '../../src/types/injectable.ts';

export type Values = Record<string, any>;

/** Runs a plan around `handler`; throws what the client would be answered with. */
export async function request(
  plan: DependencyPlan,
  handler: (values: Values) => unknown = (values) => values,
  sourceValues: readonly unknown[] = [],
): Promise<any> {
  const values: Values = {};
  const scope = await plan.open(sourceValues, values);
  let reply: unknown;
  try {
    reply = await handler(values);
  } catch (thrown) {
    let error = thrown;
    try {
      await scope?.close(error);
    } catch (replacement) {
      error = replacement;
    }
    try {
      await scope?.closeAfter(error);
    } catch (replacement) {
      error = replacement;
    }
    throw error;
  }
  await scope?.close();
  await scope?.closeAfter();
  return reply;
}

/** A plan in a container of its own. */
export function planOf(spec: InjectSpec, owner = 'GET /'): DependencyPlan {
  return new Container().plan(spec, owner);
}
