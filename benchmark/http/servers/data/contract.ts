import { z } from 'zod';

/** What `GET /users/{id:int}` answers. */
export const UserBody = z.object({
  id: z.int(),
  name: z.string(),
  email: z.string(),
  city: z.string(),
  balance: z.string(),
  visits: z.int(),
  active: z.boolean(),
});

/** What `GET /users` answers. */
export const PageBody = z.object({ users: z.array(UserBody) });

/** What `POST /updates` answers. */
export const UpdatedBody = z.object({ updated: z.int() });

/** The query of `GET /users`. */
export const PageQuery = z.object({ after: z.coerce.number().int() });
