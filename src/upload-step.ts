/**
 * Where a route's files are read: behind its middleware, its other inputs and its dependencies, before its handler.
 * In: a spec and a handler. Out: a handler that reads first, and the inputs that are left for the time before.
 */
import { RequestContext } from './context.ts';
import { RequestInputs } from './request-inputs.ts';
import type { Source } from './types/injectable.ts';
import type { RouteSpec } from './types/route-spec.ts';
import { UploadPlan } from './upload/plan.ts';
import { compileInputs } from './validation/inputs.ts';
import type { InputOptions } from './validation/inputs.ts';

type Call = (context: RequestContext) => unknown;

/** The handler behind the reading of the files that its route takes; itself where it takes none. */
export function withUploads({ files, form, formLimits }: RouteSpec, call: Call, options: InputOptions): Call {
  if (files === undefined) return call;
  const plan = new UploadPlan(files, compileInputs({ form }, [], options), formLimits);
  return async (context) => {
    const request = RequestContext.requestOf(context);
    await plan.run((limits) => request.body.multipart(limits), new RequestInputs(request), context);
    return call(context);
  };
}

/**
 * The spec's inputs that are checked before the dependencies are opened: all but the form that comes with the files.
 *
 * @throws TypeError where a dependency reads a JSON body beside the files.
 */
export function withoutUploads(spec: RouteSpec, sources: readonly Source<unknown>[], route: string): RouteSpec {
  if (spec.files === undefined) return spec;
  if (sources.some((source) => source.in === 'body')) {
    throw new TypeError(`${route} has 'files' and a dependency that reads a JSON body, but a request has one body`);
  }
  const { form: _form, ...others } = spec;
  return others;
}
