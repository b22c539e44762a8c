/** Single posts, as everybody reads them: asked of the database once, by whichever process is first. */
import { Depends } from 'covet';
import type { Cache } from 'covet/cache';
import type { Database } from 'covet/data';

import { getCache } from '../cache.ts';
import { getDatabase } from '../database.ts';
import { PostStore } from './post-store.ts';
import type { Post } from './post.ts';

/** Whoever changes a post calls `forget…` once that is committed: sooner, the old one could be kept again. */
export class PostCache {
  readonly #cache: Cache;
  readonly #posts: PostStore;

  /** On the database, not on a request's transaction: what one reads many get. */
  constructor(cache: Cache, db: Database) {
    this.#cache = cache;
    this.#posts = new PostStore(db);
  }

  /** A user's post, at most five minutes old, or undefined; that, too, is kept, for half a minute. */
  find(userId: number, id: string): Promise<Post | undefined> {
    const find = async (): Promise<Post | undefined> => {
      const post = await this.#posts.find(id);
      return post?.user_id === userId ? post : undefined;
    };
    const tags = [tagOfPost(id), tagOfUser(userId)];
    return this.#cache.getOrSet(['user', userId, 'post', id], find, { ttl: 300, tags });
  }

  forget(id: string): Promise<void> {
    return this.#cache.deleteByTag(tagOfPost(id));
  }

  forgetAllOf(userId: number): Promise<void> {
    return this.#cache.deleteByTag(tagOfUser(userId));
  }
}

const tagOfPost = (id: string): string => `post:${id}`;
const tagOfUser = (id: number): string => `user:${id}`;

export const getPostCache = Depends({ cache: getCache, db: getDatabase }, ({ cache, db }) => new PostCache(cache, db), {
  scope: 'singleton',
  name: 'getPostCache',
});
