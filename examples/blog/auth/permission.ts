/** What a user may do beyond their own. */
import { Depends, HttpError, type Dep } from 'covet';

import type { User } from '../users/user.ts';
import { getCurrentUser } from './current-user.ts';

export const permissions = ['admin.access', 'audit.read', 'users.delete', 'users.read'] as const;
export type Permission = (typeof permissions)[number];

/** @throws HttpError 403, naming the permission, when the user lacks it. */
export function assertPermission(user: User, permission: Permission): void {
  if (!user.permissions.includes(permission)) throw new HttpError(403, `Permission '${permission}' required`);
}

const checks = new Map<Permission, Dep<User>>();

/** The current user, if allowed. One dependency for a permission: a request that needs it twice checks it once. */
export function requirePermission(permission: Permission): Dep<User> {
  let check = checks.get(permission);
  if (check === undefined) {
    check = Depends(
      { user: getCurrentUser },
      ({ user }) => {
        assertPermission(user, permission);
        return user;
      },
      { name: `requirePermission('${permission}')` },
    );
    checks.set(permission, check);
  }
  return check;
}
