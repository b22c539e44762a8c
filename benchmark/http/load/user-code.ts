import { performance } from 'node:perf_hooks';

import type { HttpRequest, RouteCaseId } from '../benchmark-case.ts';
import { NewUser, createUser } from '../servers/contract.ts';

const batch = 2_000;
const batches = 40;

/** The code a user brings to a case: handler and schema. The rest of a request is the framework's. */
function userCodeOf(caseId: RouteCaseId, request: HttpRequest): () => unknown {
  if (caseId === 'hello') return () => ({ hello: 'world' });
  if (caseId === 'user') {
    const requestId = request.headers['x-request-id'];
    return () => ({ id: 4217, requestId });
  }
  const body: unknown = JSON.parse(String(request.body));
  return () => createUser(NewUser.parse(body));
}

/**
 * How long the user's own code of a case takes, in µs: the fastest of many batches, in a hot loop. In a server it
 * takes a little longer, so what is subtracted for it is rather too little than too much.
 */
export function measureUserCode(caseId: RouteCaseId, request: HttpRequest): number {
  const userCode = userCodeOf(caseId, request);
  let fastest = Infinity;
  let kept: unknown;
  for (let round = 0; round < batches; round += 1) {
    const started = performance.now();
    for (let call = 0; call < batch; call += 1) kept = userCode();
    fastest = Math.min(fastest, performance.now() - started);
  }
  // Used, so that the loop above cannot be left out by the compiler.
  if (kept === undefined) throw new Error('the user code answered nothing');
  return (fastest * 1000) / batch;
}
