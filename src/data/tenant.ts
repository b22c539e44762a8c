/** Whose data a request may see (D13): bound to who the client is, never to what it asks for. */
import { Depends } from '../di/depends.ts';
import { Req } from '../di/source.ts';
import { HttpError } from '../error.ts';
import { currentTenant as tenantHere, marksScope, noteTenant } from '../internal/work-scope.ts';
import type { Dep, Injectable } from '../types/injectable.ts';
import type { CovetRequest } from '../types/request.ts';
import type { MaybePromise } from '../types/schema.ts';

/** Options of {@link tenant}. */
export interface TenantOptions {
  /** The tenant of the authenticated client: from its token, its session, its key. Undefined when it has none. */
  readonly claim: Injectable<string | undefined>;
  /** A header in which clients may say which tenant they mean. It must agree with the claim. Default `'tenant-id'`. */
  readonly header?: string | undefined;
  /** Whether there is such a tenant; asked once a request. Default: every claim is believed. */
  readonly isKnown?: ((tenant: string) => MaybePromise<boolean>) | undefined;
}

/** What a tenant's name may be: it becomes part of settings, schemas and keys. */
const pattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/**
 * The tenant of a request, as a dependency: what `tenantDatabase`, cache keys and logs go by.
 *
 * The client's `tenant-id` header alone decides nothing, since anyone can write anything there: it is compared with the
 * claim.
 *
 * @example
 * ```ts
 * import { Covet, Depends, Header, HttpError } from 'covet';
 * import { tenant } from 'covet/data';
 *
 * // In an application: from a verified token.
 * const keys = new Map([['s3cret', { name: 'ada', tenant: 'acme' }]]);
 * const currentUser = Depends({ key: Header('x-api-key') }, ({ key }) => {
 *   const user = keys.get(key ?? '');
 *   if (user === undefined) throw new HttpError(401, 'Invalid authentication');
 *   return user;
 * });
 * const currentTenant = tenant({ claim: Depends({ user: currentUser }, ({ user }) => user.tenant) });
 *
 * const app = new Covet({ logger: false });
 * app.get('/', { deps: { tenant: currentTenant } }, ({ tenant }) => ({ tenant }));
 * const get = (headers: Record<string, string>) => app.inject({ url: '/', headers: { 'x-api-key': 's3cret', ...headers } });
 * console.log((await get({})).status); // 200
 * console.log((await get({ 'tenant-id': 'other' })).status); // 403
 * await app.close();
 * ```
 *
 * In requests it throws HttpError 400 `Invalid tenant` for a name that is none or that `isKnown` does not know, 401 without a
 * claim, 403 when the header asks for another tenant.
 */
export function tenant({ claim, header = 'tenant-id', isKnown }: TenantOptions): Dep<string> {
  return Depends(
    { claim, req: Req },
    marksScope(async ({ claim, req }: { readonly claim: string | undefined; readonly req: CovetRequest }) => {
      if (claim === undefined) throw new HttpError(401, 'Only a client that belongs to a tenant may do this');
      const asked = req.header(header);
      if (!pattern.test(claim) || (asked !== undefined && !pattern.test(asked))) throw invalidTenant();
      if (asked !== undefined && asked !== claim) throw new HttpError(403, 'This is the data of another tenant');
      if (isKnown !== undefined && !(await isKnown(claim))) throw invalidTenant();
      noteTenant(claim);
      return claim;
    }),
    { name: 'tenant' },
  );
}

/**
 * The tenant of the work that runs here: of the request, once its `tenant` dependency has been resolved, of `tenants(…).run`;
 * undefined elsewhere. For loggers and metrics of your own; the framework's log lines have it by themselves.
 *
 * @example
 * ```ts
 * import { currentTenant } from 'covet/data';
 * import { pino } from 'pino';
 *
 * export const logger = pino({ mixin: () => ({ tenant: currentTenant() }) });
 * ```
 */
export function currentTenant(): string | undefined {
  return tenantHere();
}

/** The answer to a tenant that there is not. */
export function invalidTenant(): HttpError {
  return new HttpError(400, 'Invalid tenant');
}

/** @throws TypeError for a name that could be more than a name where it is put. */
export function checkTenant(name: string): string {
  if (!pattern.test(name)) {
    throw new TypeError(
      'A tenant is named by 1 to 63 letters, digits, underscores and dashes, and starts with no dash',
    );
  }
  return name;
}
