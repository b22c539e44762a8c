/** Posts in the database, within the request's transaction. Those of deleted users are not there. */
import { Depends } from 'covet';
import type { z } from 'zod';

import type { Queryable } from '../database/queryable.ts';
import { getSession } from '../database/session.ts';
import { readPage, type Page, type PageQuery } from '../page.ts';
import type { NewPost, Post, PostChange } from './post.ts';

export class PostStore {
  readonly #session: Queryable;

  constructor(session: Queryable) {
    this.#session = session;
  }

  async find(id: string): Promise<Post | undefined> {
    const [post] = await this.#session.query<Post>(
      'select posts.* from posts join users on users.id = user_id where posts.id = $1 and deleted_at is null',
      [id],
    );
    return post;
  }

  /** One user's posts, newest first. */
  listOf(userId: number, page: z.infer<typeof PageQuery>): Promise<Page<Post>> {
    const selection = {
      columns: 'posts.*',
      from: 'posts join users on users.id = user_id where user_id = $1 and deleted_at is null',
      order: 'posts.created_at desc, posts.id desc',
      values: [userId],
    };
    return readPage<Post>(this.#session, selection, page);
  }

  /**
   * Everybody's posts, newest first, from behind the one named `after`. By position, not by number: a page costs the
   * same wherever it is, and posts that come in meanwhile move nothing.
   */
  feed(limit: number, after?: string): Promise<Post[]> {
    return this.#session.query<Post>(
      `select posts.* from posts join users on users.id = user_id
       where deleted_at is null
         and ($1::uuid is null or (posts.created_at, posts.id) < (select created_at, id from posts where id = $1))
       order by posts.created_at desc, posts.id desc
       limit $2`,
      [after ?? null, limit],
    );
  }

  async create(userId: number, { title, body }: z.infer<typeof NewPost>): Promise<Post> {
    const [post] = await this.#session.query<Post>(
      'insert into posts (user_id, title, body) values ($1, $2, $3) returning *',
      [userId, title, body],
    );
    return post!;
  }

  async update(id: string, { title, body }: z.infer<typeof PostChange>): Promise<Post> {
    const [post] = await this.#session.query<Post>(
      `update posts set title = coalesce($2, title), body = coalesce($3, body), updated_at = now()
       where id = $1 returning *`,
      [id, title ?? null, body ?? null],
    );
    return post!;
  }

  async delete(id: string): Promise<void> {
    await this.#session.query('delete from posts where id = $1', [id]);
  }
}

export const getPostStore = Depends({ session: getSession }, ({ session }) => new PostStore(session));
