/** Posts, as functions on the application. */
import { Depends, HttpError, Path, ndjson, reply, type Covet } from 'covet';
import { z } from 'zod';

import { getCurrentUser, getCurrentUserAlone } from '../auth/current-user.ts';
import { getDatabase, getTransaction } from '../database.ts';
import { PageQuery, pageOf } from '../page.ts';
import { Settings } from '../settings.ts';
import { UserId } from '../users/user.ts';
import { PostArchive } from './post-archive.ts';
import { getPostCache } from './post-cache.ts';
import { getPostStore } from './post-store.ts';
import { ImportedPost, NewPost, PostChange, PostId, PostOut } from './post.ts';

/** The post of the path, if it is the current user's own. */
const getOwnPost = Depends(
  { id: Path('post_id', PostId), posts: getPostStore, user: getCurrentUser },
  async ({ id, posts, user }) => {
    const post = await posts.find(id);
    if (post === undefined) throw new HttpError(404, 'Post not found');
    if (post.user_id !== user.id) throw new HttpError(403, 'Only the author may change a post');
    return post;
  },
);

/** Adds reading and writing of posts. */
export function addPosts(app: Covet): void {
  addReading(app);
  addWriting(app);
  addArchive(app);
}

function addReading(app: Covet): void {
  app.get(
    '/api/posts',
    {
      summary: 'Read the latest posts',
      query: z.object({ limit: z.int().min(1).max(100).default(20), after: z.string().optional() }),
      response: z.object({ items: z.array(PostOut), next: z.string().nullable() }),
      deps: { posts: getPostStore, settings: Settings },
    },
    ({ query, posts, settings }) => posts.feed({ ...query, secret: settings.SECRET }),
  );

  app.get(
    '/api/posts/search',
    {
      summary: 'Look for a text in posts',
      query: z.object({ q: z.string().min(2).max(100) }),
      response: z.array(PostOut),
      deps: { posts: getPostStore },
    },
    ({ query, posts, req }) => posts.search(query.q, req.signal),
  );

  app.get(
    '/api/users/{user_id:int}/posts',
    {
      summary: "List one user's posts",
      params: z.object({ user_id: UserId }),
      query: PageQuery,
      response: pageOf(PostOut),
      deps: { posts: getPostStore },
    },
    ({ params, query, posts }) => posts.listOf(params.user_id, query),
  );

  app.get(
    '/api/users/{user_id:int}/posts/{post_id:uuid}',
    {
      summary: 'Read one post',
      params: z.object({ user_id: UserId, post_id: PostId }),
      response: PostOut,
      deps: { cached: getPostCache },
    },
    async ({ params, cached }) => {
      const post = await cached.find(params.user_id, params.post_id);
      if (post === undefined) throw new HttpError(404, 'Post not found');
      return post;
    },
  );
}

function addWriting(app: Covet): void {
  app.post(
    '/api/posts',
    {
      summary: 'Write a post',
      body: NewPost,
      response: { 201: PostOut },
      deps: { posts: getPostStore, user: getCurrentUser },
    },
    async ({ body, posts, user }) => {
      const post = await posts.create(user.id, body);
      return reply(201, post, { headers: { location: `/api/users/${user.id}/posts/${post.id}` } });
    },
  );

  app.patch(
    '/api/posts/{post_id:uuid}',
    {
      summary: 'Change a post of your own',
      body: PostChange,
      response: PostOut,
      deps: { posts: getPostStore, post: getOwnPost, tx: getTransaction, cached: getPostCache },
    },
    ({ body, posts, post, tx, cached }) => {
      tx.afterCommit(() => cached.forget(post.id));
      return posts.update(post.id, body);
    },
  );

  app.delete(
    '/api/posts/{post_id:uuid}',
    {
      summary: 'Delete a post of your own',
      status: 204,
      deps: { posts: getPostStore, post: getOwnPost, tx: getTransaction, cached: getPostCache },
    },
    ({ posts, post, tx, cached }) => {
      tx.afterCommit(() => cached.forget(post.id));
      return posts.delete(post.id);
    },
  );
}

function addArchive(app: Covet): void {
  const archive = Depends({ db: getDatabase }, ({ db }) => new PostArchive(db), {
    scope: 'singleton',
    name: 'archive',
  });

  app.get(
    '/api/profile/posts',
    { summary: 'Take all your posts along', response: ndjson(PostOut), deps: { archive, user: getCurrentUserAlone } },
    ({ archive, user, req }) => archive.export(user.id, req.signal),
  );

  app.post(
    '/api/profile/posts',
    {
      summary: 'Bring posts along',
      body: z.array(ImportedPost).max(200),
      response: z.object({ imported: z.int(), skipped: z.array(PostId) }),
      deps: { archive, user: getCurrentUserAlone },
    },
    ({ body, archive, user, req }) => archive.import(user.id, body, req.signal),
  );
}
