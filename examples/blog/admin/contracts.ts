/** What the routes of the admin area take and give. */
import { del, get } from 'covet';
import { z } from 'zod';

import { requirePermission } from '../auth/permission.ts';
import { getTransaction } from '../database.ts';
import { PageQuery, pageOf } from '../page.ts';
import { getPostCache } from '../posts/post-cache.ts';
import { getUserStore } from '../users/user-store.ts';
import { ManagedUser, UserId } from '../users/user.ts';

export const UserFilters = PageQuery.extend({
  status: z.enum(['active', 'inactive']).optional(),
  created_after: z.iso
    .datetime({ offset: true })
    // PostgreSQL has no year 0, ISO 8601 has.
    .refine((time) => time >= '1970', 'Must be 1970 or later')
    .optional(),
});

export const ListManagedUsers = get('/users', {
  summary: 'List users, deleted ones included',
  query: UserFilters,
  response: pageOf(ManagedUser),
  deps: { tx: getTransaction, users: getUserStore, admin: requirePermission('users.read') },
});

export const DeleteUser = del('/users/{user_id:int}', {
  summary: 'Delete a user',
  params: z.object({ user_id: UserId }),
  response: z.object({ message: z.string() }),
  deps: { tx: getTransaction, users: getUserStore, posts: getPostCache, admin: requirePermission('users.delete') },
});

export const ListAuditLog = get('/audit-log', {
  summary: 'Read what administrators did',
  query: PageQuery.extend({ action: z.string().optional() }),
  response: pageOf(
    z.object({
      id: z.int(),
      at: z.iso.datetime(),
      actor: z.string(),
      action: z.string(),
      target_type: z.string().nullable(),
      target_id: z.string().nullable(),
      before: z.unknown(),
      details: z.unknown(),
      ip: z.string().nullable(),
    }),
  ),
  deps: { tx: getTransaction, admin: requirePermission('audit.read') },
});
