/** Users, as a class whose methods are decorated with contracts. */
import { HttpError, controller, reply, type In } from 'covet';
import { hashPassword } from 'covet/passwords';

import { CreateUser, GetProfile, GetUser, ListUsers } from './contracts.ts';
import { SendWelcome } from './send-welcome.ts';

@controller('/api')
export class UsersController {
  @ListUsers
  list({ query, users }: In<typeof ListUsers>) {
    return users.list(query, { status: 'active' });
  }

  @GetUser
  async get({ params, users }: In<typeof GetUser>) {
    const user = await users.find(params.user_id);
    if (user === undefined) throw new HttpError(404, 'User not found');
    return user;
  }

  @CreateUser
  async create({ body, users, tx, outbox, req }: In<typeof CreateUser>) {
    const user = await users.create(body, await hashPassword(body.password, { signal: req.signal }));
    // Written with the account: whoever has one is welcomed, and nobody else.
    await outbox.add(tx, SendWelcome, { user_id: user.id });
    return reply(201, user, { headers: { location: `/api/users/${user.id}` } });
  }

  @GetProfile
  profile({ user }: In<typeof GetProfile>) {
    return user;
  }
}
