/** Posts: what a row holds, and what may be written. */
import { z } from 'zod';

import { UserId } from '../users/user.ts';

/** In lower case, as PostgreSQL writes it: the same post has the same id wherever ids are compared as text. */
export const PostId = z.guid().toLowerCase();

export const PostOut = z.object({
  id: z.guid(),
  user_id: UserId,
  title: z.string(),
  body: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

/** A row; all of it is public. */
export type Post = z.infer<typeof PostOut>;

/** PostgreSQL's text holds any character but NUL. */
const text = z.string().regex(/^[^\0]*$/, 'Must not contain NUL');

export const NewPost = z.object({
  title: text.trim().min(1).max(200),
  body: text.min(1).max(50_000),
});

export const PostChange = NewPost.partial().refine((change) => Object.keys(change).length > 0, 'Nothing to change');

/** A post as it was exported; further fields are left out. */
export const ImportedPost = NewPost.extend({ id: PostId });
export type ImportedPost = z.infer<typeof ImportedPost>;
