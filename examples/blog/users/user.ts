/** Users: what a row holds, and what of it whom may see. */
import { z } from 'zod';

/** As PostgreSQL's `integer`: a larger number is a fault of the request, not of the query. */
export const UserId = z.int32().positive();

/**
 * A row, as `sql.type(User)` checks it. The schemas below decide what leaves the application: a response has what its schema
 * names and no more.
 */
export const User = z.object({
  id: UserId,
  username: z.string(),
  email: z.string(),
  password_hash: z.string(),
  permissions: z.array(z.string()),
  is_active: z.boolean(),
  team_id: z.int().nullable(),
  created_at: z.iso.datetime(),
  deleted_at: z.iso.datetime().nullable(),
});
export type User = z.infer<typeof User>;

/** For everybody. */
export const PublicUser = z.object({
  id: UserId,
  username: z.string(),
  created_at: z.iso.datetime(),
});

/** For the user. */
export const Account = PublicUser.extend({
  email: z.email(),
  permissions: z.array(z.string()),
});

/** For administrators. */
export const ManagedUser = Account.extend({
  is_active: z.boolean(),
  deleted_at: z.iso.datetime().nullable(),
});

export const NewUser = z.object({
  username: z.string().regex(/^[\w.-]{3,32}$/, 'Must be 3 to 32 letters, digits, dots, dashes or underscores'),
  email: z.email().max(254),
  // The upper bound keeps the cost of hashing bounded, too.
  password: z.string().min(12).max(128),
});
