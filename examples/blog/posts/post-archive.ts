/** All posts of a user, out and in again. */
import { BusinessRuleError } from 'covet';
import { DatabaseError, sql, type Database, type Transaction } from 'covet/data';

import { PostOut, type ImportedPost, type Post } from './post.ts';

/** What each user may keep. */
const mostPosts = 1000;

/** What has become of an import. */
export interface ImportResult {
  readonly imported: number;
  /** Ids that there were already. */
  readonly skipped: string[];
}

export class PostArchive {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** However many there are, a hundred are in memory; a client that goes away ends it. */
  export(userId: number, signal: AbortSignal): AsyncGenerator<Post> {
    const list = sql.type(PostOut)`select * from posts where user_id = ${userId} order by created_at, id`;
    return this.#db.stream(list, { signal });
  }

  /**
   * Takes posts in, all or, beyond the limit, none. Two imports at once would both count before either writes: serializable
   * has one of them fail, and `retry` does that one again.
   *
   * @throws BusinessRuleError when the user would have too many.
   */
  import(userId: number, posts: readonly ImportedPost[], signal: AbortSignal): Promise<ImportResult> {
    return this.#db.transaction(
      async (tx) => {
        const skipped: string[] = [];
        for (const post of posts) {
          if (!(await this.#take(tx, userId, post))) skipped.push(post.id);
        }
        const { count } = await tx.one(
          sql<{ count: number }>`select count(*)::int as count from posts where user_id = ${userId}`,
        );
        if (count > mostPosts) throw new BusinessRuleError(`No more than ${mostPosts} posts each`, 'most_posts');
        return { imported: posts.length - skipped.length, skipped };
      },
      { isolation: 'serializable', retry: 3, signal },
    );
  }

  /** In a savepoint: a post that is there already undoes itself and nothing else. */
  async #take(tx: Transaction, userId: number, post: ImportedPost): Promise<boolean> {
    try {
      await tx.transaction((own) => own.execute(sql`insert into posts ${sql.values({ ...post, user_id: userId })}`));
      return true;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === 'UNIQUE_VIOLATION') return false;
      throw error;
    }
  }
}
