import { z } from 'zod';

import { on } from '../../../src/controller.ts';
import { get } from '../../../src/route.ts';
import { type Eq, is } from './equal.ts';
import { type Db, GetUser, reply } from './shop.ts';

const Health = get('/health', { response: z.object({ status: z.enum(['ok', 'degraded']) }) });

export class Users {
  #seen: string[] = [];

  getUser = on(GetUser, async ({ params, db }) => {
    is<Eq<typeof params, { user_id: number }>>();
    is<Eq<typeof db, Db>>();
    this.#seen.push(params.user_id.toFixed(0));
    return db.users.get(params.user_id) ?? reply(404, { error: { message: 'User not found' } });
  });

  file = on(get('/files/{bucket}/{*key}'), ({ params }) => params.bucket + params.key);

  health = on(Health, () => ({ status: 'ok' }));

  // @ts-expect-error not of the enumeration
  ill = on(Health, () => ({ status: 'dead' }));
  // @ts-expect-error email is missing
  lacking = on(GetUser, ({ params }) => ({ id: params.user_id, name: 'x' }));
  // @ts-expect-error 418 is not in the response map
  teapot = on(GetUser, () => reply(418, 'x'));
  // @ts-expect-error the contract injects no `cache`
  unknown = on(GetUser, ({ cache }) => reply(404, cache));
  // @ts-expect-error not a contract
  nothing = on('/users', () => 1);
}

// A field is called like the method it stands for.
export const call = (users: Users, ctx: (typeof GetUser)['$ctx']): unknown => users.getUser(ctx);
