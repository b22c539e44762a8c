/** Users in the database, within the request's transaction. */
import { Depends, HttpError } from 'covet';
import type { z } from 'zod';

import { violatedUnique, type Queryable } from '../database/queryable.ts';
import { getSession } from '../database/session.ts';
import { readPage, type Page, type PageQuery } from '../page.ts';
import type { NewUser, User } from './user.ts';

/** The unique indexes, with the field each keeps unique. */
const uniqueFields: Readonly<Record<string, { readonly field: string; readonly message: string }>> = {
  users_email_key: { field: 'email', message: 'Email already exists' },
  users_username_key: { field: 'username', message: 'Username already exists' },
};

/** Conditions of a list; what is undefined is no condition. */
export interface UserFilters {
  readonly status?: 'active' | 'inactive' | undefined;
  readonly created_after?: string | undefined;
}

export class UserStore {
  readonly #session: Queryable;

  constructor(session: Queryable) {
    this.#session = session;
  }

  async find(id: number): Promise<User | undefined> {
    const [user] = await this.#session.query<User>('select * from users where id = $1 and deleted_at is null', [id]);
    return user;
  }

  async findByEmail(email: string): Promise<User | undefined> {
    const [user] = await this.#session.query<User>(
      'select * from users where lower(email) = lower($1) and deleted_at is null',
      [email],
    );
    return user;
  }

  list(page: z.infer<typeof PageQuery>, { status, created_after }: UserFilters = {}): Promise<Page<User>> {
    const selection = {
      columns: '*',
      from: `users
        where ($1::boolean is null or is_active = $1)
          and ($2::timestamptz is null or created_at >= $2)`,
      order: 'id',
      values: [status === undefined ? null : status === 'active', created_after ?? null],
    };
    return readPage<User>(this.#session, selection, page);
  }

  /** @throws HttpError 409, naming the field, when somebody else has the name or address. */
  async create({ username, email }: z.infer<typeof NewUser>, passwordHash: string): Promise<User> {
    try {
      const [user] = await this.#session.query<User>(
        'insert into users (username, email, password_hash) values ($1, $2, $3) returning *',
        [username, email, passwordHash],
      );
      return user!;
    } catch (error) {
      // Asking first whether the address is free would leave a moment for somebody else to take it.
      const taken = uniqueFields[violatedUnique(error) ?? ''];
      if (taken === undefined) throw error;
      throw new HttpError(409, taken.message, { cause: error, details: { field: taken.field } });
    }
  }

  /** Marks a user as deleted; gives the user, or nothing if there was none to delete. */
  async delete(id: number): Promise<User | undefined> {
    const [user] = await this.#session.query<User>(
      'update users set is_active = false, deleted_at = now() where id = $1 and deleted_at is null returning *',
      [id],
    );
    return user;
  }
}

export const getUserStore = Depends({ session: getSession }, ({ session }) => new UserStore(session));
