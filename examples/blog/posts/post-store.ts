/** Posts in the database. Those of deleted users are not there. */
import { Depends } from 'covet';
import {
  notDeleted,
  paginate,
  paginateByKey,
  sql,
  type KeysetOptions,
  type KeysetPage,
  type Page,
  type Queryable,
} from 'covet/data';
import type { z } from 'zod';

import { getTransaction } from '../database.ts';
import type { PageQuery } from '../page.ts';
import { PostOut, type NewPost, type Post, type PostChange } from './post.ts';

/** Of every list; ids settle what was written at the same instant. */
const newestFirst = { orderBy: [{ column: 'created_at', direction: 'desc' }], key: 'id' } as const;

export class PostStore {
  readonly #db: Queryable;

  /** Works on a database as on a transaction. */
  constructor(db: Queryable) {
    this.#db = db;
  }

  find(id: string): Promise<Post | undefined> {
    return this.#db.maybeOne(
      sql.type(
        PostOut,
      )`select posts.* from posts join users on users.id = user_id where posts.id = ${id} and ${notDeleted('users')}`,
    );
  }

  /** One user's posts, newest first. */
  listOf(userId: number, { page, per_page }: PageQuery): Promise<Page<Post>> {
    const list = sql.type(PostOut)`
      select posts.* from posts join users on users.id = user_id where user_id = ${userId} and ${notDeleted('users')}`;
    return paginate(this.#db, list, { ...newestFirst, page, perPage: per_page });
  }

  /**
   * Everybody's posts, newest first. By position, not by number: a page costs the same wherever it is, and posts that come
   * in meanwhile move nothing.
   */
  feed(page: Pick<KeysetOptions, 'limit' | 'after' | 'secret'>): Promise<KeysetPage<Post>> {
    const list = sql.type(PostOut)`
      select posts.* from posts join users on users.id = user_id where ${notDeleted('users')}`;
    return paginateByKey(this.#db, list, { ...newestFirst, ...page });
  }

  /** Posts that have a text in them, newest first. Stops with the client, and after two seconds in any case. */
  search(text: string, signal: AbortSignal): Promise<Post[]> {
    const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const list = sql.type(PostOut)`
      select posts.* from posts join users on users.id = user_id
      where (title ilike ${pattern} or body ilike ${pattern}) and ${notDeleted('users')}
      order by posts.created_at desc, posts.id desc limit 50`;
    return this.#db.query(list, { signal, timeout: 2000 });
  }

  create(userId: number, { title, body }: z.infer<typeof NewPost>): Promise<Post> {
    const row = { user_id: userId, title, body };
    return this.#db.one(sql.type(PostOut)`insert into posts ${sql.values(row)} returning *`);
  }

  update(id: string, change: z.infer<typeof PostChange>): Promise<Post> {
    return this.#db.one(
      sql.type(PostOut)`update posts set ${sql.set(change)}, updated_at = now() where id = ${id} returning *`,
    );
  }

  async delete(id: string): Promise<void> {
    await this.#db.execute(sql`delete from posts where id = ${id}`);
  }
}

/** Within the request's transaction. */
export const getPostStore = Depends({ tx: getTransaction }, ({ tx }) => new PostStore(tx));
