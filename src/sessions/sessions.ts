/** Sessions as a dependency. */
import { Depends } from '../di/depends.ts';
import { Req, Res } from '../di/source.ts';
import type { Dep, Injectable } from '../types/injectable.ts';
import type { PendingResponse } from '../types/pending-response.ts';
import type { CovetRequest } from '../types/request.ts';
import type { InputOf, OutputOf, Schema } from '../types/schema.ts';
import { CookieSessionStore } from './cookie-session-store.ts';
import { RequestSession } from './request-session.ts';
import { SealedCarrier } from './sealed-carrier.ts';
import { IdCarrier } from './session-carrier.ts';
import { toPlan } from './session-options.ts';
import type { SessionsOptions } from './session-options.ts';
import type { SessionStore } from './session-store.ts';
import type { Session } from './session.ts';

/**
 * A request's session as a dependency: a random id in a cookie, its hash and the data in a store. Keep what it returns in a
 * constant, and use that everywhere: everything in one request that needs it shares one session.
 *
 * Nothing is asked of the store unless somebody reads or changes the session. An id that is forged, unknown or past its end is
 * no session, and no error.
 *
 * The cookie is `__Host-sid; Path=/; HttpOnly; Secure; SameSite=Lax`. Clients that take no `Secure` cookie over
 * `http://localhost`, as Safari, need another name in development: see docs/sessions.md.
 *
 * @throws CovetError `INVALID_OPTION` for an option that cannot be, or a cookie that browsers would drop.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { MemorySessionStore, sessions } from 'covet/sessions';
 * import { z } from 'zod';
 *
 * const session = sessions({ store: new MemorySessionStore(), data: z.object({ visits: z.int() }) });
 *
 * const app = new Covet({ logger: false });
 * app.post('/visits', { deps: { session } }, async ({ session }) => {
 *   await session.update((data) => ({ visits: (data?.visits ?? 0) + 1 }));
 *   return session.get();
 * });
 *
 * const first = await app.inject({ method: 'POST', url: '/visits' });
 * const [cookie = ''] = first.setCookies[0]?.split(';') ?? [];
 * const second = await app.inject({ method: 'POST', url: '/visits', headers: { cookie } });
 * console.log(await second.json()); // { visits: 2 }
 * await app.close();
 * ```
 */
export function sessions<S extends Schema>(
  options: SessionsOptions & { readonly data: S },
): Dep<Session<OutputOf<S>, InputOf<S>>>;
/** Without a schema the type of the data is claimed, not checked. */
export function sessions<Data = Record<string, unknown>>(options: SessionsOptions): Dep<Session<Data>>;
export function sessions(options: SessionsOptions): Dep<Session<any>> {
  const plan = toPlan(options);
  const store = isInjectable(options.store) ? options.store : toDependency(options.store);
  const open = ({ store, req, res }: { store: AnyStore; req: CovetRequest; res: PendingResponse }): Session<any> => {
    const parts = { plan, req, res };
    const carrier = store instanceof CookieSessionStore ? new SealedCarrier(store, parts) : new IdCarrier(store, parts);
    return new RequestSession({ ...parts, carrier });
  };
  return Depends({ store, req: Req, res: Res }, open, { name: 'session' });
}

type AnyStore = SessionStore | CookieSessionStore;

const isInjectable = (store: AnyStore | Injectable<AnyStore>): store is Injectable<AnyStore> => 'kind' in store;

const toDependency = (store: AnyStore): Dep<AnyStore> =>
  Depends(() => store, { scope: 'singleton', name: 'session store' });
