/** Users, as a class whose methods are decorated with contracts. */
import { HttpError, controller, inject, reply, type In } from 'covet';

import { Passwords } from '../auth/passwords.ts';
import { CreateUser, GetProfile, GetUser, ListUsers } from './contracts.ts';

@controller('/api')
export class UsersController {
  readonly #passwords = inject(Passwords);

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
  async create({ body, users }: In<typeof CreateUser>) {
    const user = await users.create(body, await this.#passwords.hash(body.password));
    return reply(201, user, { headers: { location: `/api/users/${user.id}` } });
  }

  @GetProfile
  profile({ user }: In<typeof GetProfile>) {
    return user;
  }
}
