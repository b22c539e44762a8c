/** Posts, as functions on the application. */
import { Depends, HttpError, Path, reply, type Covet } from 'covet';
import { z } from 'zod';

import { getCurrentUser } from '../auth/current-user.ts';
import { PageQuery, pageOf } from '../page.ts';
import { UserId } from '../users/user.ts';
import { getPostStore } from './post-store.ts';
import { NewPost, PostChange, PostOut } from './post.ts';

/** The post of the path, if it is the current user's own. */
const getOwnPost = Depends(
  { id: Path('post_id', z.guid()), posts: getPostStore, user: getCurrentUser },
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
}

function addReading(app: Covet): void {
  app.get(
    '/api/posts',
    {
      summary: 'Read the latest posts',
      query: z.object({ limit: z.int().min(1).max(100).default(20), after: z.guid().optional() }),
      response: z.object({ items: z.array(PostOut), next: z.guid().nullable() }),
      deps: { posts: getPostStore },
    },
    async ({ query, posts }) => {
      const found = await posts.feed(query.limit + 1, query.after);
      const items = found.slice(0, query.limit);
      return { items, next: found.length > query.limit ? items.at(-1)!.id : null };
    },
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
      params: z.object({ user_id: UserId, post_id: z.guid() }),
      response: PostOut,
      deps: { posts: getPostStore },
    },
    async ({ params, posts }) => {
      const post = await posts.find(params.post_id);
      if (post?.user_id !== params.user_id) throw new HttpError(404, 'Post not found');
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
      deps: { posts: getPostStore, post: getOwnPost },
    },
    ({ body, posts, post }) => posts.update(post.id, body),
  );

  app.delete(
    '/api/posts/{post_id:uuid}',
    { summary: 'Delete a post of your own', status: 204, deps: { posts: getPostStore, post: getOwnPost } },
    ({ posts, post }) => posts.delete(post.id),
  );
}
