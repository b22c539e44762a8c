import type { ContractArguments, ContractResponse } from './contract-inject.ts';
import type { InjectOptions, InjectResponse } from './in-process.ts';
import type { RouteSpec } from './route-spec.ts';
import type { ContractOf } from './route.ts';

/**
 * `app.inject('/path')` or `app.inject({ method, url, body })`: sends a request without a socket, to the same server with
 * the same limits and refusals, and starts the application where it has not been. Resolves once the head of the response is
 * there. It does not listen, and does not keep the process alive.
 *
 * `app.inject(Contract, { params, query, headers, cookies, body, form })` sends what the contract asks for: what is missing
 * or of another type does not compile, and the JSON of the response has the types of the contract's schemas.
 *
 * Rejects with a `TypeError` for a path, a parameter or a body that cannot be sent, with a `CovetError` after `close`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 *
 * const app = new Covet({ logger: false });
 * app.get('/hello/{name}', ({ params }) => ({ hello: params.name }));
 * const response = await app.inject('/hello/Ada');
 * console.log(await response.text()); // {"hello":"Ada"}
 * await app.close();
 * ```
 */
export interface Inject {
  (request: string | InjectOptions): Promise<InjectResponse>;
  <const P extends string, const S extends RouteSpec>(
    contract: ContractOf<P, S>,
    ...request: ContractArguments<P, S>
  ): Promise<ContractResponse<S>>;
}
