/** Users in the database. */
import { Depends } from 'covet';
import { notDeleted, paginate, softDelete, sql, type Page, type Queryable } from 'covet/data';
import type { z } from 'zod';

import { getTransaction } from '../database.ts';
import type { PageQuery } from '../page.ts';
import { User, type NewUser } from './user.ts';

/** Conditions of a list; what is undefined is no condition. */
export interface UserFilters {
  readonly status?: 'active' | 'inactive' | undefined;
  readonly created_after?: string | undefined;
}

export class UserStore {
  readonly #db: Queryable;

  /** Works on a database as on a transaction. */
  constructor(db: Queryable) {
    this.#db = db;
  }

  find(id: number): Promise<User | undefined> {
    return this.#db.maybeOne(sql.type(User)`select * from users where id = ${id} and ${notDeleted()}`);
  }

  findByEmail(email: string): Promise<User | undefined> {
    return this.#db.maybeOne(
      sql.type(User)`select * from users where lower(email) = lower(${email}) and ${notDeleted()}`,
    );
  }

  list({ page, per_page }: PageQuery, { status, created_after }: UserFilters = {}): Promise<Page<User>> {
    const conditions = [
      sql`true`,
      ...(status === undefined ? [] : [sql`is_active = ${status === 'active'}`]),
      ...(created_after === undefined ? [] : [sql`created_at >= ${created_after}`]),
    ];
    const list = sql.type(User)`select * from users where ${sql.join(conditions, sql` and `)}`;
    return paginate(this.#db, list, { key: 'id', page, perPage: per_page });
  }

  /**
   * Asking first whether a name is free would leave a moment for somebody else to take it: the unique indexes answer.
   *
   * @throws DatabaseError `UNIQUE_VIOLATION`, a 409 that names the field, when somebody else has the name or address.
   */
  create({ username, email }: z.infer<typeof NewUser>, passwordHash: string): Promise<User> {
    const row = { username, email, password_hash: passwordHash };
    return this.#db.one(sql.type(User)`insert into users ${sql.values(row)} returning *`);
  }

  /** Marks a user as deleted; whether there was one to delete. */
  async delete(id: number): Promise<boolean> {
    return (await softDelete(this.#db, 'users', id, { set: { is_active: false } })) === 1;
  }
}

/** Within the request's transaction. */
export const getUserStore = Depends({ tx: getTransaction }, ({ tx }) => new UserStore(tx));
