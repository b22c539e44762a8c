import { z } from 'zod';

/** The body of `POST /users`, as the peers that validate with zod see it. */
export const NewUser = z.object({
  name: z.string().min(1).max(100),
  email: z.email(),
  age: z.int().min(13).max(150),
  role: z.enum(['admin', 'editor', 'reader']),
  newsletter: z.boolean(),
  tags: z.array(z.string().min(1).max(30)).max(10),
  address: z.object({
    street: z.string().min(1).max(200),
    city: z.string().min(1).max(100),
    zip: z.string().min(3).max(12),
    country: z.string().length(2),
  }),
  bio: z.string().max(500),
});

export type NewUser = z.infer<typeof NewUser>;

/** What `POST /users` answers. */
export const CreatedUser = z.object({
  id: z.int(),
  name: z.string(),
  email: z.string(),
  age: z.int(),
  role: z.string(),
  tags: z.array(z.string()),
});

export type CreatedUser = z.infer<typeof CreatedUser>;

/** What `GET /users/{id:int}` answers. */
export const FoundUser = z.object({ id: z.int(), requestId: z.string() });

/** What `GET /` answers. */
export const Hello = z.object({ hello: z.string() });

/** The user code of `POST /users`: the same in every server. */
export function createUser({ name, email, age, role, tags }: NewUser): CreatedUser {
  return { id: 1001, name, email, age, role, tags };
}
